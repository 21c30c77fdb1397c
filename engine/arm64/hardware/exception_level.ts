/**
 * The exception level that the CPU is at.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import type { Insn } from "../../program.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { PSTATE } from "../registers/pstate.ts";

/** PSTATE.M. */
export const MODE_BITS: number = placed(PSTATE, "M");

/** M of EL1 with its own stack pointer, where exceptions are taken to. */
export const MODE_EL1H = 0b00101;

/** M of EL0. */
export const MODE_EL0T = 0b00000;

/** EL0 or EL1, from PSTATE.M. */
export function exceptionLevel(f: Arm64Frame): number {
  return (f.w[f.vcpu + VCPU.pstate] >>> 2) & 3;
}

/** The level that an instruction executes at: its own, or the vCPU's. */
export function levelOf(f: Arm64Frame, insn: Insn): number {
  return insn.level >= 0 ? insn.level : exceptionLevel(f);
}

/** `el=` holds for this instruction: the vCPU's own mode is kept until it is over. */
export function borrowLevel(f: Arm64Frame, level: number): void {
  const { w } = f;
  const at = f.vcpu + VCPU.pstate;
  if (level === exceptionLevel(f)) return;
  if (w[f.vcpu + VCPU.ownMode] === 0) {
    w[f.vcpu + VCPU.ownMode] = (w[at] & MODE_BITS) + 1;
  }
  w[at] = (w[at] & ~MODE_BITS) | (level === 0 ? MODE_EL0T : MODE_EL1H);
}

/** The instruction with `el=` is over. @returns true if the vCPU is at another level now */
export function giveLevelBack(f: Arm64Frame): boolean {
  const { w } = f;
  const own = w[f.vcpu + VCPU.ownMode];
  if (own === 0) return false;
  const at = f.vcpu + VCPU.pstate;
  w[at] = (w[at] & ~MODE_BITS) | (own - 1);
  w[f.vcpu + VCPU.ownMode] = 0;
  return true;
}
