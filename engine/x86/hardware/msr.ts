/**
 * RDMSR and WRMSR, as the CPU executes them.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { CPU, EXIT, VECTOR } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { writeDebugctl } from "./debugctl.ts";
import { leaveByInstruction, raiseFault } from "./exceptions.ts";
import { reportRaise } from "./hits.ts";
import { reportAccess } from "./reported_access.ts";

/**
 * RDMSR and WRMSR, which a hypervisor intercepts; a fault for the privilege level comes first. Of the MSRs the model
 * knows DEBUGCTL.
 *
 * Rules x86:A/8, x86:A/6.9.
 */
export function accessMsr(f: X86Frame, insn: Insn, cpl: number): Outcome {
  const isWrite = insn.op === "wrmsr";
  if (cpl > 0) {
    return protectionFault(f, `${isWrite ? "WRMSR" : "RDMSR"} needs CPL 0`);
  }
  if (f.bare === undefined) {
    const reason = isWrite ? EXIT.msrWrite : EXIT.msrRead;
    return leaveByInstruction(f, reason, Math.max(0, insn.register));
  }
  if (insn.register < 0) return OUTCOME.next;
  if (isWrite) {
    f.lo = insn.lo;
    f.hi = insn.hi;
    if (!writeDebugctl(f, f.lo, f.hi)) {
      return protectionFault(f, "reserved bits of DEBUGCTL are set");
    }
  } else {
    f.lo = f.w[f.cpu + CPU.debugctl];
    f.hi = 0;
  }
  reportAccess(f, insn, "hardware");
  return OUTCOME.next;
}

/** #GP(0), by the rule of DEBUGCTL. */
function protectionFault(f: X86Frame, what: string): Outcome {
  if (f.sink !== null) reportRaise(f, "gp", what, "x86:A/8");
  return raiseFault(f, VECTOR.GP, 0);
}
