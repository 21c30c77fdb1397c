/**
 * The record of a session's events, newest first, as `why` searches it.
 *
 * @module
 */
import type {
  AccessEvent,
  BreakpointEvent,
  Event,
  ExceptionKind,
  Part,
  Place,
  RaiseEvent,
  RunStart,
  SetEvent,
} from "../../engine/mod.ts";
import type { Span } from "../source.ts";
import type { Session } from "./session.ts";

/** A register as a whole. */
export const ALL_BITS: bigint = (1n << 64n) - 1n;

/** An event with what caused it. */
export interface Recorded {
  readonly event: Event;
  /** The statement, if it was one. */
  readonly statement: Span | undefined;
  /** What belongs together has the same: the statement, or the step of a schedule. */
  readonly cause: unknown;
}

/** Where the record of a session ends: after that many events of a run. */
export interface RecordEnd {
  readonly run: RunStart;
  readonly events: number;
}

/** True if two names of a place mean the same one. */
export function samePlace(a: Place, b: Place): boolean {
  return a.space === b.space && a.index === b.index && a.name === b.name;
}

export function place(
  space: Place["space"],
  index: number,
  name: string,
): Place {
  return { space, index, name };
}

/** The events of a session, newest first. */
export function recorded(session: Session, until?: RecordEnd): Recorded[] {
  const record: Recorded[] = [];
  let counts = until === undefined;
  for (const chapter of session.machine.journal.chapters()) {
    const isLast = until !== undefined && chapter.run === until.run;
    counts ||= isLast;
    if (!counts) continue;
    const { cause } = chapter;
    const events = isLast
      ? chapter.events.slice(0, until.events)
      : chapter.events;
    const statement = cause as Span | undefined;
    for (let at = events.length - 1; at >= 0; at--) {
      record.push({ event: events[at], statement, cause });
    }
  }
  return record;
}

/** Events in the order in which they are searched. */
export class EventRecord {
  readonly #record: readonly Recorded[];

  /** @param record newest first */
  constructor(record: readonly Recorded[]) {
    this.#record = record;
  }

  /** How many events there are. */
  get length(): number {
    return this.#record.length;
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

  /** What caused an event. */
  cause(at: number): unknown {
    return this.#record[at].cause;
  }

  /** The statement that caused an event. */
  statement(at: number): Span | undefined {
    return this.#record[at].statement;
  }

  /** The newest event that gave some of the bits of a place: it changed them, or moved the register as a whole. */
  lastChange(from: number, place: Place, bits: bigint): number {
    return this.find(
      from,
      (event) =>
        event.kind === "set" && samePlace(event.to, place) &&
        (gives(event) || ((event.old ^ event.new) & bits) !== 0n),
    );
  }

  /** Index of the newest event that may have to do with a part that a root depended on: before the instruction, if so. */
  when({ place, isBefore }: Part, at: number): number {
    if (isBefore !== true) return at + 1;
    const own = this.find(
      at,
      (event) => event.kind === "set" && samePlace(event.to, place),
    );
    return own + 1;
  }

  /** The newest event that changed some of the bits of a place. */
  lastFlip(from: number, place: Place, bits: bigint): number {
    return this.find(
      from,
      (event) =>
        event.kind === "set" && samePlace(event.to, place) &&
        ((event.old ^ event.new) & bits) !== 0n,
    );
  }

  /** The oldest event after another that is wanted, of the same statement. */
  nearestAfter(at: number, wanted: (event: Event) => boolean): number {
    const { cause } = this.#record[at];
    for (let i = at - 1; i >= 0; i--) {
      if (this.#record[i].cause !== cause) return -1;
      if (wanted(this.#record[i].event)) return i;
    }
    return -1;
  }

  /**
   * The guest's access that wrote a register, or else the nearest that wrote any. The hardware of arm64 reports it before
   * its effects, x86's and KVM after them.
   *
   * @param at what it wrote
   */
  accessOf(at: number, vcpu: number, register: string): number {
    const isWrite = (event: Event): event is AccessEvent =>
      event.kind === "access" && event.vcpu === vcpu &&
      event.access === "write";
    const isOwn = (event: Event): event is AccessEvent =>
      isWrite(event) && event.register === register;
    const before = this.#record.at(at + 1)?.event;
    const isBefore = before !== undefined && isOwn(before) &&
      before.by === "hardware" && before.rule.startsWith("arm64:");
    if (isBefore) return at + 1;
    const own = this.nearestAfter(at, isOwn);
    return own >= 0 ? own : this.nearestAfter(at, isWrite);
  }

  /** The index of the newest event of a vCPU at or before `from` that is wanted, unless one that ends the search comes first. */
  back(
    from: number,
    vcpu: number,
    wanted: (event: Event) => boolean,
    ends: (event: Event) => boolean,
  ): number {
    const at = this.find(
      from,
      (event) => isOf(event, vcpu) && (wanted(event) || ends(event)),
    );
    return at >= 0 && wanted(this.event(at)) ? at : -1;
  }

  /** The exit in whose handling an event was; -1 if it was in an ioctl. */
  handledExit(from: number, vcpu: number): number {
    const { cause } = this.#record[from];
    const at = this.back(
      from + 1,
      vcpu,
      ({ kind }) => kind === "exit",
      ({ kind }) => kind === "enter" || kind === "vcpu-put",
    );
    return at >= 0 && this.#record[at].cause === cause ? at : -1;
  }

  /** True if the exception that KVM queued has a root: one of KVM's own, or that of the exit. */
  hasRoot(from: number, vcpu: number): boolean {
    const at = this.back(
      from + 1,
      vcpu,
      ({ kind }) => kind === "hit" || kind === "raise" || kind === "exit",
      ({ kind }) => HANDLING_ENDS.has(kind),
    );
    if (at < 0) return false;
    const event = this.event(at);
    return event.kind !== "exit" || EXCEPTION_EXITS.has(event.why);
  }

  /** The oldest event of those that make one #DB together with a root. */
  group(from: number, vcpu: number): number {
    const newest = this.event(from);
    if (newest.kind === "raise" && newest.exception !== "db") return from;
    if (newest.rule.startsWith("arm64")) return from;
    let last = from;
    for (let at = from + 1; at < this.#record.length; at++) {
      const event = this.event(at);
      if (!isOf(event, vcpu)) continue;
      if (event.kind === "hit") last = at;
      else if (isSoftware(event)) break;
      else if (event.kind === "raise" && event.exception === "db") last = at;
      else if (GROUP_ENDS.has(event.kind)) break;
    }
    return last;
  }

  /** The vCPU that was in the guest on a CPU; -1 if none was. */
  guestOf(from: number, cpu: number): number {
    const entered = this.find(
      from,
      (event) => event.kind === "enter" && event.cpu === cpu,
    );
    // A machine without a hypervisor has no entries: the vCPU whose run it is.
    const at = entered >= 0
      ? entered
      : this.find(from, (event) => "vcpu" in event);
    const event = at < 0 ? undefined : this.event(at);
    return event && "vcpu" in event ? event.vcpu : -1;
  }
}

/** A register as a whole came from elsewhere, even if some of its bits are as before. What comes back does not count. */
function gives({ from, cause }: SetEvent): boolean {
  return from !== null &&
    (cause === "write" || cause === "load" || cause === "decide");
}

/** True if an event is a vCPU's. */
export function isOf(event: Event, vcpu: number): boolean {
  return "vcpu" in event && event.vcpu === vcpu;
}

/** Exits by an exception that the guest would have taken, or by the instruction that raises it. */
export const EXCEPTION_EXITS: ReadonlySet<string> = new Set([
  "db",
  "bp",
  "ud",
  "icebp",
]);

/** Exits by an instruction that KVM or userspace carries out. */
export const INSTRUCTION_EXITS: ReadonlySet<string> = new Set([
  "trap",
  "dr-access",
  "cr-write",
  "mmio",
  "io",
  "hvc",
  "cpuid",
  "hlt",
  "msr-write",
  "task-switch",
]);

/** Where interrupts wait to be injected. */
export const PENDING: Readonly<Partial<Record<ExceptionKind, string>>> = {
  interrupt: "pending_external_vector",
  nmi: "nmi_pending",
};

/** What comes between two #DBs. */
export const GROUP_ENDS: ReadonlySet<Event["kind"]> = new Set<Event["kind"]>([
  "enter",
  "exit",
  "user-exit",
  "exception",
  "inject",
  "raise",
]);

/** Before the handling of an exit, or the completion of an access at the beginning of KVM_RUN. */
const HANDLING_ENDS: ReadonlySet<Event["kind"]> = new Set<Event["kind"]>([
  "enter",
  "vcpu-put",
  "vcpu-load",
]);

/** An instruction that is a #DB of its own: INT1 and INT 1. */
export function isSoftware(event: Event): boolean {
  return event.kind === "raise" && event.exception === "db" &&
    event.status === 0n;
}

/** Longest instruction of x86, in bytes. */
const INSTRUCTION_BYTES_MAX = 15n;

/** The exception was taken after the instruction that raised it. */
export function isAfter(rip: bigint | undefined, { pc }: RaiseEvent): boolean {
  return rip !== undefined && rip > pc && rip <= pc + INSTRUCTION_BYTES_MAX;
}

/** A root of an exception of a kind, or of any. */
export function isRootOf(
  event: Event,
  exception: ExceptionKind | undefined,
): boolean {
  if (event.kind === "hit") {
    return exception === undefined || exception === "db" ||
      exception === "breakpoint" || exception === "watchpoint";
  }
  return event.kind === "raise" &&
    (exception === undefined || event.exception === exception);
}

/** Bits of DR6 that a hit or another root gives; none where it has no bit. */
export function statusGiven(event: BreakpointEvent | RaiseEvent): bigint {
  if (event.kind === "raise") return event.status ?? 0n;
  const slot = /^DR([0-3])$/.exec(event.register ?? "")?.[1];
  return slot === undefined ? 0n : 1n << BigInt(slot);
}

/** DR6 names a hit or another root, or has no bit for it. */
export function isNamed(
  event: BreakpointEvent | RaiseEvent,
  status: bigint,
): boolean {
  const given = statusGiven(event);
  return given === 0n || (given & status) !== 0n;
}
