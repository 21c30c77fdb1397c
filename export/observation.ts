/**
 * What a recording says was observed, by the names that checks use.
 *
 * @module
 */
import { compare } from "../dsl/resolve/expressions.ts";
import type { Check, Fields } from "./recorded_case.ts";

function big(value: unknown): bigint | undefined {
  return typeof value === "string" || typeof value === "number"
    ? BigInt(value)
    : undefined;
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value : [];
}

/** A list's item of a field by its architecture's names. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  "taken.kind": ["ec", "vector"],
  "taken.syndrome": ["esr", "error", "intid"],
  "taken.pc": ["elr", "rip"],
  "taken.flags": ["spsr", "rflags"],
  "taken.far": ["far"],
  "taken.dr6": ["dr6"],
  "taken.dr7": ["dr7"],
};

function firstOf(fields: Fields, names: readonly string[]): bigint | undefined {
  for (const name of names) {
    if (fields[name] !== undefined) return big(fields[name]);
  }
  return undefined;
}

/** What an instruction read. */
function got(line: Fields, index: number): bigint | undefined {
  if (Array.isArray(line.got)) {
    return big(list(line.got).find(({ at }) => at === index)?.value);
  }
  if (line.got !== undefined) return big((line.got as Fields)[index]);
  return big(list(line.program)[index]?.got);
}

/** KVM_RUN returned because the program was at its end. */
function hasEnded(line: Fields): boolean {
  return line.exit === "HLT" ||
    line.exit === "MMIO" && line.kvm_exits !== undefined &&
      line.mmio === undefined;
}

/** A value that was observed; undefined if there is none. */
function observed(
  line: Fields,
  field: string,
  index: number,
): bigint | undefined {
  if (TAKEN[field]) {
    const taken = list(line.guest_exceptions)[index];
    return taken && firstOf(taken, TAKEN[field]);
  }
  switch (field) {
    case "got":
      return got(line, index);
    case "taken":
      return BigInt(list(line.guest_exceptions).length);
    case "ended":
      return hasEnded(line) ? 1n : 0n;
    case "ret":
      return line.op === "run" && line.errno !== undefined
        ? -big(line.errno)!
        : big(line.ret ?? 0);
    case "value":
      return firstOf(line, ["value", "mmio", "port", "addr"]);
    case "db":
      return big((line.db as unknown[] | undefined)?.[index]);
    case "exit_pc":
      return big(line.pc);
    case "pc":
      return line.rip === undefined ? big(line.pc) : big(line.rip);
    case "flags":
      return firstOf(line, ["pstate", "rflags"]);
    default:
      return big(line[field]);
  }
}

/**
 * Whether a check holds of a recording's line.
 *
 * @param line of the step that the check names; undefined if there is none, as of a program that is not resumed since it
 *   has ended
 */
export function holds(check: Check, line: Fields | undefined): boolean {
  if (line === undefined) return false;
  if (check.word !== undefined) return line.exit === check.word;
  const value = observed(line, check.field, check.index);
  if (value === undefined) return false;
  const bits = (BigInt.asUintN(64, value) & check.mask) >> BigInt(check.shift);
  return compare(bits, check.operator, BigInt.asUintN(64, check.value));
}
