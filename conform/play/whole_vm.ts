/**
 * Steps of the whole VM, played.
 *
 * @module
 */
import type { ArchitectureReplay, Stage } from "../architecture.ts";
import type { StepReader } from "../step_reader.ts";
import { vmOperations } from "../whole_vm.ts";
import type { Fields } from "./results.ts";

/**
 * What the steps record, by `op`.
 *
 * @param result how the architecture's recorder writes what an ioctl returns
 */
export function vmPlays(
  stage: Stage,
  parts: ArchitectureReplay,
  result: (ret: number) => Fields,
): Readonly<Record<string, (reader: StepReader) => Fields>> {
  return Object.fromEntries(
    Object.entries(vmOperations(stage, parts)).map(([op, perform]) => [
      op,
      (reader) => {
        const ret = perform(reader);
        // Userspace answers in kvm_run: no ioctl returns anything.
        return op === "complete_access" ? {} : result(ret);
      },
    ]),
  );
}
