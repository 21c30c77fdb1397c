/**
 * Steps of the whole VM: capabilities, save and restore; and accesses that userspace completes.
 *
 * @module
 */
import type { ArchitectureReplay, Stage, StepAction } from "./architecture.ts";
import { compareResult } from "./ioctl_result.ts";
import { vcpuOf } from "./operands.ts";
import type { StepReader } from "./step_reader.ts";

/** What a step does on the model. @returns 0, or a negated errno */
export type VmOperation = (reader: StepReader) => number;

/** The VMM that a step names; the architecture's default if it names none. */
function vmmOf(reader: StepReader, { arch }: Stage): string {
  if (!reader.has("vmm")) return arch.vmms[0];
  const name = reader.text("vmm");
  if (!arch.vmms.includes(name)) reader.fail(`the model has no VMM ${name}`);
  return name;
}

/** The operations on the model, by the `op` of their steps. */
export function vmOperations(
  stage: Stage,
  parts: ArchitectureReplay,
): Readonly<Record<string, VmOperation>> {
  const { machine, arch } = stage;
  return {
    enable_cap: (reader) => {
      const given = reader.text("name");
      const name = given.toLowerCase().replace(/^kvm_cap_/, "");
      if (!arch.enabled.includes(name)) {
        reader.fail(`the model enables no capability ${given}`);
      }
      return machine.vm.enableCapability(name).result;
    },
    save: (reader) => {
      const name = reader.text("name");
      const { result } = machine.vm.save(name, vmmOf(reader, stage));
      parts.saved?.(name);
      return result;
    },
    restore: (reader) => {
      const name = reader.text("name");
      if (!machine.vm.saved.has(name)) {
        reader.fail(`nothing is saved as ${name}`);
      }
      const { result } = machine.vm.restore(name);
      if (result === 0) parts.restored?.(name);
      return result;
    },
    complete_access: (reader) => {
      machine.completeAccess(vcpuOf(reader, machine));
      return 0;
    },
  };
}

/** The steps, by `op`. */
export function vmSteps(
  stage: Stage,
  parts: ArchitectureReplay,
): Readonly<Record<string, StepAction>> {
  return Object.fromEntries(
    Object.entries(vmOperations(stage, parts)).map(([op, perform]) => [
      op,
      (reader, comparison) => {
        const result = perform(reader);
        if (!reader.has("ret")) return;
        compareResult(comparison, reader, result, stage.machine);
      },
    ]),
  );
}
