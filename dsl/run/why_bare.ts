/**
 * The bare machine beside a vCPU, for `why`: what happened on it, and where a guest's register went another way.
 *
 * @module
 */
import {
  type Chapter,
  type Event,
  type FollowedStep,
  join64,
  type MachineState,
  type Place,
  type RegisterInfo,
  rowMask,
  type RunStart,
  type SetEvent,
} from "../../engine/mod.ts";
import { eventText } from "../render/event.ts";
import type { fieldSeen } from "../seen.ts";
import { positionAt, type Span, textOf } from "../source.ts";
import { fieldText, viewText } from "../values.ts";
import type { Session } from "./session.ts";
import { ALL_BITS, type Recorded } from "./why_record.ts";

/** Where KVM keeps a guest's registers. */
export const KEPT: ReadonlySet<Place["space"]> = new Set([
  "guest",
  "vmcs",
  "vmcb",
]);

/** Where a processor's registers are; those of the bare machine are in one place. */
const REGISTERS: ReadonlySet<Place["space"]> = new Set(["cpu", ...KEPT]);

/** The same register of the bare machine beside a vCPU. */
function onBare(place: Place, vcpu: number): Place {
  return REGISTERS.has(place.space)
    ? { space: "bare", index: vcpu, name: place.name }
    : place;
}

/** An event of the bare machine, with the places of its registers. */
export function bareEvent(event: Event, vcpu: number): Event {
  if (event.kind === "set") {
    const { to, from } = event;
    return {
      ...event,
      to: onBare(to, vcpu),
      from: from && onBare(from, vcpu),
    };
  }
  if (!("needed" in event) || event.needed === undefined) return event;
  const needed = event.needed.map(({ place, bits }) => ({
    place: onBare(place, vcpu),
    bits,
  }));
  return { ...event, needed };
}

/** What userspace's writes, and resets, made of the registers of the bare machine. */
function* written(
  { machine, arch }: Session,
  { events, before }: Chapter,
  after: MachineState,
  vcpu: number,
): Generator<Event> {
  const value = (state: MachineState, { id }: RegisterInfo) => {
    const seen = machine.past.asItWas(
      state,
      () => machine.view("bare", vcpu, id),
    );
    return seen.kind === "value" ? seen.value : undefined;
  };
  for (const event of events) {
    if (event.kind !== "set") continue;
    const { to, from, cause } = event;
    const isUsers = from?.space === "user";
    if (to.index !== vcpu || !isUsers && cause !== "reset") continue;
    if (!KEPT.has(to.space)) continue;
    // KVM can keep it by another number.
    const name = isUsers ? from.name : to.name;
    const info = arch.registers.find(name);
    if (info === undefined) continue;
    const old = (before && value(before, info)) ?? event.old;
    const now = value(after, info) ?? event.new;
    const place: Place = { space: "bare", index: vcpu, name };
    yield { ...event, to: place, old, new: now } satisfies SetEvent;
  }
}

/** What happened on the bare machine beside a vCPU, newest first: its runs are done again. */
export function bareRecord(session: Session, vcpu: number): Recorded[] {
  const { machine } = session;
  const record: Recorded[] = [];
  let after: MachineState = { words: machine.words, vcpus: machine.vcpus };
  for (const chapter of machine.journal.chapters()) {
    const { run, cause, before } = chapter;
    const events: Event[] = [];
    if (run === undefined) {
      events.push(...written(session, chapter, after, vcpu));
    } else if (run.vcpu === vcpu) {
      machine.past.followed(run, ({ bare }) => {
        events.push(...bare.map((event) => bareEvent(event, vcpu)));
      });
    }
    for (const event of events.reverse()) {
      record.push({ event, statement: cause as Span | undefined, cause });
    }
    after = run ?? before ?? after;
  }
  return record;
}

/** What is asked about. */
interface Asked {
  readonly vcpu: number;
  readonly register: RegisterInfo;
  /** Those that count. */
  readonly bits: bigint;
}

/** A step, with the place of its first event in the run; undefined of the first step. */
type Since = Pick<FollowedStep, "insn" | "events"> & {
  readonly begin: number | undefined;
};

/** The step of a run since which a register is otherwise: its instruction, and its events. */
function stepSince(
  { machine }: Session,
  run: RunStart,
  { vcpu, register, bits }: Asked,
): Since {
  let since: Since = { insn: null, begin: undefined, events: 0 };
  let isOther = false;
  let begin: number | undefined;
  machine.past.followed(run, ({ insn, events, differs }) => {
    const was = isOther;
    isOther = differs(vcpu, [register.id], bits);
    if (isOther && !was) since = { insn, begin, events };
    begin = events;
  });
  return since;
}

/**
 * What tells best why a register went another way: what was put there, else a breakpoint that was missed, an exception,
 * what KVM took from there, or what an ioctl decided.
 */
function telling(
  events: readonly Event[],
  { name }: RegisterInfo,
  isIoctl: boolean,
): Event | undefined {
  const sets = (event: Event): boolean =>
    event.kind === "set" && event.to.name === name && event.to.space !== "kvm";
  return events.findLast(sets) ??
    events.findLast(({ kind }) => kind === "missed" || kind === "stray") ??
    events.findLast(({ kind }) => kind === "inject" || kind === "exception") ??
    events.findLast((event) =>
      event.kind === "set" && event.from?.name === name
    ) ??
    events.find((event) =>
      isIoctl && event.kind === "set" && event.to.space === "kvm"
    );
}

function placeText(span: Span): string {
  const { line, column } = positionAt(span.source, span.start);
  return `\`${textOf(span)}\` at ${span.source.name}:${line}:${column}`;
}

/** The statement that wrote an instruction of a vCPU. */
function instructionSpan(
  session: Session,
  vcpu: number,
  insn: NonNullable<FollowedStep["insn"]>,
): Span | undefined {
  const at = join64(insn.addressLo, insn.addressHi);
  const own = session.machine.program(vcpu).findLast((one) =>
    one.op === insn.op && join64(one.addressLo, one.addressHi) === at
  );
  return own && session.whereWritten(own);
}

/** Since when it is so: the instruction, the statement, and what happened there. */
function sinceText(
  session: Session,
  { run, cause, events }: Chapter,
  asked: Asked,
): string {
  const { vcpu, register } = asked;
  const step = run && stepSince(session, run, asked);
  const insn = step?.insn && run?.vcpu === vcpu
    ? instructionSpan(session, vcpu, step.insn)
    : undefined;
  const statement = cause as Span | undefined;
  const places = [
    ...insn ? [placeText(insn)] : [],
    ...statement
      ? [insn ? `in ${placeText(statement)}` : placeText(statement)]
      : [],
  ];
  const event = telling(
    step ? events.slice(step.begin, step.events) : events,
    register,
    run === undefined,
  );
  const text = event && eventText(event);
  const what = event && text
    ? `: ${text.subject} ${text.verb}: ${text.what} (${event.rule})`
    : "";
  return places.length === 0 ? "" : `, since ${places.join(", ")}${what}`;
}

/**
 * What is said of a guest's register, or a field of it, that a bare machine would have otherwise: its value there, and
 * since when it is so.
 *
 * The machine is looked at as it was before each statement that the journal has, newest first.
 *
 * @returns undefined if a bare machine has the same
 */
export function divergenceText(
  session: Session,
  vcpu: number,
  register: number,
  field: ReturnType<typeof fieldSeen>,
): string | undefined {
  const { machine, arch } = session;
  const bits = field ? rowMask(field.field) : ALL_BITS;
  const differs = () => machine.differsFromBare(vcpu, [register], bits);
  if (!differs()) return undefined;
  const own = machine.view("bare", vcpu, register);
  const value = field && own.kind === "value"
    ? fieldText(field.layout.get(own.value, field.field.name), field.field)
    : viewText(own);
  let since: Chapter | undefined;
  for (const chapter of machine.journal.chapters()) {
    const before = chapter.run ?? chapter.before;
    if (before === undefined) break;
    since = chapter;
    if (!machine.past.asItWas(before, differs)) break;
  }
  const info = arch.registers.byId(register);
  const asked = { vcpu, register: info, bits };
  const when = since ? sinceText(session, since, asked) : "";
  return `${value} on a bare machine${when}`;
}
