/**
 * The bare machines beside the vCPUs of a machine.
 *
 * @module
 */
import type { Event } from "../events.ts";
import type { MachineWords } from "../machine_words.ts";
import type { Insn } from "../program.ts";
import {
  type Frame,
  type GuestDebugRequest,
  type Rules,
  VCPU_BASE,
  type ViewValue,
} from "../rules.ts";
import { highWord, lowWord } from "../word64.ts";
import { Beside, type GuestDid } from "./beside.ts";
import type { Lockstep } from "./lockstep.ts";

/** Told of a step: the program's instruction that was pending outside a handler, and what happened on the bare machine. */
export type Stepped = (insn: Insn | null, events: readonly Event[]) => void;

/** Follows each vCPU through its steps. */
export class BesideMachine {
  readonly #rules: Rules;
  readonly #lockstep: Lockstep;
  readonly #words: MachineWords;
  readonly #stepped: Stepped | undefined;
  #beside: Beside | undefined;

  /**
   * Bare machines for the vCPUs of some words.
   *
   * @param words of the machine
   * @param stepped told of each step
   */
  constructor(
    rules: Rules,
    lockstep: Lockstep,
    words: MachineWords,
    stepped?: Stepped,
  ) {
    this.#rules = rules;
    this.#lockstep = lockstep;
    this.#words = words;
    this.#stepped = stepped;
  }

  /** A vCPU was reset: its bare machine holds the same. */
  reset(v: number): void {
    this.#lockstep.begin(
      this.#words.at(v),
      this.#words.bareAt(v),
      this.#peeker(v),
    );
  }

  /** Userspace has written a register of a guest. */
  write(f: Frame, v: number, register: number, value: bigint): void {
    const at = this.#words.bareAt(v);
    this.#lockstep.write(f, at, register, lowWord(value), highWord(value));
  }

  /** The same of several. */
  writeAll(
    f: Frame,
    v: number,
    values: readonly { readonly register: number; readonly value: bigint }[],
  ): void {
    for (const { register, value } of values) this.write(f, v, register, value);
  }

  /** Userspace has a guest go on elsewhere. */
  leaveHandler(f: Frame, v: number): void {
    this.#lockstep.leaveHandler(f, this.#words.bareAt(v));
  }

  /** As `Rules.setHandlerSteps`. */
  setHandlerSteps(v: number, count: number): void {
    const { w } = this.#words.at(v);
    this.#lockstep.setHandlerSteps(w, this.#words.bareAt(v), count);
  }

  /** Userspace has an exception injected, if it asks for one. */
  inject(f: Frame, v: number, { inject }: GuestDebugRequest): void {
    if (inject) this.#lockstep.inject(f, this.#words.bareAt(v), inject);
  }

  /** What a bare machine would read from a register. */
  value(f: Frame, v: number, register: number): ViewValue {
    return this.#lockstep.value(f, this.#words.bareAt(v), register);
  }

  /** What a guest would read. */
  #peeker(v: number): (register: number) => ViewValue {
    return this.#rules.peeker?.(this.#words.scratch(v)) ??
      ((register) => this.#rules.peek(this.#words.scratch(v), register));
  }

  /**
   * True if a guest would read something else from one of some registers, and that is not allowed.
   *
   * @param bits those that count
   */
  differs(v: number, registers: readonly number[], bits = -1n): boolean {
    // All at once: the words are then free for the bare machine.
    const seen = registers.map(this.#peeker(v));
    const f = this.#words.scratch(v);
    return registers.some((register, at) =>
      this.#isOther(f, v, register, seen[at], bits)
    );
  }

  #isOther(
    f: Frame,
    v: number,
    register: number,
    seen: ViewValue,
    bits: bigint,
  ): boolean {
    const own = this.value(f, v, register);
    if (seen.kind === "none" || own.kind === "none") return false;
    if (seen.kind === "undef" || own.kind === "undef") {
      return seen.kind !== own.kind;
    }
    if (((seen.value ^ own.value) & bits) === 0n) return false;
    const read = { name: "", register, seen: seen.value, own: own.value };
    const other = this.#lockstep.readDiffers(
      f,
      this.#words.bareAt(v),
      read,
    );
    return other !== undefined && other.allowance === undefined;
  }

  /** Something happens. */
  push(event: Event): void {
    this.#beside?.push(event);
  }

  /** Carries out a step of a vCPU; its bare machine follows. */
  step<T>(f: Frame, act: () => T, did: (result: T) => GuestDid): T {
    if (this.#beside?.words !== f.w.length) {
      this.#beside = new Beside(this.#lockstep, f);
    }
    const beside = this.#beside;
    const isInHandler = f.w[f.vcpu + VCPU_BASE.inHandler] !== 0;
    const events: Event[] | undefined = this.#stepped && [];
    beside.events = events;
    beside.begin(f);
    const result = act();
    const v = f.w[f.vcpu + VCPU_BASE.index];
    const done = did(result);
    beside.follow(f, this.#words.bareAt(v), done);
    if (events) this.#stepped?.(isInHandler ? null : done.insn, events);
    return result;
  }
}
