/**
 * What a recording's header says about the kernel and the machine that it was made on.
 *
 * @module
 */
import { type Architecture, VCPUS_MAX } from "../engine/mod.ts";
import type { StepReader } from "./step_reader.ts";

/** A kernel to replay on. */
export interface ChosenKernel {
  /** As `Architecture.kernel()` takes it. */
  readonly profile: string;
  /** The recorded one's if undefined. */
  readonly vendor: string | undefined;
}

/**
 * The profile of a recorded kernel: the one named by the first two numbers of its version.
 *
 * @param chosen another profile to replay on
 */
export function profileOf(
  header: StepReader,
  arch: Architecture,
  chosen: string | undefined,
): string {
  const version = /^\d+\.\d+/.exec(header.text("kernel"))?.[0];
  const profile = chosen ?? `linux-${version}`;
  const answer = arch.kernel(profile);
  return answer.ok
    ? answer.info.name
    : header.fail(`there is no ${arch.name} profile ${profile}`);
}

/**
 * The counts of the machine that the recording was made on, as the model can have them.
 *
 * @param counts by their names; what is not named has its initial value
 */
export function hostCounts(
  header: StepReader,
  arch: Architecture,
  counts: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const complete: Record<string, number> = {};
  for (const { name, min, max, initial } of arch.hostCounts) {
    const count = counts[name] ?? initial ?? min;
    if (count < min || count > max) {
      header.fail(`${name} is ${count}: the model has ${min} to ${max}`);
    }
    complete[name] = count;
  }
  const wrong = arch.checkHost(complete);
  return wrong === undefined ? complete : header.fail(wrong);
}

/** How many vCPUs the recording has. */
export function vcpuCount(header: StepReader): number {
  const count = header.number("vcpus", 1);
  if (count >= 1 && count <= VCPUS_MAX) return count;
  return header.fail(`vcpus is ${count}: the model has 1 to ${VCPUS_MAX}`);
}
