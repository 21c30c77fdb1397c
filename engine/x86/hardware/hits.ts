/**
 * What a hit, or another reason for an exception, depended on: the registers and bits without which it would not have
 * been.
 *
 * @module
 */
import type { Condition } from "../../comparison.ts";
import type {
  BreakpointOwner,
  ExceptionKind,
  Part,
  RuleId,
} from "../../events.ts";
import { type NamedPlace, placeIn } from "../../moves.ts";
import { get64, MAX64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { flagCondition, reportStepCompared } from "./comparisons.ts";

/** Bits of DR7 that a slot has: its enables, R/Wn and LENn. */
export function slotBits(slot: number): bigint {
  return BigInt(3 << (2 * slot)) | 0xfn << BigInt(16 + 4 * slot);
}

/** Reports each slot of a match, the CPU's own, by the rule of what it matched. */
function reportHits(
  f: X86Frame,
  hits: number,
  rule: RuleId,
  more: readonly Part[],
): void {
  for (let n = 0; n < SLOTS; n++) {
    if ((hits & (1 << n)) === 0) continue;
    reportSlotHit(f, n, [
      { place: placeIn(f, "cpu", `DR${n}`), bits: MAX64 },
      { place: placeIn(f, "cpu", "DR7"), bits: slotBits(n) },
      ...more,
    ], { rule, owner: f.ownerOf(f, n) });
  }
}

/** A slot hits: the CPU's, or one that KVM compares in its place. */
export function reportSlotHit(
  f: X86Frame,
  slot: number,
  needed: readonly Part[],
  { rule, owner }: {
    readonly rule: RuleId;
    readonly owner: BreakpointOwner | undefined;
  },
): void {
  const { w, vcpu, cpu } = f;
  const pc = get64(w, vcpu + VCPU.pc);
  f.sink?.push({
    kind: "hit",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    what: `DR${slot}, at rip 0x${pc.toString(16)}`,
    register: `DR${slot}`,
    ...owner && { owner },
    pc,
    needed,
    rule,
  });
}

/** Execute breakpoints hit. */
export function reportCodeHits(f: X86Frame, hits: number): void {
  reportHits(f, hits, "x86:A1", []);
}

/** Data breakpoints hit. */
export function reportDataHits(f: X86Frame, hits: number): void {
  reportHits(f, hits, "x86:A2", []);
}

/** Something other than a breakpoint raises an exception. */
export function reportRaise(
  f: X86Frame,
  exception: ExceptionKind,
  what: string,
  rule: RuleId,
  needed: readonly Part[] = [],
  status = 0,
): void {
  f.sink?.push({
    kind: "raise",
    vcpu: f.w[f.vcpu + VCPU.index],
    exception,
    what,
    pc: get64(f.w, f.vcpu + VCPU.pc),
    status: BigInt(status),
    needed,
    rule,
  });
}

/**
 * A step is due, of the CPU's or of one that KVM makes itself.
 *
 * @param isBefore by the TF that the instruction found, and it has changed RFLAGS
 */
export function reportSingleStep(
  f: X86Frame,
  rule: RuleId,
  isBefore = false,
): void {
  if (f.sink === null) return;
  reportRaise(f, "db", "single step", rule, [
    {
      place: placeIn(f, "guest", "RFLAGS"),
      bits: BigInt(FLAGS.TF),
      ...isBefore && { isBefore },
    },
  ], DR6_BITS.BS);
}

/** A bus lock traps. */
export function reportBusLock(f: X86Frame): void {
  reportRaise(f, "db", "a bus lock", "x86:A21", [
    {
      place: placeIn(f, "cpu", "DEBUGCTL"),
      bits: BigInt(DEBUGCTL_BITS.BLD),
    },
  ], DR6_BITS.BLD);
}

/** A MOV DR with DR7.GD, of the register that the CPU or KVM looks at. */
export function reportGeneralDetect(
  f: X86Frame,
  [space, name]: NamedPlace = ["cpu", "DR7"],
): void {
  if (f.sink === null) return;
  reportRaise(f, "db", "a debug register is accessed with DR7.GD", "x86:A5", [
    { place: placeIn(f, space, name), bits: BigInt(DR7_BITS.GD) },
  ], DR6_BITS.BD);
}

/** MOV DR4 or DR5 with CR4.DE. */
export function reportNoAlias(f: X86Frame): void {
  if (f.sink === null) return;
  reportRaise(f, "ud", "DR4 and DR5 are undefined with CR4.DE", "x86:A/1", [
    { place: placeIn(f, "guest", "CR4"), bits: BigInt(CR4_DE) },
  ]);
}

/** How a step is due, or why it is not. */
export interface StepDue {
  /** The shadow of MOV SS holds it. */
  readonly isHeld: boolean;
  /** By the TF that the instruction found, and it has changed RFLAGS. */
  readonly isBefore: boolean;
  /** Why it is not due although TF is set. */
  readonly unmet: Condition | undefined;
}

/** An instruction completed: a step is due with TF. */
export function reportStep(
  f: X86Frame,
  stepping: boolean,
  { isHeld, isBefore, unmet }: StepDue,
): void {
  if (stepping) {
    reportSingleStep(f, isHeld ? "x86:A7" : "x86:A6", isBefore);
  }
  if (f.sink?.compared === undefined) return;
  const missing = stepping
    ? undefined
    : unmet ?? flagCondition(f, "TF", 1, "x86:A6");
  reportStepCompared(f, missing);
}
