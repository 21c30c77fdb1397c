/**
 * What a recording's header says about the kernel and the machine that it was made on.
 *
 * @module
 */
import { type Architecture, VCPUS_MAX } from "../engine/mod.ts";
import { recordedKernel } from "./kernel_release.ts";
import type { StepReader } from "./step_reader.ts";

/** A kernel to replay on. */
export interface ChosenKernel {
  /** As `Architecture.kernel()` takes it. */
  readonly profile: string;
  /** The recorded one's if undefined. */
  readonly vendor: string | undefined;
}

/** The kernel that a recording is replayed under. */
export interface ReplayedKernel {
  /** Its name in one spelling. */
  readonly profile: string;
  /** What is not certain of it: sentences without their full stop. */
  readonly notes: readonly string[];
}

/**
 * The kernel to replay under: the release that was recorded.
 *
 * @param chosen another kernel to replay on
 */
export function kernelToReplay(
  header: StepReader,
  arch: Architecture,
  chosen: string | undefined,
): ReplayedKernel {
  const release = header.text("kernel");
  const version = header.has("version") ? header.text("version") : undefined;
  const recorded = chosen === undefined
    ? recordedKernel(release, version) ??
      header.fail(
        `kernel ${release} does not begin with a version: expected what \`uname -r\` prints`,
      )
    : { profile: chosen, note: undefined };
  const answer = arch.kernel(recorded.profile);
  if (!answer.ok) {
    const instead = chosen === undefined
      ? "; --kernel replays under another"
      : "";
    return header.fail(
      `${recorded.profile} is not a kernel of ${arch.name}: ${answer.reason}${instead}`,
    );
  }
  const { name, notes } = answer.info;
  return {
    profile: name,
    notes: recorded.note === undefined ? notes : [recorded.note, ...notes],
  };
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
    const count = counts[name] ?? initial;
    if (count === undefined) continue;
    if (count < min || count > max) {
      header.fail(`${name} is ${count}: the model has ${min} to ${max}`);
    }
    complete[name] = count;
  }
  const wrong = arch.checkHost(complete, undefined);
  return wrong === undefined ? complete : header.fail(wrong);
}

/** How many vCPUs the recording has. */
export function vcpuCount(header: StepReader): number {
  const count = header.number("vcpus", 1);
  if (count >= 1 && count <= VCPUS_MAX) return count;
  return header.fail(`vcpus is ${count}: the model has 1 to ${VCPUS_MAX}`);
}

/** The hardware model that stands for the recorded CPU. */
export interface ReplayedModel {
  readonly model: string;
  /** What is not certain of it: sentences without their full stop. */
  readonly notes: readonly string[];
}

/** The model of the manuals, which every architecture has. */
const OF_THE_MANUALS = "architecture";

/**
 * The hardware model to replay on: the one that the header names as `model`, or else that of the recorded CPU. A CPU
 * without a model of its own is taken to be what the manuals say.
 *
 * @param known the model of the recorded `cpu`, if there is one
 * @param vendor of the recorded CPU, where there is a choice
 */
export function modelToReplay(
  header: StepReader,
  arch: Architecture,
  known: string | undefined,
  vendor: string | undefined,
): ReplayedModel {
  const cpu = header.text("cpu");
  const named = header.has("model") ? header.text("model") : undefined;
  const model = named ?? known ?? OF_THE_MANUALS;
  const info = arch.models.find(({ name }) => name === model);
  if (info === undefined) {
    return header.fail(
      `there is no hardware model ${model}: expected ${
        arch.models.map(({ name }) => name).join(", ")
      }`,
    );
  }
  if (vendor !== undefined && !info.vendors.includes(vendor)) {
    return header.fail(`the hardware model ${model} has no ${vendor}`);
  }
  const isGuess = named === undefined && known === undefined;
  return {
    model,
    notes: isGuess
      ? [`${cpu} has no hardware model of its own: replayed on ${model}`]
      : [],
  };
}
