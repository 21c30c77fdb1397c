/**
 * What the virtualization extension itself does with debug registers around entry, exit and injection.
 * Rule x86:A/6.
 *
 * @module
 */
import { get64, unsigned } from "../../word64.ts";
import { type Move, setWord } from "../../moves.ts";
import { MODE } from "../../rules.ts";
import { CPU, EXIT, SHADOW, STOPPED, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { FLAGS } from "../registers/rflags.ts";
import { enterDebugctl, leaveDebugctl } from "./debugctl.ts";
import { deliver } from "./exceptions.ts";
import { statusBits } from "./mov_dr.ts";
import { enterProtected, leaveProtected } from "./protected.ts";

const LOAD_DR7: Move = {
  cause: "load",
  to: ["cpu", "DR7"],
  from: ["vmcs", "DR7"],
  rule: "x86:A/6",
};
const LOAD_DR6: Move = {
  cause: "load",
  to: ["cpu", "DR6"],
  from: ["vmcs", "DR6"],
  rule: "x86:A/6",
};
const SAVE_DR7: Move = {
  cause: "save",
  to: ["vmcs", "DR7"],
  from: ["cpu", "DR7"],
  rule: "x86:A/6",
};
const SAVE_DR6: Move = {
  cause: "save",
  to: ["vmcs", "DR6"],
  from: ["cpu", "DR6"],
  rule: "x86:A/6",
};
const EXIT_DR7: Move = {
  cause: "force",
  to: ["cpu", "DR7"],
  from: null,
  rule: "x86:E7",
};

/** DR7 as the entry loads it. */
export function entryDr7(f: X86Frame): number {
  const { entryDr7Keeps, entryDr7Fixed } = f.model;
  const kept = f.w[f.vcpu + VCPU.vmDr7] & entryDr7Keeps[f.vendor];
  return entryDr7Fixed ? kept | DR7_BITS.FIXED : kept;
}

/** DR6 as VMRUN loads it. */
export function entryDr6(f: X86Frame, value: number): number {
  return f.model.entryDr6Raw ? value : statusBits(f, value);
}

/**
 * Loads the guest's DR7, its DEBUGCTL, and on SVM its DR6. DR0 to DR3 are software's business.
 *
 * @param isRefused the checks of the guest's state fail: DR7 does not come into the CPU
 */
export function enterGuest(f: X86Frame, isRefused = false): void {
  const { w, vcpu, cpu } = f;
  if (!isRefused) setWord(f, cpu + CPU.dr7, entryDr7(f), LOAD_DR7);
  if (f.vendor === "svm") {
    setWord(f, cpu + CPU.dr6, entryDr6(f, w[vcpu + VCPU.vmDr6]), LOAD_DR6);
  }
  enterDebugctl(f);
  enterProtected(f);
  w[vcpu + VCPU.mode] = MODE.guest;
  f.sink?.push({
    kind: "enter",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    values: {
      dr7: isRefused ? get64(w, vcpu + VCPU.vmDr7) : unsigned(w[cpu + CPU.dr7]),
      dr6: unsigned(w[cpu + CPU.dr6]),
    },
    rule: "x86:A/6",
  });
}

/**
 * Delivers an event that the entry injects. No pending debug trap survives it; an injected #DB leaves DR6 and
 * DR7.GD alone.
 *
 * @param length bytes by which the saved rip is past the current one: a software exception's instruction
 */
export function injectEvent(
  f: X86Frame,
  vector: number,
  error: number,
  length: number,
): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.pendingDb] = 0;
  w[vcpu + VCPU.latentDb] = 0;
  w[vcpu + VCPU.shadow] = 0;
  if (length !== 0) {
    const lo = (w[vcpu + VCPU.pc] >>> 0) + length;
    w[vcpu + VCPU.pc] = lo | 0;
    if (lo > 0xffff_ffff) w[vcpu + VCPU.pc + 1]++;
  }
  deliver(f, vector, error, "x86:A/6");
}

/** Neither VMX nor SVM enters with bits 63:32 of DR7 set. Rule x86:A/6.2. */
export function dr7Refused({ w, vcpu }: X86Frame): boolean {
  return w[vcpu + VCPU.vmDr7 + 1] !== 0;
}

/**
 * VMX refuses to enter with TF set in the shadow of MOV SS or STI unless the step trap is among the pending debug
 * exceptions, and with the shadow of STI unless IF is set. SVM has no such check.
 *
 * @returns why, undefined if it enters
 *
 * Rule x86:A/6.4.
 */
export function shadowRefused(f: X86Frame): string | undefined {
  const { w, vcpu } = f;
  const shadow = w[vcpu + VCPU.shadow];
  if (f.vendor !== "vmx" || shadow === SHADOW.none) return undefined;
  const flags = w[vcpu + VCPU.rflags];
  if (shadow === SHADOW.sti && (flags & FLAGS.IF) === 0) {
    return "IF is 0 in the shadow of STI";
  }
  const lacksStep = (flags & FLAGS.TF) !== 0 &&
    (w[vcpu + VCPU.pendingDb] & DR6_BITS.BS) === 0;
  if (!lacksStep) return undefined;
  const name = shadow === SHADOW.sti ? "STI" : "MOV SS";
  return `TF in the shadow of ${name}, no step pending`;
}

/** Bits of RIP that a CPU can lose in a refused entry. */
const LOST_RIP = 0xfff;

/**
 * Saves the guest's DR7 and DEBUGCTL, and on SVM its DR6, unless the entry was refused; the physical DR7 is left with nothing
 * enabled.
 */
export function leaveGuest(f: X86Frame): void {
  const { w, vcpu, cpu } = f;
  const isRefused = w[vcpu + VCPU.exitReason] === EXIT.entryFailed;
  if (!isRefused) {
    setWord(f, vcpu + VCPU.vmDr7, w[cpu + CPU.dr7], SAVE_DR7);
    if (f.vendor === "svm") {
      setWord(f, vcpu + VCPU.vmDr6, w[cpu + CPU.dr6], SAVE_DR6);
    }
  } else if (f.vendor === "svm" && !f.model.refusedEntryKeepsRip) {
    // Where the guest would go on is unknown.
    w[vcpu + VCPU.pc] |= LOST_RIP;
    w[vcpu + VCPU.stopped] = STOPPED.idle;
  }
  leaveDebugctl(f, isRefused);
  leaveProtected(f);
  setWord(f, cpu + CPU.dr7, DR7_BITS.FIXED, EXIT_DR7);
  w[vcpu + VCPU.mode] = MODE.exiting;
}
