/**
 * MOV to CR4 where it exits.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import type { Handled } from "../../rules.ts";
import { VCPU } from "../blocks.ts";
import { completed, movePast } from "./complete.ts";
import { finishEmulated } from "./emulator.ts";
import type { KvmFrame } from "./kernel.ts";
import { skip } from "./step.ts";

const WRITE_CR4: Move = {
  cause: "write",
  to: ["guest", "CR4"],
  from: ["program", "CR4"],
  rule: "x86:A/1",
};

/** SVM: with decode assists KVM knows the operand and moves past it; else the emulator does it. Rule x86:D15. */
export function emulatedCr4(f: KvmFrame, insn: Insn | null): Handled {
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

function write(f: KvmFrame, insn: Insn | null): void {
  if (insn === null) return;
  const at = f.vcpu + VCPU.cr4;
  const value = (f.w[at] & ~insn.maskLo) | (insn.lo & insn.maskLo);
  setWord(f, at, value, WRITE_CR4);
}
