/**
 * What resolving one line may ask: what the names in it are worth, and what is known of the machine.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { NumberRow } from "../instructions.ts";
import { VALUE_MAX } from "../limits.ts";
import { hex } from "../notation.ts";
import { fail, Problem } from "../problem.ts";
import type { Expr, Name, NameExpr } from "../syntax/nodes.ts";
import { evaluate } from "./expressions.ts";
import type { Definition } from "./scope.ts";

/** Where a line is resolved: before anything runs, or when it is carried out. */
export interface Situation {
  /** How many vCPUs there are; undefined if that is not known. */
  readonly vcpus: number | undefined;
  /** How many physical CPUs there are; undefined if that is not known. */
  readonly cpus: number | undefined;
  /** Counts of the physical machine that are known, by name. */
  readonly hostCounts: ReadonlyMap<string, number>;
  /** The hardware model that was named, if it is known. */
  readonly model: string | undefined;
  /**
   * The value of a name.
   *
   * @param words what a name alone may have been meant to be
   * @returns undefined if it is not known yet
   * @throws {Problem} if there is no such name, or if it must have a value by now and has none
   */
  valueOf(name: NameExpr, words: readonly string[]): bigint | undefined;
  /** The definition of a name, if one is known. */
  definition(text: string): Definition | undefined;
  /** True if the name is one that `as` gave to what a guest or userspace reads. */
  isRead(name: NameExpr): boolean;
  /** True if the name is one that `as` gave to a saved VM. */
  isSaved(name: Name): boolean;
  /** True if a line that was not understood may have defined the name. */
  mayDefine(text: string): boolean;
  /** All names, for suggestions. */
  names(): Iterable<string>;
}

/** One line that is being resolved. */
export class Context {
  /** Mistakes found so far, of parts that do not depend on each other. */
  readonly problems: Diagnostic[] = [];
  /** Every number in the line has a value. */
  isComplete = true;
  /** A name's value is in the line: the action may be another one next time. */
  usesNames = false;

  constructor(
    readonly arch: Architecture,
    readonly situation: Situation,
  ) {}

  /** Resolves a part; a mistake in it does not hide those of the parts after it. */
  attempt<T>(part: () => T): T | undefined {
    try {
      return part();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.problems.push(problem.diagnostic);
      return undefined;
    }
  }

  /**
   * The value of an expression.
   *
   * @param words what a name alone may have been meant to be
   * @returns undefined if a name in it has no value yet
   */
  number(expr: Expr, words: readonly string[] = []): bigint | undefined {
    if (expr.kind === "number") return expr.value;
    const result = evaluate(expr, (name) => {
      this.usesNames = true;
      return this.situation.valueOf(name, words);
    });
    if (result.kind === "error") fail(result.diagnostic);
    if (result.kind === "unknown") {
      this.isComplete = false;
      return undefined;
    }
    return result.value;
  }

  /**
   * The value of an expression that must be in a row's range.
   *
   * @returns one that is in the range if the expression has no value yet
   */
  within(expr: Expr, row: NumberRow): bigint {
    const value = this.number(expr);
    const { values, min = 0n, max = VALUE_MAX } = row;
    if (value === undefined) return values ? BigInt(values[0]) : min;
    const fits = values
      ? values.some((one) => BigInt(one) === value)
      : value >= min && value <= max;
    if (fits) return value;
    fail({
      code: row.code ?? "out-of-range",
      span: expr.span,
      message: `${row.what} cannot be ${numberText(value, row)}`,
      expected: values
        ? values.map(String)
        : [max === VALUE_MAX ? `${min} or more` : rangeText(row)],
    });
  }

  /** The same as a small number. */
  small(expr: Expr, row: NumberRow): number {
    return Number(this.within(expr, row));
  }

  /** The address of an instruction. */
  codeAddress(expr: Expr): bigint {
    const value = this.number(expr);
    const alignment = BigInt(this.arch.codeAlignment);
    if (value === undefined) return 0n;
    if (value % alignment === 0n) return value;
    fail({
      code: "bad-address",
      span: expr.span,
      message:
        `the address of an instruction must be a multiple of ${alignment}, and ${
          hex(value)
        } is not`,
    });
  }

  /** `@v` as `vcpu()` gives it; a mistake in it does not hide those of the parts after it. */
  attemptVcpu(at: Expr | undefined): number {
    return at === undefined ? 0 : this.attempt(() => this.vcpu(at)) ?? 0;
  }

  /** `@v`: a vCPU, 0 if left out. */
  vcpu(at: Expr | undefined): number {
    return this.#numbered(at, {
      what: "vCPU",
      whose: "the VM",
      set: "set vcpus",
      count: () => this.situation.vcpus,
    });
  }

  /** `@p`: a physical CPU, 0 if left out. */
  cpu(at: Expr | undefined): number {
    return this.#numbered(at, {
      what: "CPU",
      whose: "the machine",
      set: "host cpus",
      count: () => this.situation.cpus,
    });
  }

  #numbered(at: Expr | undefined, { what, whose, set, count }: {
    readonly what: string;
    readonly whose: string;
    readonly set: string;
    readonly count: () => number | undefined;
  }): number {
    if (!at) return 0;
    const number = this.number(at);
    const have = count();
    if (number === undefined) return 0;
    if (have === undefined || number < BigInt(have)) return Number(number);
    fail({
      code: "out-of-range",
      span: at.span,
      message: `there is no ${what} ${number}: ${whose} has ${have}`,
      expected: [have === 1 ? "0" : `0 to ${have - 1}`],
      hint: `\`${set}=${number + 1n}\` adds it; numbers begin at 0`,
    });
  }
}

/** From here on a value that is no count is easier to read in hexadecimal. */
const DECIMAL_MAX = 0xffffn;

/** A value is not a count if its limit is a number of bits. */
function isHex(value: bigint, { max = VALUE_MAX }: NumberRow): boolean {
  return max > DECIMAL_MAX && (max & max + 1n) === 0n && value > DECIMAL_MAX;
}

function numberText(value: bigint, row: NumberRow): string {
  return isHex(value, row) ? hex(value) : `${value}`;
}

function rangeText(row: NumberRow): string {
  const { min = 0n, max = VALUE_MAX } = row;
  return `${min} to ${numberText(max, row)}`;
}
