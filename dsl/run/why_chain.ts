/**
 * The chain of events that `why` is answered with.
 *
 * A value is followed back from place to place: the last event that changed it there says where it came from,
 * and so on, until a guest's instruction, an ioctl or a rule made it. Beside those links stand the events
 * without which the chain would not have gone that way: the trap that brought a guest's access to KVM, what made
 * it trap, the renumbering that sent a value to another register, and userspace's wish to debug. An exception goes
 * back to the hit or the step that raised it, and from there to every register that it depended on.
 *
 * @module
 */
import {
  type Event,
  type ExceptionKind,
  type ExitEvent,
  flat,
  type InjectEvent,
  join64,
  type Machine,
  type Part,
  type Place,
  type RaiseEvent,
  rowMask,
  rule,
  type RuleEntry,
  type SetEvent,
  writesRegister,
} from "../../engine/mod.ts";
import { kvmRegister } from "../kvm_names.ts";
import type { WhyLink } from "../result.ts";
import type { Span } from "../source.ts";
import type { Session } from "./session.ts";
import { leavesFlags } from "./why_flags.ts";
import {
  ALL_BITS,
  EventRecord,
  EXCEPTION_EXITS,
  GROUP_ENDS,
  INSTRUCTION_EXITS,
  isAfter,
  isNamed,
  isOf,
  isRootOf,
  isSoftware,
  PENDING,
  place,
  type Recorded,
  recorded,
} from "./why_record.ts";

/** Links of one chain: what comes before them is left out. */
const LINKS_MAX = 64;

/** The events that a chain is made of; each once, by its place in the record. */
export class Chain {
  readonly #session: Session;
  readonly #record: EventRecord;
  readonly #links = new Map<number, Span | undefined>();

  /** @param record newest first; everything that the session has done, if not given */
  constructor(
    session: Session,
    record: readonly Recorded[] = recorded(session),
  ) {
    this.#session = session;
    this.#record = new EventRecord(record);
  }

  get #machine(): Machine {
    return this.#session.machine;
  }

  /** Index of the newest event at or before `from` that is wanted; -1 if there is none. */
  find(from: number, wanted: (event: Event) => boolean): number {
    return this.#record.find(from, wanted);
  }

  event(at: number): Event {
    return this.#record.event(at);
  }

  /** As `EventRecord.when()`. */
  when(part: Part, at: number): number {
    return this.#record.when(part, at);
  }

  /** What caused an event. */
  cause(at: number): unknown {
    return this.#record.cause(at);
  }

  /** The exit in whose handling KVM queued an exception: `db`, `dr-access`; how KVM found the cause, of others. */
  handled(at: number): string | undefined {
    const exit = this.#record.handledExit(
      at,
      (this.event(at) as InjectEvent).vcpu,
    );
    if (exit < 0) return undefined;
    const { why } = this.event(exit) as ExitEvent;
    if (EXCEPTION_EXITS.has(why) || why === "dr-access") return why;
    const own = this.#record.back(
      at + 1,
      (this.event(at) as InjectEvent).vcpu,
      ({ kind }) => kind === "hit" || kind === "raise",
      ({ kind }) => kind === "exit",
    );
    return own >= 0 && this.event(own).kind === "hit" ? "compared" : "emulated";
  }

  /** Index of the newest event at or before `from` that gave some of the bits of a place; -1 if there is none. */
  lastChange(from: number, place: Place, bits: bigint = ALL_BITS): number {
    return this.#record.lastChange(from, place, bits);
  }

  /** Index of the newest event at or before `from` that changed bits of a place, whatever else it gave; -1 if none. */
  lastFlip(from: number, place: Place, bits: bigint): number {
    return this.#record.lastFlip(from, place, bits);
  }

  get #isFull(): boolean {
    return this.#links.size >= LINKS_MAX;
  }

  add(at: number, instruction?: Span): void {
    if (at < 0 || this.#isFull && !this.#links.has(at)) return;
    this.#links.set(at, instruction ?? this.#links.get(at));
  }

  /**
   * Follows a value back.
   *
   * @param place where it is
   * @param from index of the newest event that may have to do with it
   * @param bits the bits of it that matter
   */
  follow(place: Place, from: number, bits: bigint): void {
    while (!this.#isFull && bits !== 0n) {
      const at = this.#record.lastChange(from, place, bits);
      if (at < 0) return;
      const event = this.event(at) as SetEvent;
      this.#context(event, at);
      this.add(at);
      from = at + 1;
      if (event.cause === "deliver" && event.from === null) {
        this.#delivered(event, at, bits);
        return;
      }
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

  /** A #DB changed DR6 or DR7: what raised it. */
  #delivered({ to, old, new: now }: SetEvent, at: number, bits: bigint): void {
    const { space, index } = to;
    const vcpu = space === "cpu" ? this.#record.guestOf(at, index) : index;
    if (vcpu < 0) return;
    const isStatus = to.name === "DR6";
    const status = isStatus ? (old ^ now) & bits : ALL_BITS;
    this.causes(at + 1, vcpu, "db", { status });
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
      this.add(
        this.#record.lastChange(at, place("vm", 0, "emulate"), ALL_BITS),
      );
    }
    if (to.space === "external" || from?.space === "external") {
      const debug = place("kvm", to.index, "guest_debug");
      this.add(this.#record.lastChange(at, debug, ALL_BITS));
    }
  }

  /** A guest's instruction gave the value: where it was written, and the trap that brought it to KVM. */
  #instruction(at: number, { index, name }: Place): void {
    if (name === "RFLAGS" || name === "CR4") {
      this.#flagWrite(at, index, name);
      return;
    }
    const end = this.#record.accessOf(at, index, name);
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
    const trap = begun < 0 ? undefined : this.event(begun);
    if (trap?.kind === "trap" && trap.access === "write") {
      const register = access?.kind === "access" ? access.register : name;
      if (trap.register === register) this.trap(begun);
    }
  }

  /** No access is reported of a write of RFLAGS or CR4: the instruction, if the program has one alone. */
  #flagWrite(at: number, vcpu: number, name: string): void {
    const event = this.event(at) as SetEvent;
    const id = this.#session.arch.registers.find(name)?.id;
    const those = this.#machine.program(vcpu).filter((one) =>
      one.op === "write" && one.register === id ||
      name === "RFLAGS" && leavesFlags(one, event)
    );
    if (those.length === 1) this.add(at, this.#session.whereWritten(those[0]));
  }

  /** The statement that wrote a guest's instruction. */
  #written(vcpu: number, pc: bigint, register: string): Span | undefined {
    const id = this.#session.arch.registers.find(register)?.id;
    const insn = this.#machine.program(vcpu).findLast((one) =>
      writesRegister(one) && one.register === id &&
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
    this.add(this.#record.lastChange(at, place("kvm", vcpu, "mdcr_el2"), bit));
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
    const at = this.#record.lastChange(from, flag, ALL_BITS);
    if (at >= 0 && counts((this.event(at) as SetEvent).new)) this.add(at);
  }

  /** A hit or another root: where it was, and all that it depended on. */
  #root(at: number): void {
    const event = this.event(at);
    if (event.kind !== "hit" && event.kind !== "raise") return;
    const { pc } = event;
    this.add(at, pc === undefined ? undefined : this.#at(event.vcpu, pc));
    for (const part of event.needed ?? []) {
      this.follow(part.place, this.#record.when(part, at), part.bits);
    }
    // Whose it is, where it is not the guest's own.
    const owned = this.#record.back(
      at + 1,
      event.vcpu,
      (one) =>
        (one.kind === "stray" || one.kind === "host-hit") &&
        event.kind === "hit" && one.register === event.register,
      ({ kind }) => GROUP_ENDS.has(kind),
    );
    this.add(owned);
  }

  /**
   * What raised an exception: its hits and other roots, with the exit and the injection that came in between.
   *
   * @param from index of the newest event that may belong to it
   * @param exception its kind; undefined for what made a vCPU leave the guest
   * @param known bits of DR6 that alone count, where it was taken, and whether it is the one whose handler runs
   */
  causes(
    from: number,
    vcpu: number,
    exception: ExceptionKind | undefined,
    { status = ALL_BITS, rip, isHandled = false }: {
      readonly status?: bigint;
      readonly rip?: bigint;
      readonly isHandled?: boolean;
    } = {},
  ): void {
    // Exceptions inside the handler of this one are reported before it, and have causes of their own; as have userspace's.
    const nested: ExceptionKind[] = [];
    let isUsers = false;
    for (let at = from; at < this.#record.length; at++) {
      const event = this.event(at);
      if (!isOf(event, vcpu)) continue;
      if (event.kind === "user-exit") isUsers = event.exit === "debug";
      else if (event.kind === "enter") isUsers = false;
      if (isHandled && isUsers) continue;
      const inner = nested.at(-1);
      if (event.kind === "exception") {
        nested.push(event.exception);
      } else if (event.kind === "inject" && event.exception in PENDING) {
        if (event.exception === inner) nested.pop();
        else if (event.exception === exception) {
          this.add(at);
          const from = place("kvm", vcpu, PENDING[exception]!);
          this.add(this.#record.lastChange(at, from, ALL_BITS));
          return;
        }
      } else if (event.kind === "inject") {
        const isRoot = !this.#record.hasRoot(at, vcpu);
        if (event.exception === inner) {
          if (isRoot) nested.pop();
        } else if (exception === undefined || event.exception === exception) {
          this.add(at);
          for (const { place, bits } of event.needed ?? []) {
            this.follow(place, at + 1, bits);
          }
          const exit = this.#record.handledExit(at, vcpu);
          if (exit >= 0) this.exit(exit);
          if (isRoot) return;
        }
      } else if (isSoftware(event)) {
        if (isHandled || !exception || isAfter(rip, event as RaiseEvent)) {
          this.#root(at);
          return;
        }
      } else if (inner !== undefined && isRootOf(event, inner)) {
        // What led to the exception in the handler is no cause of this one.
        nested.pop();
      } else if (isRootOf(event, exception)) {
        this.#roots(at, this.#record.group(at, vcpu), vcpu, status);
        return;
      }
    }
  }

  #roots(from: number, last: number, vcpu: number, status: bigint): void {
    for (let at = from; at <= last; at++) {
      const event = this.event(at);
      if (!isOf(event, vcpu)) continue;
      const isRoot = event.kind === "hit" || event.kind === "raise";
      if (isRoot && isNamed(event, status)) this.#root(at);
    }
  }

  /** An exit, with the trapped access that it was, or the instruction. */
  exit(at: number): void {
    const event = this.event(at);
    if (event.kind !== "exit") return;
    const { vcpu, why, pc } = event;
    this.add(at, INSTRUCTION_EXITS.has(why) ? this.#at(vcpu, pc) : undefined);
    // The hardware of arm64 tells the trap before the exit, x86 after it.
    const isTrap = ({ kind }: Event): boolean => kind === "trap";
    const before = this.#record.back(
      at + 1,
      vcpu,
      isTrap,
      ({ kind }) => kind !== "set" && kind !== "trap",
    );
    if (before >= 0) this.trap(before);
    const next = at - 1;
    if (next >= 0 && isOf(this.event(next), vcpu) && isTrap(this.event(next))) {
      this.trap(next);
    }
  }

  /** The last exit, and what made the vCPU leave the guest. */
  left(at: number, vcpu: number, status: bigint = ALL_BITS): void {
    this.add(at);
    const exit = this.event(at).kind === "exit"
      ? at
      : this.find(at, (event) => isOf(event, vcpu) && event.kind === "exit");
    if (exit < 0) return;
    this.exit(exit);
    // KVM's own comparison, while it handled the exit.
    const own = this.#record.back(
      at + 1,
      vcpu,
      ({ kind }) => kind === "hit" || kind === "raise",
      ({ kind }) => kind === "exit",
    );
    if (own >= 0 && own < exit) {
      this.#roots(own, this.#record.group(own, vcpu), vcpu, status);
      return;
    }
    const event = this.event(exit);
    const isException = event.kind === "exit" &&
      (EXCEPTION_EXITS.has(event.why) || event.why === "debug");
    if (isException) this.causes(exit + 1, vcpu, undefined, { status });
  }

  /** An exit or an exception, back to what armed it. */
  reasons(at: number): void {
    const event = this.event(at);
    if (event.kind === "exception") {
      this.add(at);
      const { vcpu, exception, values } = event;
      this.causes(at + 1, vcpu, exception, { rip: values.rip });
    } else if (event.kind === "exit" || event.kind === "user-exit") {
      this.left(at, event.vcpu);
    } else return;
    this.debugged(at, event.vcpu);
  }

  /** The statement that wrote the instruction at an address. */
  #at(vcpu: number, pc: bigint): Span | undefined {
    const insn = this.#machine.program(vcpu).flatMap(flat).findLast((one) =>
      join64(one.addressLo, one.addressHi) === pc
    );
    return insn && this.#session.whereWritten(insn);
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

  /** How many links there are. */
  get size(): number {
    return this.#links.size;
  }

  /** Places of the links in the record, newest first. */
  places(): number[] {
    return [...this.#links.keys()].sort((a, b) => a - b);
  }

  /** Newest first. */
  links(): WhyLink[] {
    return [...this.#links].sort(([a], [b]) => a - b).map((
      [at, instruction],
    ) => {
      const event = this.event(at);
      const statement = this.#record.statement(at);
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
