/**
 * Instructions that the privilege level does not allow, whatever their operands are.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import type { Outcome } from "../../rules.ts";
import { VCPU, VECTOR } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { FLAGS } from "../registers/rflags.ts";
import { raiseFault } from "./exceptions.ts";
import { reportRaise } from "./hits.ts";

/** Where RFLAGS has IOPL. */
const IOPL_SHIFT = 12;

/** True if a privilege level is above RFLAGS.IOPL. */
export function isAboveIopl({ w, vcpu }: X86Frame, cpl: number): boolean {
  return cpl > (w[vcpu + VCPU.rflags] & FLAGS.IOPL) >>> IOPL_SHIFT;
}

/** What is wrong; undefined if nothing is. */
function wrongWith(
  f: X86Frame,
  { op }: Insn,
  cpl: number,
): string | undefined {
  switch (op) {
    case "in":
    case "out":
    case "ins":
    case "outs":
      return isAboveIopl(f, cpl)
        ? `${op.toUpperCase()} above IOPL, without a map of ports`
        : undefined;
    case "hlt":
      return cpl > 0 ? "HLT needs CPL 0" : undefined;
    default:
      return undefined;
  }
}

/**
 * #GP(0) of an access to a port above IOPL, and of HLT above CPL 0, before any intercept.
 *
 * @returns undefined if the instruction is allowed
 *
 * Rule x86:A17.
 */
export function levelRefuses(
  f: X86Frame,
  insn: Insn,
): Outcome | undefined {
  const what = wrongWith(f, insn, Math.max(0, insn.level));
  if (what === undefined) return undefined;
  if (f.sink !== null) reportRaise(f, "gp", what, "x86:A17");
  return raiseFault(f, VECTOR.GP, 0);
}
