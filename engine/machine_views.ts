/**
 * A machine's registers as the actors see them. Nothing here changes the machine.
 *
 * @module
 */
import type { BesideMachine } from "./bare/beside_machine.ts";
import type { Place } from "./events.ts";
import type { MachineWords } from "./machine_words.ts";
import type { Rules, ViewValue } from "./rules.ts";

/** The views of a register. */
export const VIEWS = ["guest", "user", "hw", "cpu", "kvm", "bare"] as const;

/** A register as one actor sees it. */
export type ViewName = typeof VIEWS[number];

/** A view of registers that have an id. */
export type RegisterView = Exclude<ViewName, "kvm">;

/** The views of one machine. `index` is a vCPU, or a physical CPU for the cpu view. */
export class MachineViews {
  readonly #rules: Rules;
  readonly #words: MachineWords;
  readonly #beside: BesideMachine;

  /** @param words of the machine */
  constructor(rules: Rules, words: MachineWords, beside: BesideMachine) {
    this.#rules = rules;
    this.#words = words;
    this.#beside = beside;
  }

  /** A register. */
  value(view: RegisterView, index: number, register: number): ViewValue {
    const f = this.#words.scratch(view === "cpu" ? 0 : index);
    switch (view) {
      case "guest":
        return this.#rules.peek(f, register);
      case "user":
        return this.#rules.userView(f, register);
      case "hw":
        return this.#rules.hwView(f, register);
      case "bare":
        return this.#beside.value(f, index, register);
      case "cpu":
        f.cpu = this.#words.cpuAt(index);
        return this.#rules.cpuView(f, register);
      default:
        return view satisfies never;
    }
  }

  /** Several registers, in order: what `value()` gives of each, and cheaper. */
  values(
    view: RegisterView,
    index: number,
    registers: readonly number[],
  ): ViewValue[] {
    const { hwViews, peeker } = this.#rules;
    if (view === "hw" && hwViews !== undefined) {
      return hwViews(this.#words.scratch(index), registers);
    }
    return view === "guest" && peeker !== undefined
      ? registers.map(peeker(this.#words.scratch(index)))
      : registers.map((register) => this.value(view, index, register));
  }

  /** Where the value is kept, as `set` events name it; undefined if no place keeps it. */
  placeOf(
    view: RegisterView,
    index: number,
    register: number,
  ): Place | undefined {
    const f = this.#words.scratch(view === "cpu" ? 0 : index);
    if (view === "cpu") f.cpu = this.#words.cpuAt(index);
    // A bare machine's events are not kept: `Past` has them.
    return view === "bare" ? undefined : this.#rules.placeOf(f, view, register);
  }
}
