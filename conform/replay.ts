/**
 * The replay loop: does each step of a recording on the model, and compares what the kernel did.
 *
 * @module
 */
import {
  architecture,
  createMachine,
  type GuestDebugRequest,
} from "../engine/mod.ts";
import type {
  ArchitectureReplay,
  ReplayedArchitecture,
  Stage,
  StepAction,
} from "./architecture.ts";
import { Comparison, type Difference, type Replay } from "./difference.ts";
import {
  type ChosenKernel,
  hostCounts,
  kernelToReplay,
  modelToReplay,
  vcpuCount,
} from "./header.ts";
import { compareResult } from "./ioctl_result.ts";
import type { Recording } from "./recording.ts";
import { runStep } from "./run.ts";
import { own, StepReader } from "./step_reader.ts";
import { vcpuOf } from "./operands.ts";
import { vmSteps } from "./whole_vm.ts";

/**
 * Replays a recording.
 *
 * @param parts the architecture's part
 * @param chosen kernel to replay on; the recorded kernel's own if left out
 * @throws {RecordingError} on a step that the model cannot express
 */
export function replayOn(
  parts: ReplayedArchitecture,
  recording: Recording,
  chosen?: ChosenKernel,
): Replay {
  const header = new StepReader(recording.header, 1);
  const steps = recording.steps.map(({ line, step }) =>
    new StepReader(step, line)
  );
  const arch = architecture(parts.name)!;
  const { profile, notes } = kernelToReplay(header, arch, chosen?.profile);
  const recorded = parts.host(header, arch);
  const { counts, vendor } = recorded;
  const { model, notes: ofModel } = modelToReplay(
    header,
    arch,
    recorded.model,
    vendor,
  );
  if (chosen?.vendor !== undefined && chosen.vendor !== vendor) {
    header.fail(
      vendor === undefined
        ? `it was recorded on ${arch.name}, which has no ${chosen.vendor}`
        : `it was recorded for ${vendor}, not for ${chosen.vendor}`,
    );
  }
  const machine = createMachine(
    arch,
    { profile, vendor, options: {} },
    {
      counts: hostCounts(header, arch, { ...counts, cpus: cpusOf(steps) }),
      model,
      unpredictable: undefined,
    },
  );
  machine.growTo(vcpuCount(header));
  // A difference names the rule that made the value, which can be of an earlier step.
  machine.journal.keepAll = true;
  const stage = { arch, machine };
  const actions = actionsOf(stage, parts.begin(stage));
  const differences: Difference[] = [];
  let observations = 0;
  for (const reader of steps) {
    const op = reader.text("op");
    const action = actions.get(op) ??
      reader.fail(`the model has no step ${op}`);
    const comparison = new Comparison(reader.line, titleOf(op, reader));
    action(reader, comparison);
    observations += comparison.observations;
    differences.push(...comparison.differences);
  }
  const answer = arch.kernel(profile);
  return {
    case: header.text("case"),
    arch: arch.name,
    profile,
    vendor,
    model,
    notes: [
      ...new Set([
        ...notes,
        ...ofModel,
        ...answer.ok ? answer.info.notes : [],
      ]),
    ],
    steps: steps.length,
    observations,
    differences,
  };
}

/** Physical CPUs that the steps name: the highest index and those below it. */
export function cpusOf(steps: readonly StepReader[]): number {
  let last = 0;
  for (const step of steps) last = Math.max(last, step.number("cpu", 0));
  return last + 1;
}

/** What a step does, in a few words: `user_get DBGBCR0_EL1`, `run, resumed`. */
function titleOf(op: string, { step }: StepReader): string {
  const operand = step.reg ?? step.name;
  const named = typeof operand === "string" ? `${op} ${operand}` : op;
  return step.resume === true ? `${named}, resumed` : named;
}

/** The steps that a recording can have, by `op`: those of every architecture, and its own. */
function actionsOf(
  stage: Stage,
  parts: ArchitectureReplay,
): ReadonlyMap<string, StepAction> {
  return new Map<string, StepAction>([
    ["note", () => {}],
    ["guest_debug", guestDebugStep(stage, parts)],
    ["run", runStep(stage, parts)],
    ...Object.entries(vmSteps(stage, parts)),
    ...Object.entries(parts.steps),
  ]);
}

/** KVM_SET_GUEST_DEBUG. */
function guestDebugStep(
  { machine }: Stage,
  parts: ArchitectureReplay,
): StepAction {
  return (reader, comparison) => {
    const request: GuestDebugRequest = {
      control: controlWord(reader, parts.controlBits),
      inject: undefined,
      blockirq: false,
      registers: parts.debugRegisters(reader),
    };
    const v = vcpuOf(reader, machine);
    const { result } = machine.setGuestDebug(v, request);
    compareResult(comparison, reader, result, machine);
    if (reader.number("ret") === 0) parts.guestDebugAccepted?.(v, request);
  };
}

/** The control word of KVM_SET_GUEST_DEBUG: named bits, and others as numbers. */
export function controlWord(
  reader: StepReader,
  bits: Readonly<Record<string, number>>,
): number {
  let word = 0;
  for (const [, flag] of reader.entries("control")) {
    const name = String(flag);
    const value = own(bits, name) ?? Number(flag);
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      reader.fail(`unknown control flag ${JSON.stringify(flag)}`);
    }
    word |= value;
  }
  return word >>> 0;
}
