/**
 * Breakpoint slots that a model does not tell apart: what of it is the same for all architectures.
 *
 * Exchanging two slots everywhere turns a step into a step only where no rule prefers one: a debugger and the
 * host take the lowest free slot, context-aware breakpoints can do what others cannot, a renumbering keeps some
 * numbers and changes others. Which slots that leaves is the architecture's to say.
 *
 * @module
 */
import { flat, writesRegister } from "../program.ts";
import type { Frame } from "../rules.ts";
import { join64 } from "../word64.ts";
import type { Graph } from "./graph.ts";
import type { ProgrammedMachine } from "./programmed_machine.ts";

/** By slot: what it is called instead. */
export type SlotNames = readonly number[];

/** How an architecture's slots can be exchanged. */
export interface Slots {
  /** How many numbers there are, of all kinds of slots. */
  readonly count: number;
  /** Sets of slots that programs name, of which no rule and no value of the model prefers one. */
  groups(model: ProgrammedMachine): readonly (readonly number[])[];
  /** What a register is called instead. */
  register(register: number, names: SlotNames): number;
  /** What is written to a register instead, by its earlier name. */
  value(register: number, value: bigint, names: SlotNames): bigint;
  /** Exchanges the slots in the blocks of the frame's vCPU, and in its monitor, which is `at` a word. */
  exchangeVcpu(f: Frame, at: number, names: SlotNames): void;
  /** Exchanges the slots in the block of the bare machine beside the vCPU, which is `at` a word. */
  exchangeBare(f: Frame, at: number, names: SlotNames): void;
  /** Exchanges the slots in the block of the frame's CPU. */
  exchangeCpu(f: Frame, names: SlotNames): void;
}

/** A register that a program of the model names. */
export interface RegisterUse {
  readonly register: number;
  /** What is written; undefined where it is read. */
  readonly value: bigint | undefined;
  /** All bits are written. */
  readonly isWhole: boolean;
}

function actions<A>({ nodes }: Graph<A>): A[] {
  return nodes.flatMap((node) => node.kind === "act" ? [node.action] : []);
}

/** All registers that programs of guests and userspaces name. */
export function registerUses(
  { guests, users }: ProgrammedMachine,
): RegisterUse[] {
  const found: RegisterUse[] = [];
  for (const insn of guests.flatMap(actions).flatMap(flat)) {
    const { register, lo, hi, maskLo, maskHi } = insn;
    if (register < 0) continue;
    found.push({
      register,
      value: writesRegister(insn) ? join64(lo, hi) : undefined,
      isWhole: maskLo === -1 && maskHi === -1,
    });
  }
  for (const action of users.flatMap(actions)) {
    if (action.kind === "guest-debug") {
      const { registers } = action.request;
      found.push(...registers.map((one) => ({ ...one, isWhole: true })));
    } else if (action.kind === "set" || action.kind === "get") {
      const value = action.kind === "set" ? action.value : undefined;
      found.push({ register: action.register, value, isWhole: true });
    }
  }
  return found;
}

/** How many slots are asked for by address alone: the lowest free ones are taken. */
export interface SlotRequests {
  /** Most breakpoints that one userspace, or the host on one CPU, can ask for. */
  readonly breakpoints: number;
  /** The same of watchpoints. */
  readonly watchpoints: number;
  /** A userspace of the model gives registers by number, too. */
  readonly alsoByNumber: boolean;
}

/** Counts the requests of a model's programs, each as often as it is written out. */
export function slotRequests(
  { users, hosts }: ProgrammedMachine,
): SlotRequests {
  const count = (list: readonly { readonly action: string }[], what: string) =>
    list.filter(({ action }) => action === what).length;
  const asked = [
    ...users.map((graph) =>
      actions(graph).flatMap((one) =>
        one.kind === "debugger" ? [one.request] : []
      )
    ),
    ...hosts.map(actions),
  ];
  const most = (what: string) =>
    Math.max(0, ...asked.map((list) => count(list, what)));
  return {
    breakpoints: most("break"),
    watchpoints: most("watch"),
    alsoByNumber: users.flatMap(actions).some((one) =>
      one.kind === "guest-debug" && one.request.registers.length > 0
    ),
  };
}

/** Exchanges runs of two words: the run of slot n goes to that of `names[n]`. */
export function exchangePairs(
  w: Int32Array,
  at: number,
  names: SlotNames,
  from = 0,
  count: number = names.length,
): void {
  const old = w.slice(at, at + 2 * count);
  for (let n = 0; n < count; n++) {
    const to = at + 2 * (names[from + n] - from);
    w[to] = old[2 * n];
    w[to + 1] = old[2 * n + 1];
  }
}

/** Exchanges fields of `width` bits each, from bit `first` on, of which slot n has number n. */
export function exchangeBits(
  word: number,
  names: SlotNames,
  { first, width, from = 0, count = names.length }: {
    readonly first: number;
    readonly width: number;
    readonly from?: number;
    readonly count?: number;
  },
): number {
  const mask = (1 << width) - 1;
  let result = word;
  for (let n = 0; n < count; n++) {
    result &= ~(mask << (first + width * n));
  }
  for (let n = 0; n < count; n++) {
    const to = first + width * (names[from + n] - from);
    result |= ((word >>> (first + width * n)) & mask) << to;
  }
  return result;
}
