/**
 * MOV to CR4 where it exits.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import type { Handled } from "../../rules.ts";
import { VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { reportOwn } from "../moves.ts";
import { completed, movePast } from "./complete.ts";
import { finishEmulated } from "./emulator.ts";
import { skip } from "./step.ts";

/** SVM: with decode assists KVM knows the operand and moves past it; else the emulator does it. Rule x86:D15. */
export function emulatedCr4(f: X86Frame, insn: Insn | null): Handled {
  if (!f.model.decodeAssists) {
    const breakpoint = f.kernel.emulatorCodeBreakpoint(f, insn);
    if (breakpoint !== undefined) return breakpoint;
    write(f, insn);
    return finishEmulated(f, null);
  }
  write(f, insn);
  movePast(f);
  return completed(f, skip(f, f.kernel.commonSkipSteps));
}

function write(f: X86Frame, insn: Insn | null): void {
  if (insn === null) return;
  const at = f.vcpu + VCPU.cr4;
  const old = f.w[at];
  const value = (old & ~insn.maskLo) | (insn.lo & insn.maskLo);
  f.w[at] = value;
  const rule = "x86:D15";
  reportOwn(f, { register: "CR4", from: "program", old, value, rule });
}
