/**
 * What a comparison of the CPU means for a breakpoint of the guest's or of userspace's: first what keeps that
 * breakpoint out of the CPU, then what the CPU found.
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
import type { RuleId, Space } from "../../events.ts";
import { placeIn } from "../../moves.ts";
import { get64, MAX64 } from "../../word64.ts";
import { CPU, VCPU, VM } from "../blocks.ts";
import { bankAt } from "../hardware/register_file.ts";
import { noSuchNumber, unitRegisters } from "../hardware/units.ts";
import { registerPlace } from "../moves.ts";
import { ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { KIND, type Kind, numberedId, REG } from "../registers/ids.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";
import { OSLK, osLocked } from "./os_lock.ts";
import { ownerSwitch } from "./owner_switch.ts";

/** One flag of guest_debug is missing, or, with `flag` ENABLE and not wanted, is there. */
function guestDebug(
  f: KvmFrame,
  flag: Exclude<keyof typeof GUESTDBG, "USE_SW_BP">,
  needed: string,
  rule: RuleId,
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

/** The guest holds its OS lock, and the kernel keeps it. Rule arm64:A/7.1. */
function lockCondition(f: KvmFrame): Condition | undefined {
  if (!osLocked(f)) return undefined;
  return {
    place: registerPlace(f, "guest", REG.OSLSR_EL1),
    field: "OSLK",
    bits: BigInt(OSLK),
    value: 1n,
    needed: "0",
    rule: "arm64:A/7.1",
  };
}

/** Where the set of the guest's own is: another place than the CPU where userspace's is in use. */
function ownSet(
  f: KvmFrame,
): { readonly offset: number; readonly space: Space } {
  const { debugSwitch } = f.kernel;
  if (debugSwitch.accessedBank(f) === VCPU.shadow) {
    return { offset: f.vcpu + VCPU.shadow, space: "shadow" };
  }
  return f.w[f.cpu + CPU.switched] !== 0 &&
      debugSwitch.selected(f) === VCPU.guest
    ? { offset: f.cpu + CPU.hw, space: "cpu" }
    : { offset: f.vcpu + VCPU.guest, space: "guest" };
}

/** Userspace's set, and not the guest's, is what the CPU gets. */
function userspaceOwns(f: KvmFrame): boolean {
  const { debugSwitch } = f.kernel;
  return f.w[f.vcpu + VCPU.guestDebug] !== 0 &&
    (debugSwitch.selected(f) !== VCPU.guest ||
      debugSwitch.accessedBank(f) === VCPU.shadow);
}

/** No set was loaded at the entry: DIRTY was clear, or the registers have no owner. */
function unloaded(f: KvmFrame): Condition | undefined {
  if (f.w[f.cpu + CPU.switched] !== 0) return undefined;
  const { switchRules: { switchIn: rule }, debugSwitch } = f.kernel;
  const hasOwner = debugSwitch === ownerSwitch;
  const name = hasOwner ? "owner" : "dirty";
  const at = f.vcpu + (hasOwner ? VCPU.owner : VCPU.dirty);
  return {
    place: placeIn(f, "kvm", name),
    field: undefined,
    bits: MAX64,
    value: BigInt(f.w[at]),
    needed: hasOwner
      ? "2, the guest: KVM did not load the registers into the CPU"
      : "1: KVM did not load the registers into the CPU",
    rule,
  };
}

/** Conditions of the guest's own exceptions that are KVM's. */
function guestCondition(
  f: KvmFrame,
  owned: boolean,
  rule: RuleId = f.kernel.switchRules.setup,
): Condition | undefined {
  const locked = lockCondition(f);
  if (locked) return locked;
  if (!owned) return undefined;
  return guestDebug(
    f,
    "ENABLE",
    "0: while userspace debugs, its values are in the CPU and not the guest's",
    rule,
  );
}

/** The CPU's own condition, with the load before those of a single breakpoint. */
function afterLoad(
  f: KvmFrame,
  { unmet, isGeneral }: CpuComparison,
): Condition | undefined {
  // What fired is in the CPU: until 5.14 a first entry lets the guest write the CPU's registers.
  if (unmet === undefined || isGeneral) return unmet;
  return unloaded(f) ?? unmet;
}

/** Numbers that the guest was given. */
function guestCount(f: KvmFrame, control: Kind): number {
  const dfr0 = get64(f.w, f.vm + VM.dfr0);
  const field = control === KIND.bcr ? "BRPs" : "WRPs";
  return Number(ID_AA64DFR0.get(dfr0, field)) + 1;
}

function hostCount({ host }: KvmFrame, control: Kind): number {
  return control === KIND.bcr ? host.brps : host.wrps;
}

/** A breakpoint or watchpoint, by its owner's number. */
function ofSlot(
  f: KvmFrame,
  { subject, owner, number }: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  if (
    c.unit !== subject || (subject !== "breakpoint" && subject !== "watchpoint")
  ) {
    return undefined;
  }
  const { control, value } = unitRegisters(subject);
  const isGuests = owner === "guest";
  const count = isGuests ? guestCount(f, control) : hostCount(f, control);
  if (number >= count) {
    // Once for each access.
    return c.number === 0
      ? {
        ...NO_ADDRESS,
        unmet: noSuchNumber(
          subject,
          isGuests ? "the guest" : "the machine",
          count,
        ),
      }
      : undefined;
  }
  const physical = isGuests
    ? f.kernel.numbering.guestSlot(f, control, number)
    : number;
  if (physical !== c.number) return undefined;
  const set = isGuests
    ? ownSet(f)
    : { offset: f.vcpu + VCPU.external, space: "external" as const };
  const aimed = get64(f.w, bankAt(set.offset, value, physical));
  const before = isGuests
    ? guestCondition(f, userspaceOwns(f))
    : userCondition(f, "USE_HW");
  return {
    unmet: before ?? afterLoad(f, c),
    aim: registerPlace(f, set.space, numberedId(value, physical)),
    gapBytes: before === undefined && c.isThere ? 0n : gap(c, aimed),
    suits: true,
  };
}

/** Flags that userspace has to give. Rule arm64:B3. */
function userCondition(
  f: KvmFrame,
  flag: "USE_HW" | "SINGLESTEP",
): Condition | undefined {
  const missing = missingFlag(f.w[f.vcpu + VCPU.guestDebug], GUESTDBG, flag);
  return missing && guestDebug(f, missing, "1", "arm64:B3");
}

/** The rule by which MDSCR_EL1.SS is KVM's while userspace debugs: mainline has one of its own until 6.13. */
function stepRule({ kernel }: KvmFrame): RuleId {
  const { setup } = kernel.switchRules;
  return setup === "arm64:E/1.5" ? "arm64:E/1.4" : setup;
}

function ofStep(
  f: KvmFrame,
  { owner }: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  if (c.unit !== "step") return undefined;
  const before = owner === "user"
    ? userCondition(f, "SINGLESTEP")
    : guestCondition(f, f.w[f.vcpu + VCPU.guestDebug] !== 0, stepRule(f));
  return { ...NO_ADDRESS, unmet: before ?? c.unmet };
}

/** Userspace has enabled a breakpoint or watchpoint. */
function isArmed(f: KvmFrame, kind: Kind, number: number): boolean {
  return (f.w[bankAt(f.vcpu + VCPU.external, kind, number)] & 1) !== 0;
}

function armsAny(f: KvmFrame): boolean {
  for (let n = 0; n < Math.max(f.host.brps, f.host.wrps); n++) {
    if (isArmed(f, KIND.bcr, n) || isArmed(f, KIND.wcr, n)) return true;
  }
  return false;
}

/** KVM_EXIT_DEBUG: what userspace has asked for, in turn. Rules arm64:B3, arm64:B15. */
function ofExit(f: KvmFrame, c: CpuComparison): Verdict | undefined {
  const control = f.w[f.vcpu + VCPU.guestDebug];
  if ((control & GUESTDBG.ENABLE) === 0) {
    return { unmet: guestDebug(f, "ENABLE", "1", "arm64:B3"), ...NO_ADDRESS };
  }
  if ((control & GUESTDBG.SINGLESTEP) !== 0) {
    return c.unit === "step" ? { unmet: c.unmet, ...NO_ADDRESS } : undefined;
  }
  if ((control & GUESTDBG.USE_HW) !== 0 && armsAny(f)) {
    if (c.unit !== "breakpoint" && c.unit !== "watchpoint") return undefined;
    if (!isArmed(f, unitRegisters(c.unit).control, c.number)) return undefined;
    return ofSlot(f, {
      vcpu: 0,
      subject: c.unit,
      owner: "user",
      number: c.number,
    }, c);
  }
  if (c.unit !== "step") return undefined;
  if ((control & GUESTDBG.USE_HW) !== 0) {
    const unmet = fact(
      "userspace has enabled no breakpoint and no watchpoint",
      "arm64:B3",
    );
    return { unmet, ...NO_ADDRESS };
  }
  return {
    unmet: (control & GUESTDBG.USE_SW_BP) === 0
      ? guestDebug(f, "SINGLESTEP", "1, or USE_HW or USE_SW_BP", "arm64:B3")
      : fact("the instruction is not BRK", "arm64:B15"),
    ...NO_ADDRESS,
  };
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
    case "watchpoint":
      return ofSlot(f, question, c);
    case "step":
      return ofStep(f, question, c);
    case "exit":
      return ofExit(f, c);
    case "trap":
      return c.unit === "trap" ? { ...NO_ADDRESS, unmet: c.unmet } : undefined;
    default:
      return subject satisfies never;
  }
}
