/**
 * Lines that are checked for each value of a name: the iterations of a loop, and what follows a `choose`.
 *
 * @module
 */
import { CHECKED_LINES_MAX } from "../limits.ts";
import type { Line } from "../syntax/lines.ts";
import type { Name } from "../syntax/nodes.ts";
import type { Knowledge } from "./knowledge.ts";
import { countsUnknown } from "./machine_state.ts";

/** Lines that one iteration of a loop has, at least: an inner loop's iterations count where they are gone through. */
function countLines(lines: readonly Line[]): number {
  let count = 1;
  for (const line of lines) {
    count += "body" in line && line.body
      ? countLines(line.body.lines)
      : line.kind === "include" && line.file
      ? countLines(line.file.lines)
      : 1;
  }
  return count;
}

/** Values of a name: listed, or counted from a first one. */
export type Values = readonly bigint[] | {
  readonly from: bigint;
  readonly to: bigint;
  readonly length: number;
};

/** The values from one to another, both included. */
export function valuesFrom(
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Values {
  return { from, to, length: Number(to - from) + 1 };
}

function valueAt(values: Values, n: number): bigint {
  if (!("from" in values)) return values[n];
  // A long range has more values than a double can count.
  return n === values.length - 1 ? values.to : values.from + BigInt(n);
}

/** The turns of all loops of a text. */
export class Turns {
  /** Loops around whose turns come later. */
  #trials = 0;
  /** Of `CHECKED_LINES_MAX`. */
  #linesLeft = CHECKED_LINES_MAX;
  /** The turn that is being checked, of each loop: `i = 3`. */
  readonly #values: string[] = [];

  /** Some name has any value: what is reported of one value is reported later. */
  get isTrial(): boolean {
    return this.#trials > 0;
  }

  /** The turn that is being checked: `i = 3, j = 4`; undefined outside all loops. */
  get text(): string | undefined {
    return this.#values.length === 0 ? undefined : this.#values.join(", ");
  }

  /**
   * Checks lines for each value of a name: first for what is wrong whatever the value is, then for what is wrong with
   * one of them.
   *
   * @param values undefined if they are not known
   */
  over(
    known: Knowledge,
    lines: readonly Line[],
    { name, values, turn }: {
      readonly name: Name;
      readonly values: Values | undefined;
      readonly turn: (value: bigint | undefined) => void;
    },
  ): void {
    const before = known.state;
    if (values) this.#trials++;
    turn(undefined);
    if (values) this.#trials--;
    if (!values || this.#trials > 0 || !known.isStructured) return;
    const count = countLines(lines);
    const isAll = values.length * count <= this.#linesLeft;
    // Of many values, the first and the last.
    this.#linesLeft -= count * (isAll ? values.length : 2);
    if (this.#linesLeft < 0) return;
    const after = known.state;
    known.state = before;
    const { archGiven, kernelGiven, configured, started } = before;
    const step = isAll ? 1 : values.length - 1;
    for (let n = 0; n < values.length; n += step) {
      // That something is given again, or too late, was reported without a value.
      known.state = {
        ...known.state,
        archGiven,
        kernelGiven,
        configured,
        started,
      };
      const value = valueAt(values, n);
      this.#values.push(`${name.text} = ${value}`);
      turn(value);
      this.#values.pop();
      // What the turns that are left out do to the machine is not known.
      if (!isAll) known.state = countsUnknown(known.state);
    }
    if (!isAll) known.state = after;
  }
}
