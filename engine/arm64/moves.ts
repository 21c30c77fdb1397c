/**
 * Registers that move between a vCPU's copies, the physical CPU and the operands of programs and userspace. What
 * has one name in both places is written as the spaces alone.
 *
 * @module
 */
import type { Place, RuleId, SetCause, Space } from "../events.ts";
import { placeIn, report } from "../moves.ts";
import { get64, join64 } from "../word64.ts";
import type { Arm64Frame } from "./frame.ts";
import { ARM64_REGISTERS } from "./registers/table.ts";

/** Why a register moves, and between which spaces. */
export interface RegisterRoute {
  readonly cause: SetCause;
  readonly to: Space;
  /** Null where the rule made the value. */
  readonly from: Space | null;
}

/** A register's place. */
export function registerPlace(
  f: Arm64Frame,
  space: Space,
  register: number,
): Place {
  return placeIn(f, space, ARM64_REGISTERS.byId(register).name);
}

/** Reports that a register has changed, unless the value is what was there. */
export function reportRegister(
  f: Arm64Frame,
  old: bigint,
  value: bigint,
  { cause, to, from }: RegisterRoute,
  register: number,
  rule: RuleId,
  source = register,
): void {
  if (f.sink === null) return;
  const { name } = ARM64_REGISTERS.byId(register);
  report(f, old, value, {
    cause,
    to: [to, name],
    from: from && [from, ARM64_REGISTERS.byId(source).name],
    rule,
  });
}

/**
 * Stores a register, and reports it if it changed.
 *
 * @param at index of the low word
 * @param register the one that is written
 * @param source the one that the value comes from, if it is another
 */
export function setRegister(
  f: Arm64Frame,
  at: number,
  lo: number,
  hi: number,
  route: RegisterRoute,
  register: number,
  rule: RuleId,
  source = register,
): void {
  const { w } = f;
  if (f.sink !== null && (w[at] !== lo || w[at + 1] !== hi)) {
    const old = get64(w, at);
    reportRegister(f, old, join64(lo, hi), route, register, rule, source);
  }
  w[at] = lo;
  w[at + 1] = hi;
}
