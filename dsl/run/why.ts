/**
 * `why`: the chain of events that led to a value, or to something that happened.
 *
 * A value is followed back from place to place: the last event that changed it there says where it came from,
 * and so on, until a guest's instruction, an ioctl or a rule made it. Beside those links stand the events
 * without which the chain would not have gone that way: the trap that brought a guest's access to KVM, what made
 * it trap, the renumbering that sent a value to another register, and userspace's wish to debug.
 *
 * @module
 */
import {
  type Event,
  join64,
  type Machine,
  type Place,
  rowMask,
  rule,
  type RuleEntry,
  type SetEvent,
} from "../../engine/mod.ts";
import type { Seen } from "../action_parts.ts";
import { kvmRegister } from "../kvm_names.ts";
import type { Output, WhyLink } from "../result.ts";
import { fieldSeen, subjectOf } from "../seen.ts";
import type { Span } from "../source.ts";
import type { Happening } from "../syntax/nodes.ts";
import { fieldText, viewText } from "../values.ts";
import type { Session } from "./session.ts";
import { viewed } from "./viewed.ts";

/** Links of one chain: what comes before them is left out. */
const LINKS_MAX = 64;

const ALL_BITS = (1n << 64n) - 1n;

/** An event with the statement that caused it. */
interface Recorded {
  readonly event: Event;
  readonly statement: Span | undefined;
}

/** True if two names of a place mean the same one. */
function samePlace(a: Place, b: Place): boolean {
  return a.space === b.space && a.index === b.index && a.name === b.name;
}

/** The events that a chain is made of; each once, by its place in the record. */
class Chain {
  readonly #session: Session;
  /** Newest first. */
  readonly #record: readonly Recorded[];
  readonly #links = new Map<number, Span | undefined>();

  constructor(session: Session) {
    this.#session = session;
    const record: Recorded[] = [];
    for (const { cause, events } of session.machine.journal.chapters()) {
      const statement = cause as Span | undefined;
      for (let at = events.length - 1; at >= 0; at--) {
        record.push({ event: events[at], statement });
      }
    }
    this.#record = record;
  }

  get #machine(): Machine {
    return this.#session.machine;
  }

  /** Index of the newest event at or before `from` that is wanted; -1 if there is none. */
  find(from: number, wanted: (event: Event) => boolean): number {
    for (let at = from; at < this.#record.length; at++) {
      if (wanted(this.#record[at].event)) return at;
    }
    return -1;
  }

  event(at: number): Event {
    return this.#record[at].event;
  }

  add(at: number, instruction?: Span): void {
    if (at < 0 || this.#links.size >= LINKS_MAX && !this.#links.has(at)) return;
    this.#links.set(at, instruction ?? this.#links.get(at));
  }

  /** The newest event that changed some of the bits of a place. */
  #lastChange(from: number, place: Place, bits: bigint): number {
    return this.find(
      from,
      (event) =>
        event.kind === "set" && samePlace(event.to, place) &&
        ((event.old ^ event.new) & bits) !== 0n,
    );
  }

  /**
   * Follows a value back.
   *
   * @param place where it is
   * @param from index of the newest event that may have to do with it
   * @param bits the bits of it that matter
   */
  follow(place: Place, from: number, bits: bigint): void {
    while (this.#links.size < LINKS_MAX && bits !== 0n) {
      const at = this.#lastChange(from, place, bits);
      if (at < 0) return;
      const event = this.#record[at].event as SetEvent;
      this.#context(event, at);
      this.add(at);
      from = at + 1;
      if (event.from === null) {
        // The rule made these bits; the others were there before.
        bits &= ~(event.old ^ event.new) & event.new;
        if (event.cause === "reset") return;
      } else {
        if (!this.#sameFields(event)) bits = ALL_BITS;
        place = event.from;
      }
      if (place.space === "program") this.#instruction(at, place);
    }
  }

  /** A move between registers of one layout keeps the fields where they are. */
  #sameFields({ to, from }: SetEvent): boolean {
    const { arch } = this.#session;
    const layout = (place: Place) => kvmRegister(arch, place.name)?.layout;
    return from === null || from.name === to.name ||
      layout(from) !== undefined && layout(from) === layout(to);
  }

  /** What made the event possible. */
  #context({ to, from }: SetEvent, at: number): void {
    const isRenumbered = from !== null && from.name !== to.name &&
      to.space === "guest" && from.name.startsWith("DBGB");
    if (isRenumbered) {
      this.add(this.#lastChange(at, place("vm", 0, "emulate"), ALL_BITS));
    }
    if (to.space === "external" || from?.space === "external") {
      const debug = place("kvm", to.index, "guest_debug");
      this.add(this.#lastChange(at, debug, ALL_BITS));
    }
  }

  /** A guest's instruction gave the value: where it was written, and the trap that brought it to KVM. */
  #instruction(at: number, { index, name }: Place): void {
    // What the hardware did comes before its effects, what KVM did after them.
    const isWrite = (event: Event | undefined): boolean =>
      event?.kind === "access" && event.vcpu === index &&
      event.access === "write";
    const isOwn = (event: Event | undefined): boolean =>
      isWrite(event) && event?.kind === "access" && event.register === name;
    const later = this.#nearestAfter(at, isOwn);
    const end = isOwn(this.#record[at + 1]?.event)
      ? at + 1
      : later >= 0
      ? later
      : this.#nearestAfter(at, isWrite);
    const access = end < 0 ? undefined : this.event(end);
    if (access?.kind === "access") {
      this.add(at, this.#written(access.vcpu, access.pc, access.register));
    }
    const begun = this.find(
      at,
      (event) =>
        (event.kind === "enter" || event.kind === "access" ||
          event.kind === "trap") && event.vcpu === index,
    );
    const before = begun < 0 ? undefined : this.event(begun);
    if (before?.kind === "trap" && before.access === "write") {
      const register = access?.kind === "access" ? access.register : name;
      if (before.register === register) this.trap(begun);
    }
  }

  /** The oldest event after another that is wanted, of the same statement. */
  #nearestAfter(at: number, wanted: (event: Event) => boolean): number {
    const { statement } = this.#record[at];
    for (let i = at - 1; i >= 0; i--) {
      if (this.#record[i].statement !== statement) return -1;
      if (wanted(this.#record[i].event)) return i;
    }
    return -1;
  }

  /** The statement that wrote a guest's instruction. */
  #written(vcpu: number, pc: bigint, register: string): Span | undefined {
    const id = this.#session.arch.registers.find(register)?.id;
    const insn = this.#machine.program(vcpu).findLast((one) =>
      one.op === "write" && one.register === id &&
      join64(one.addressLo, one.addressHi) === pc
    );
    return insn && this.#session.whereWritten(insn);
  }

  /** A trap, and what makes such accesses trap. */
  trap(at: number): void {
    this.add(at);
    const event = this.event(at);
    if (event.kind !== "trap") return;
    const { vcpu, because } = event;
    if (this.#session.arch.name === "x86") {
      this.#decided(
        at,
        place("kvm", vcpu, "dr_intercept"),
        (now) => now === 1n,
      );
      this.#decided(at, place("kvm", vcpu, "guest_debug"), (now) => now !== 0n);
      return;
    }
    const mdcr = this.#session.arch.registers.find("mdcr_el2")!.layout;
    const control = mdcr.fields.find(({ name }) => name === because);
    // Some accesses always trap.
    if (control === undefined) return;
    const bit = rowMask(control);
    this.add(this.#lastChange(at, place("kvm", vcpu, "mdcr_el2"), bit));
    if (because !== "TDA" && because !== "TDE") return;
    const deciders: readonly [Place, (now: bigint) => boolean][] = [
      [place("vm", 0, "emulate"), (now) => now === 1n],
      [place("kvm", vcpu, "guest_debug"), (now) => now !== 0n],
      [place("kvm", vcpu, "dirty"), (now) => now === 0n],
      [place("kvm", vcpu, "owner"), (now) => now !== 2n],
      [place("guest", vcpu, "OSLSR_EL1"), (now) => (now & 2n) !== 0n],
    ];
    for (const [decider, traps] of deciders) this.#decided(at, decider, traps);
  }

  /** The last change of a flag, if it was to a value that counts. */
  #decided(
    from: number,
    flag: Place,
    counts: (now: bigint) => boolean,
  ): void {
    const at = this.#lastChange(from, flag, ALL_BITS);
    if (at >= 0 && counts((this.event(at) as SetEvent).new)) this.add(at);
  }

  /** Events of one entry, from an event back to the entry, that a person asks about. */
  entry(from: number, vcpu: number): void {
    const end = this.find(
      from + 1,
      (event) => event.kind === "enter" && event.vcpu === vcpu,
    );
    const last = end < 0 ? this.#record.length - 1 : end;
    for (let at = from + 1; at <= last; at++) {
      const event = this.event(at);
      if (!("vcpu" in event) || event.vcpu !== vcpu) continue;
      if (event.kind === "trap") this.trap(at);
      else if (ENTRY_KINDS.has(event.kind)) this.add(at);
      // An earlier exit is another story.
      if (event.kind === "exit") break;
    }
  }

  /** Userspace's guest debug, if it was on. */
  debugged(from: number, vcpu: number): void {
    const debug = place("kvm", vcpu, "guest_debug");
    this.#decided(from, debug, (now) => now !== 0n);
  }

  /** A breakpoint that should have fired: what the guest and what the CPU has in its register. */
  missed(at: number): void {
    this.add(at);
    const event = this.event(at);
    if (!("register" in event) || !("cpu" in event)) return;
    const { register, vcpu, cpu } = event;
    if (register === undefined) return;
    const own = event.kind.startsWith("host")
      ? place("host", cpu, register)
      : place("guest", vcpu, register);
    this.follow(own, at, ALL_BITS);
    this.follow(place("cpu", cpu, register), at, ALL_BITS);
  }

  /** Newest first. */
  links(): WhyLink[] {
    return [...this.#links].sort(([a], [b]) => a - b).map((
      [at, instruction],
    ) => {
      const { event, statement } = this.#record[at];
      const { sentence, confidence, source } = ruleOf(event);
      return { statement, instruction, event, sentence, confidence, source };
    });
  }
}

/**
 * The rule that an event cites.
 *
 * @throws {RangeError} if there is none: the engine cites what is not in the book
 */
function ruleOf({ kind, rule: id }: Event): RuleEntry {
  const entry = rule(id);
  if (entry === undefined) throw new RangeError(`${kind} cites ${id}`);
  return entry;
}

function place(space: Place["space"], index: number, name: string): Place {
  return { space, index, name };
}

/** What may have led to an exit or an exception, within one entry. */
const ENTRY_KINDS: ReadonlySet<Event["kind"]> = new Set<Event["kind"]>([
  "exit",
  "hit",
  "stray",
  "missed",
  "inject",
  "exception",
  "unpredictable",
  "warn",
  "stopped",
]);

/** Explains a value. */
export function explainValue(
  session: Session,
  seen: Seen,
  span: Span,
): Output {
  const { view, index, register, kvmName } = seen;
  const field = fieldSeen(session.arch, seen);
  const subject = subjectOf(session.arch, seen);
  const value = viewed(session, seen);
  let bits = ALL_BITS;
  let shown = viewText(value);
  let asked = subject;
  if (field) {
    bits = rowMask(field.field);
    asked = `${subject}.${field.field.name}`;
    if (value.kind === "value") {
      const part = field.layout.get(value.value, field.field.name);
      shown = fieldText(part, field.field);
    }
  }
  if (value.kind === "none") shown = `– (${value.why})`;
  const { machine } = session;
  const at = view === "kvm"
    ? machine.kvmPlace(index, kvmName!)
    : machine.placeOf(view, index, register!);
  const chain = new Chain(session);
  if (at !== undefined) chain.follow(at, 0, bits);
  return {
    kind: "why",
    span,
    subject: asked,
    value: shown,
    isThere: true,
    chain: chain.links(),
  };
}

/** Whether an event is of the kind that `why` was asked for. */
const HAPPENINGS: Readonly<Record<Happening, (event: Event) => boolean>> = {
  trap: ({ kind }) => kind === "trap",
  exit: ({ kind }) => kind === "exit" || kind === "user-exit",
  exception: ({ kind }) => kind === "exception",
  miss: ({ kind }) =>
    kind === "missed" || kind === "stray" || kind === "host-lost",
  refused: ({ kind }) => kind === "refused",
};

/** What is said where nothing of the kind happened. */
const NOTHING: Readonly<Record<Happening, string>> = {
  trap: "no guest access trapped",
  exit: "no exit",
  exception: "the guest took no exception",
  miss: "no breakpoint was missed or lost",
  refused: "no operation was refused",
};

/** Explains the last trap, exit, exception, miss or refusal. */
export function explainHappening(
  session: Session,
  what: Happening,
  span: Span,
): Output {
  const chain = new Chain(session);
  const at = chain.find(0, HAPPENINGS[what]);
  if (at < 0) {
    return {
      kind: "why",
      span,
      subject: `the last ${SUBJECTS[what]}`,
      value: NOTHING[what],
      isThere: false,
      chain: [],
    };
  }
  const event = chain.event(at);
  switch (what) {
    case "trap":
      chain.trap(at);
      break;
    case "exit":
    case "exception":
      chain.add(at);
      if ("vcpu" in event) {
        chain.entry(at, event.vcpu);
        chain.debugged(at, event.vcpu);
      }
      break;
    case "miss":
      chain.missed(at);
      break;
    case "refused":
      chain.add(at);
      break;
    default:
      what satisfies never;
  }
  return {
    kind: "why",
    span,
    subject: `the last ${SUBJECTS[what]}`,
    value: summary(event),
    isThere: true,
    chain: chain.links(),
  };
}

const SUBJECTS: Readonly<Record<Happening, string>> = {
  trap: "trap",
  exit: "exit",
  exception: "exception",
  miss: "missed breakpoint",
  refused: "refusal",
};

/** An event in one phrase. */
function summary(event: Event): string {
  switch (event.kind) {
    case "trap":
      return `a ${event.access} of ${event.register}, because of ${event.because}`;
    case "exit":
      return event.why;
    case "user-exit":
      return `${event.exit}, to userspace`;
    case "exception":
      return event.exception;
    case "refused":
      return `${event.operation}: ${event.errno}`;
    case "missed":
    case "stray":
    case "host-lost":
      return event.what;
    default:
      return event.kind;
  }
}
