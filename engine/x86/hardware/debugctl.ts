/**
 * IA32_DEBUGCTL as the CPU has it: what WRMSR stores, steps on taken branches, bus locks, and what entries and exits do
 * with it.
 *
 * @module
 */
import { type Condition } from "../../comparison.ts";
import { type Move, placeIn, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { FLAGS } from "../registers/rflags.ts";

const LOAD: Move = {
  cause: "load",
  to: ["cpu", "DEBUGCTL"],
  from: ["vmcs", "DEBUGCTL"],
  rule: "x86:A/6.8",
};
const SAVE: Move = {
  cause: "save",
  to: ["vmcs", "DEBUGCTL"],
  from: ["cpu", "DEBUGCTL"],
  rule: "x86:A/6.8",
};
const CLEAR: Move = {
  cause: "force",
  to: ["cpu", "DEBUGCTL"],
  from: null,
  rule: "x86:A/6.8",
};
const RESTORE: Move = {
  cause: "restore",
  to: ["cpu", "DEBUGCTL"],
  from: ["host", "saved_DEBUGCTL"],
  rule: "x86:A/6.8",
};
const TAKEN: Move = {
  cause: "deliver",
  to: ["cpu", "DEBUGCTL"],
  from: null,
  rule: "x86:A20",
};
const WRITE: Move = {
  cause: "write",
  to: ["cpu", "DEBUGCTL"],
  from: ["program", "DEBUGCTL"],
  rule: "x86:A/8",
};

/** Bits that a CPU takes; another raises #GP(0). Rule x86:A/8. */
const DEFINED = { vmx: 0xffc7, svm: 0x3f } as const;

/** RFLAGS.TF steps on taken branches alone. Rule x86:A20. */
function stepsOnBranches(f: X86Frame): boolean {
  return f.model.branchSteps &&
    (f.w[f.cpu + CPU.debugctl] & DEBUGCTL_BITS.BTF) !== 0;
}

/** The instruction goes elsewhere: JMP, or IRET. */
function isBranch({ op, branch }: Insn): boolean {
  return op === "jump" || op === "iret" || branch >= 0;
}

/** TF makes a step due after an instruction. Rules x86:A6, x86:A20. */
export function stepsOver(f: X86Frame, insn: Insn): boolean {
  return (f.w[f.vcpu + VCPU.rflags] & FLAGS.TF) !== 0 &&
    (!stepsOnBranches(f) || isBranch(insn));
}

/** TF is set, and BTF keeps it from stepping over the instruction; undefined if that is not so. */
export function branchCondition(
  f: X86Frame,
  insn: Insn,
): Condition | undefined {
  if ((f.w[f.vcpu + VCPU.rflags] & FLAGS.TF) === 0 || stepsOver(f, insn)) {
    return undefined;
  }
  return {
    place: placeIn(f, "cpu", "DEBUGCTL"),
    field: "BTF",
    bits: BigInt(DEBUGCTL_BITS.BTF),
    value: 1n,
    needed: "0: with it TF steps on taken branches alone",
    rule: "x86:A20",
  };
}

/** #DB clears BTF and LBR; an intercepted one does so on SVM alone. Rule x86:A20. */
export function clearBranchSteps(f: X86Frame): void {
  const at = f.cpu + CPU.debugctl;
  const bits = DEBUGCTL_BITS.BTF | DEBUGCTL_BITS.LBR;
  setWord(f, at, f.w[at] & ~bits, TAKEN);
}

/** A bus lock at this privilege level raises #DB. Rule x86:A21. */
export function trapsBusLock(f: X86Frame, cpl: number): boolean {
  return f.model.busLockTraps && cpl > 0 &&
    (f.w[f.cpu + CPU.debugctl] & DEBUGCTL_BITS.BLD) !== 0;
}

/** WRMSR as the CPU itself does it. @returns false for #GP(0) */
export function writeDebugctl(f: X86Frame, lo: number, hi: number): boolean {
  if (hi !== 0 || (lo & ~DEFINED[f.vendor]) !== 0) return false;
  setWord(f, f.cpu + CPU.debugctl, lo, WRITE);
  return true;
}

/** VM entry loads the guest's value; VMRUN does so only where LBR virtualization is on. Rule x86:A/6.8. */
export function enterDebugctl(f: X86Frame): void {
  const { w, vcpu, cpu } = f;
  if (f.vendor === "svm") {
    if (w[vcpu + VCPU.lbrVirtualized] === 0) return;
    w[cpu + CPU.savedDebugctl] = w[cpu + CPU.debugctl];
  }
  setWord(f, cpu + CPU.debugctl, w[vcpu + VCPU.vmDebugctl], LOAD);
}

/**
 * VM exit saves the guest's value and leaves 0; #VMEXIT swaps the two where LBR virtualization is on.
 *
 * @param refused the entry was: nothing is saved
 *
 * Rule x86:A/6.8.
 */
export function leaveDebugctl(f: X86Frame, refused: boolean): void {
  const { w, vcpu, cpu } = f;
  const isSvm = f.vendor === "svm";
  if (isSvm && w[vcpu + VCPU.lbrVirtualized] === 0) return;
  if (!refused) {
    setWord(f, vcpu + VCPU.vmDebugctl, w[cpu + CPU.debugctl], SAVE);
  }
  if (isSvm) {
    setWord(f, cpu + CPU.debugctl, w[cpu + CPU.savedDebugctl], RESTORE);
    w[cpu + CPU.savedDebugctl] = 0;
  } else setWord(f, cpu + CPU.debugctl, 0, CLEAR);
}
