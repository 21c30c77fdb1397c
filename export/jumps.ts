/**
 * Programs whose instructions do not follow each other: the recorder jumps from one to the next, which a single step
 * would stop after.
 *
 * @module
 */
import type { Fields } from "./recorded_case.ts";

/** RFLAGS.TF. */
const TF = 0x100n;

/** PSTATE.SS. */
const SS = 0x20_0000n;

const big = (value: unknown): bigint => BigInt(String(value ?? 0));

function programOf({ program }: Fields): readonly Fields[] {
  return Array.isArray(program) ? program : [];
}

/** Something may step through a program: the debugger, or the guest itself. */
function steps(step: Fields): boolean {
  const { control, rflags_in, pstate_in } = step;
  if (Array.isArray(control) && control.includes("SINGLESTEP")) return true;
  if ((big(rflags_in) & TF) !== 0n || (big(pstate_in) & SS) !== 0n) return true;
  if (step.reg === "MDSCR_EL1" && (big(step.value) & 1n) !== 0n) return true;
  return programOf(step).some(({ tf, reg, value }) =>
    tf === 1 || reg === "MDSCR_EL1" && (big(value) & 1n) !== 0n
  );
}

function jumps(step: Fields): boolean {
  const program = programOf(step);
  return program.some((op, index) => {
    const next = program[index + 1];
    if (next === undefined) return false;
    return big(next.pc) !== big(op.pc) + BigInt(Number(op.len ?? 4));
  });
}

/** True if a program jumps, and something may step. */
export function jumpsUnderStep(all: readonly Fields[]): boolean {
  return all.some(jumps) && all.some(steps);
}
