/**
 * Instructions that read and write RFLAGS: PUSHF, POPF, IRET, STI, CLI, SYSCALL, SYSRET.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { OUTCOME, type Outcome } from "../../rules.ts";
import { VCPU, VECTOR, VM } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { FLAGS } from "../registers/rflags.ts";
import { raiseFault } from "./exceptions.ts";
import { reportRaise } from "./hits.ts";
import { isAboveIopl } from "./privilege.ts";

/** A write of RFLAGS by the program. */
export const WRITE_RFLAGS: Move = {
  cause: "write",
  to: ["guest", "RFLAGS"],
  from: ["program", "RFLAGS"],
  rule: "x86:A6",
};

/** STI and CLI. */
const SET_IF: Move = {
  cause: "write",
  to: ["guest", "RFLAGS"],
  from: null,
  rule: "x86:A11",
};

/** IRET. */
const RETURN: Move = {
  cause: "write",
  to: ["guest", "RFLAGS"],
  from: ["program", "RFLAGS"],
  rule: "x86:A12",
};

/** SYSCALL. */
const MASK_FLAGS: Move = {
  cause: "write",
  to: ["guest", "RFLAGS"],
  from: null,
  rule: "x86:A/10.1",
};

/** SYSRET. */
const LOAD_R11: Move = {
  cause: "write",
  to: ["guest", "RFLAGS"],
  from: ["guest", "R11"],
  rule: "x86:A/10.3",
};

/** What SYSCALL saves. */
const SAVE_R11: Move = {
  cause: "save",
  to: ["guest", "R11"],
  from: ["guest", "RFLAGS"],
  rule: "x86:A/10.1",
};

/** High word of POPF's operand that leaves the handler's count of steps alone. */
const STEPS_KEPT = -1;

/**
 * POPF: TF is the low word of the operand, RF always 0, the rest stays. The high word says after how many #DBs
 * the modelled handler clears TF again, 0 for never, -1 as was set before.
 *
 * Rule x86:A6.
 */
export function popFlags(f: X86Frame, insn: Insn): Outcome {
  const { w, vcpu } = f;
  const flags = w[vcpu + VCPU.rflags] & ~(FLAGS.TF | FLAGS.RF);
  const popped = insn.lo !== 0 ? flags | FLAGS.TF : flags;
  setWord(f, vcpu + VCPU.rflags, popped, WRITE_RFLAGS);
  if (insn.hi !== STEPS_KEPT) w[vcpu + VCPU.stepsLeft] = insn.hi;
  return OUTCOME.next;
}

/**
 * RFLAGS as PUSHF stores them: RF and VM as 0, and TF as it really is, a debugger's too. Intel SDM volume 2B, PUSHF;
 * AMD APM volume 3, PUSHF. Rule x86:A10.
 */
export function pushedFlags({ w, vcpu }: X86Frame): number {
  return w[vcpu + VCPU.rflags] & ~(FLAGS.RF | FLAGS.VM);
}

/** RFLAGS after a write of what the instruction names. Rule x86:A6. */
export function loadFlags(f: X86Frame, insn: Insn): number {
  const old = f.w[f.vcpu + VCPU.rflags];
  const value = (old & ~insn.maskLo) | (insn.lo & insn.maskLo);
  return (value & ~FLAGS.RF) | FLAGS.FIXED;
}

/** RF is set in the flags that an IRET pops. */
export function popsResume(insn: Insn): boolean {
  return (insn.lo & FLAGS.RF) !== 0;
}

/**
 * IRET to the instruction that follows: the flags in its mask are popped, RF among them, which is set only once the IRET
 * itself is complete. The IRET that sets TF does not trap, as with POPF.
 *
 * Rule x86:A12.
 */
export function returnFromInterrupt(f: X86Frame, insn: Insn): Outcome {
  const { w, vcpu } = f;
  const kept = w[vcpu + VCPU.rflags] & ~(insn.maskLo | FLAGS.RF);
  const popped = kept | (insn.lo & insn.maskLo & ~FLAGS.RF);
  setWord(f, vcpu + VCPU.rflags, popped, RETURN);
  w[vcpu + VCPU.stepsLeft] = 0;
  return OUTCOME.next;
}

/**
 * SYSCALL to the instruction that follows, where the model's LSTAR points: the flags go to R11, and those in FMASK are
 * cleared. R11 is in the frame.
 *
 * Rule x86:A/10.1.
 */
export function systemCall(f: X86Frame): Outcome {
  const { w, vcpu, vm } = f;
  f.lo = pushedFlags(f);
  f.hi = 0;
  setWord(f, vcpu + VCPU.r11, f.lo, SAVE_R11);
  const masked = f.lo & ~w[vm + VM.fmask] | FLAGS.FIXED;
  setWord(f, vcpu + VCPU.rflags, masked, MASK_FLAGS);
  return OUTCOME.next;
}

/**
 * SYSRET to the instruction that follows, with the flags of R11, without RF and VM.
 *
 * Rule x86:A/10.3.
 */
export function systemReturn(f: X86Frame, cpl: number): Outcome {
  const { w, vcpu } = f;
  if (cpl > 0) {
    if (f.sink !== null) {
      reportRaise(f, "gp", "SYSRET needs CPL 0", "x86:A/10.3");
    }
    return raiseFault(f, VECTOR.GP, 0);
  }
  const flags = w[vcpu + VCPU.r11] & FLAGS.SYSRET | FLAGS.FIXED;
  setWord(f, vcpu + VCPU.rflags, flags, LOAD_R11);
  return OUTCOME.next;
}

/**
 * STI and CLI. Above IOPL they raise #GP(0): the model's CR4 has neither VME nor PVI.
 *
 * Rule x86:A11.
 */
export function setInterruptFlag(
  f: X86Frame,
  isSet: boolean,
  cpl: number,
): Outcome {
  const { w, vcpu } = f;
  const flags = w[vcpu + VCPU.rflags];
  if (isAboveIopl(f, cpl)) {
    if (f.sink !== null) {
      reportRaise(f, "gp", `${isSet ? "STI" : "CLI"} above IOPL`, "x86:A11");
    }
    return raiseFault(f, VECTOR.GP, 0);
  }
  const changed = isSet ? flags | FLAGS.IF : flags & ~FLAGS.IF;
  setWord(f, vcpu + VCPU.rflags, changed, SET_IF);
  return OUTCOME.next;
}
