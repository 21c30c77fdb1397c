/**
 * A `run` step: KVM_RUN of a new program, or of the one that was loaded before.
 *
 * @module
 */
import type {
  AccessEvent,
  Event,
  RegisterInfo,
  RuleId,
} from "../engine/mod.ts";
import type { ArchitectureReplay, Stage, StepAction } from "./architecture.ts";
import { ruleOfValue } from "./causes.ts";
import type { Comparison } from "./difference.ts";
import { differingFields } from "./fields.ts";
import { vcpuOf } from "./operands.ts";
import type { StepReader } from "./step_reader.ts";

/**
 * Guest steps of one KVM_RUN after which a replay gives up. A recorder's program has at most 96 instructions, and
 * its handler takes at most 24 exceptions; a guest that has not exited by then never does.
 */
export const GUEST_STEPS_MAX = 10_000;

/** What is compared in place of the name of an exit where the guest did not exit. */
export const NO_EXIT = `none within ${GUEST_STEPS_MAX} guest steps`;

/** What KVM_RUN fails with when a signal ends it: the recorder's alarm, where the guest does not exit. */
export const EINTR = 4;

/** An exit or an exception of a run: where, and which. */
export interface Occurrence {
  /** Index of the op; -1 outside the program. */
  readonly at: number;
  /** Exception class or vector, as the recordings write it. */
  readonly kind: string;
  /** Of the model's: the rule that made it. */
  readonly rule?: RuleId;
}

/** The step on one model. */
export function runStep(
  stage: Stage,
  parts: ArchitectureReplay,
): StepAction {
  return (reader, comparison) => {
    const v = vcpuOf(reader, stage.machine);
    if (!reader.flag("resume")) parts.load(reader, v);
    else if (!parts.hasProgram(v)) {
      reader.fail(`resume is true, but vCPU ${v} has no program`);
    }
    const run = parts.run(reader, v);
    parts.compareRun(reader, comparison, v, run);
    compareReads(stage, parts, reader, comparison, v, run.events);
  };
}

/**
 * Compares the exits or exceptions of a run, in order.
 *
 * @returns how many agree before the first that differs
 */
export function compareOccurrences(
  comparison: Comparison,
  what: string,
  recorded: readonly Occurrence[],
  modelled: readonly Occurrence[],
): number {
  const isSame = (i: number): boolean =>
    recorded[i]?.at === modelled[i]?.at &&
    recorded[i]?.kind === modelled[i]?.kind;
  const length = Math.max(recorded.length, modelled.length);
  let agreed = 0;
  while (agreed < length && isSame(agreed)) agreed++;
  const at = earliest(recorded[agreed]?.at, modelled[agreed]?.at) ??
    // In the guest's handler, which runs after what agreed.
    earliest(recorded[agreed - 1]?.at) ?? 0;
  const { rule } = modelled[agreed] ?? {};
  const text = (list: readonly Occurrence[]): string => listText(list, agreed);
  comparison.text(what, text(recorded), text(modelled), { at, rule });
  return agreed;
}

/** The lowest of some indices of ops; undefined if none is of an op. */
export function earliest(
  ...indices: readonly (number | undefined)[]
): number | undefined {
  const ofOps = indices.filter((at): at is number =>
    at !== undefined && at >= 0
  );
  return ofOps.length === 0 ? undefined : Math.min(...ofOps);
}

/** Occurrences of a long list that are written, up to the first that differs and from there on. */
const WRITTEN = { before: 8, after: 24 } as const;

/** @param agreed how many agree: of a long list the part around the first that does not */
function listText(list: readonly Occurrence[], agreed: number): string {
  if (list.length === 0) return "none";
  const words = list.map(({ at, kind }) => `${at}:${kind}`);
  const first = Math.max(0, agreed - WRITTEN.before);
  const last = agreed + WRITTEN.after;
  return [
    ...(first > 0 ? [`(${first} more)`] : []),
    ...words.slice(first, last),
    ...(last < words.length ? [`(${words.length - last} more)`] : []),
  ].join(" ");
}

/** Compares what the program's reads read. */
function compareReads(
  { arch }: Stage,
  parts: ArchitectureReplay,
  reader: StepReader,
  comparison: Comparison,
  v: number,
  events: readonly Event[],
): void {
  const modelled = new Map<
    number,
    {
      register: RegisterInfo | undefined;
      value: bigint;
      event: AccessEvent;
    }
  >();
  for (const event of events) {
    if (event.kind !== "access" || event.access !== "read") continue;
    if (event.by === "undef" || event.by === "fault") continue;
    const register = arch.registers.find(event.register);
    const at = parts.indexOf(v, event.pc);
    if (at < 0) continue;
    modelled.set(at, { register, value: event.value, event });
  }
  const recorded = reader.flag("resume")
    ? parts.readsOfResumed(reader)
    : readsOfProgram(reader);
  const indices = new Set([...recorded.keys(), ...modelled.keys()]);
  for (const at of [...indices].sort((a, b) => a - b)) {
    const read = modelled.get(at);
    // Looked for where it is printed only: there can be thousands of events.
    const rule = read === undefined || read.value === recorded.get(at)
      ? undefined
      : ruleOfValue(events, read.event.register, read.event) ?? read.event.rule;
    comparison.value(
      `got[${at}]${read ? ` ${read.event.register}` : ""}`,
      recorded.get(at),
      read?.value,
      { at, of: read?.register && differingFields(read.register), rule },
    );
  }
}

function readsOfProgram(reader: StepReader): ReadonlyMap<number, bigint> {
  const reads = new Map<number, bigint>();
  reader.list("program").forEach((op, index) => {
    if (op.has("got")) reads.set(index, op.value("got"));
  });
  return reads;
}
