/**
 * What a comparison of the CPU means for a breakpoint of the guest's or of userspace's: first by the owner's own
 * registers, then what keeps them out of the CPU, then what the CPU found.
 *
 * @module
 */
import {
  type Condition,
  type CpuComparison,
  fact,
  gap,
  guestDebugCondition,
  missingFlag,
  NO_ADDRESS,
  type UnmetQuestion,
  type Verdict,
} from "../../comparison.ts";
import { placeIn } from "../../moves.ts";
import { get64, highWord, lowWord, MAX64, unsigned } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import {
  type Accessed,
  comparedBytes,
  type Compares,
  physical,
  slotCondition,
  slotUnmet,
} from "../hardware/comparisons.ts";
import { accessBit } from "../hardware/mov_dr.ts";
import { slotEnabled } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { UNMET } from "../hardware/unmet.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";
import { usesHwBp } from "./state.ts";

/** A flag of guest_debug that is not as it would have to be. */
function guestDebug(
  f: KvmFrame,
  flag: "ENABLE" | "SINGLESTEP" | "USE_HW_BP",
  needed: string,
  rule: "x86:D/9" | "x86:B29" | "x86:D33",
): Condition {
  return guestDebugCondition({
    place: placeIn(f, "kvm", "guest_debug"),
    control: f.w[f.vcpu + VCPU.guestDebug],
    field: flag,
    bit: GUESTDBG[flag],
    needed,
    rule,
  });
}

/** The guest's own registers: KVM's copy while DR accesses exit, else the CPU's. */
function guestsOwn(f: KvmFrame): Compares {
  const { w, vcpu } = f;
  return (w[vcpu + VCPU.vmDrAccesses] & accessBit(0, false)) === 0
    ? physical(f)
    : {
      dr: vcpu + VCPU.db,
      dr7: w[vcpu + VCPU.dr7],
      drIn: ["guest", "DR"],
      dr7In: ["guest", "DR7"],
    };
}

/** Userspace's, as its last KVM_SET_GUEST_DEBUG gave them. */
function userspaces(f: KvmFrame): Compares {
  const { w, vcpu } = f;
  return {
    dr: vcpu + VCPU.effDb,
    dr7: w[vcpu + VCPU.guestDebugDr7],
    drIn: ["kvm", "eff_db"],
    dr7In: ["kvm", "guest_debug_dr7"],
  };
}

/** The CPU's register that does not hold what the owner has; undefined if both hold it. */
function notLoaded(
  f: KvmFrame,
  own: Compares,
  n: number,
): Condition | undefined {
  const { w, cpu } = f;
  const held = get64(w, cpu + CPU.dr + 2 * n);
  const wanted = get64(w, own.dr + 2 * n);
  const differs = held !== wanted;
  if (!differs && slotEnabled(w[cpu + CPU.dr7], n)) return undefined;
  const value = differs ? held : unsigned(w[cpu + CPU.dr7]);
  const name = differs ? `DR${n}` : "DR7";
  const needs = differs ? wanted : unsigned(own.dr7);
  return {
    place: placeIn(f, "cpu", name),
    field: undefined,
    bits: MAX64,
    value,
    needed: `0x${needs.toString(16)}: KVM did not load it into the CPU`,
    rule: differs ? "x86:C/4" : "x86:A/6",
  };
}

/** Flags that userspace has to give. Rule x86:D/9. */
function userCondition(
  f: KvmFrame,
  flag: "USE_HW_BP" | "SINGLESTEP",
): Condition | undefined {
  const missing = missingFlag(f.w[f.vcpu + VCPU.guestDebug], GUESTDBG, flag);
  return missing && guestDebug(f, missing, "1", "x86:D/9");
}

/** A slot of the guest's or of userspace's. */
function ofSlot(
  f: KvmFrame,
  { owner, number }: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  if (c.number !== number) return undefined;
  const isGuests = owner === "guest";
  const own = isGuests ? guestsOwn(f) : userspaces(f);
  const before = isGuests ? undefined : userCondition(f, "USE_HW_BP");
  const accessed: Accessed = {
    lo: lowWord(c.address),
    hi: highWord(c.address),
    sizeBytes: c.sizeBytes,
    access: c.access,
  };
  const unmet = slotUnmet(f, own, number, accessed);
  const aimed = get64(f.w, own.dr + 2 * number);
  const fires = unmet === UNMET.none;
  const bytes = comparedBytes(f, own.dr7, number, c.access);
  return {
    unmet: before ??
      slotCondition(f, own, number, accessed, unmet) ??
      ownedByUser(f, isGuests) ??
      (c.unmet === undefined
        ? undefined
        : notLoaded(f, own, number) ?? c.unmet),
    aim: placeIn(f, own.drIn[0], `${own.drIn[1]}${number}`),
    gapBytes: fires ? 0n : gap(c, aimed & ~BigInt(bytes - 1), bytes),
    suits: unmet !== UNMET.type,
  };
}

/** While userspace uses the hardware breakpoints, the guest's are not in the CPU. Rule x86:B29. */
function ownedByUser(f: KvmFrame, isGuests: boolean): Condition | undefined {
  return isGuests && usesHwBp(f)
    ? guestDebug(
      f,
      "USE_HW_BP",
      "0: with it userspace's breakpoints are in the CPU, and not the guest's",
      "x86:B29",
    )
    : undefined;
}

function ofStep(
  f: KvmFrame,
  { owner }: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  if (c.unit !== "step") return undefined;
  const debugs = GUESTDBG.SINGLESTEP | GUESTDBG.USE_HW_BP;
  const control = f.w[f.vcpu + VCPU.guestDebug];
  const flag = (control & GUESTDBG.SINGLESTEP) !== 0
    ? "SINGLESTEP"
    : "USE_HW_BP";
  const before = owner === "user" ? userCondition(f, "SINGLESTEP") : undefined;
  const after = owner === "guest" && c.unmet === undefined &&
      (control & debugs) !== 0
    ? guestDebug(
      f,
      flag,
      "0: with it every #DB goes to userspace, and none to the guest",
      "x86:D33",
    )
    : undefined;
  return { ...NO_ADDRESS, unmet: before ?? c.unmet ?? after };
}

/** KVM_EXIT_DEBUG: what userspace has asked for, in turn. Rules x86:D/9, x86:D/10. */
function ofExit(
  f: KvmFrame,
  question: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  const control = f.w[f.vcpu + VCPU.guestDebug];
  if ((control & GUESTDBG.ENABLE) === 0) {
    return { unmet: guestDebug(f, "ENABLE", "1", "x86:D/9"), ...NO_ADDRESS };
  }
  if ((control & GUESTDBG.SINGLESTEP) !== 0) {
    return c.unit === "step" ? { unmet: c.unmet, ...NO_ADDRESS } : undefined;
  }
  const dr7 = f.w[f.vcpu + VCPU.guestDebugDr7];
  if (usesHwBp(f) && hasEnabled(dr7)) {
    if (c.number < 0 || !slotEnabled(dr7, c.number)) return undefined;
    return ofSlot(f, { ...question, owner: "user", number: c.number }, c);
  }
  if (c.unit !== "step") return undefined;
  if (usesHwBp(f)) {
    return {
      unmet: fact("userspace has enabled no breakpoint", "x86:D/9"),
      ...NO_ADDRESS,
    };
  }
  return {
    unmet: (control & GUESTDBG.USE_SW_BP) === 0
      ? guestDebug(f, "SINGLESTEP", "1, or USE_HW_BP or USE_SW_BP", "x86:D/9")
      : fact("the instruction is not INT3", "x86:D/10"),
    ...NO_ADDRESS,
  };
}

function hasEnabled(dr7: number): boolean {
  for (let n = 0; n < SLOTS; n++) if (slotEnabled(dr7, n)) return true;
  return false;
}

/** What a comparison means for a question; undefined if it has nothing to do with it. */
export function verdict(
  f: KvmFrame,
  question: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  const { subject } = question;
  switch (subject) {
    case "breakpoint":
      return ofSlot(f, question, c);
    case "watchpoint":
      return c.unit === "watchpoint" ? ofSlot(f, question, c) : undefined;
    case "step":
      return ofStep(f, question, c);
    case "exit":
      return ofExit(f, question, c);
    case "trap":
      return c.unit === "trap" ? { ...NO_ADDRESS, unmet: c.unmet } : undefined;
    default:
      return subject satisfies never;
  }
}
