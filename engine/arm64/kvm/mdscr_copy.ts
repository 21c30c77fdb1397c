/**
 * MDSCR_EL1 and PSTATE.SS: kept away while KVM uses them, and given back.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import type { RuleId } from "../../events.ts";
import { VCPU } from "../blocks.ts";
import { REG } from "../registers/ids.ts";
import { MDSCR } from "../registers/mdscr.ts";
import { PSTATE } from "../registers/pstate.ts";
import type { KvmFrame } from "./kernel.ts";
import { placeOf, registerPlace, store64 } from "./trace.ts";

/** MDSCR_EL1.SS in the low word. */
export const MDSCR_SS: number = placed(MDSCR, "SS");
/** MDSCR_EL1.KDE in the low word. */
export const MDSCR_KDE: number = placed(MDSCR, "KDE");
/** MDSCR_EL1.MDE in the low word. */
export const MDSCR_MDE: number = placed(MDSCR, "MDE");
/** PSTATE.SS. */
export const PSTATE_SS: number = placed(PSTATE, "SS");

/** Replaces the low word of the guest's MDSCR_EL1, telling which rule forced it. */
export function forceMdscr(f: KvmFrame, lo: number, rule: RuleId): void {
  const at = f.vcpu + VCPU.mdscr;
  if (f.sink === null) {
    f.w[at] = lo;
    return;
  }
  store64(f, at, lo, f.w[at + 1], {
    cause: "force",
    to: registerPlace(f, "guest", REG.MDSCR_EL1),
    from: null,
    rule,
  });
}

/**
 * Keeps the guest's MDSCR_EL1, of which the kernel's copy has 32 bits, and its PSTATE.SS.
 * Rules arm64:B8, arm64:C1, arm64:E.1.4, arm64:E.1.9.
 */
export function keepMdscr(f: KvmFrame, rule: RuleId): void {
  const { w } = f;
  const at = f.vcpu + VCPU.savedMdscr;
  const lo = w[f.vcpu + VCPU.mdscr];
  if (f.sink === null) {
    w[at] = lo;
    w[at + 1] = 0;
  } else {
    store64(f, at, lo, 0, {
      cause: "save",
      to: placeOf(f, "kvm", "saved_mdscr_el1"),
      from: registerPlace(f, "guest", REG.MDSCR_EL1),
      rule,
    });
  }
  w[f.vcpu + VCPU.savedSs] = w[f.vcpu + VCPU.pstate] & PSTATE_SS;
  w[f.vcpu + VCPU.preserved] = 1;
}

/**
 * Gives the guest its MDSCR_EL1 back, the upper half lost.
 *
 * @param withSs PSTATE.SS is given back too
 */
export function giveMdscrBack(
  f: KvmFrame,
  { withSs, rule }: { withSs: boolean; rule: RuleId },
): void {
  const { w } = f;
  const at = f.vcpu + VCPU.mdscr;
  const lo = w[f.vcpu + VCPU.savedMdscr];
  const hi = w[f.vcpu + VCPU.savedMdscr + 1];
  if (f.sink === null) {
    w[at] = lo;
    w[at + 1] = hi;
  } else {
    store64(f, at, lo, hi, {
      cause: "restore",
      to: registerPlace(f, "guest", REG.MDSCR_EL1),
      from: placeOf(f, "kvm", "saved_mdscr_el1"),
      rule,
    });
  }
  if (withSs) {
    w[f.vcpu + VCPU.pstate] = (w[f.vcpu + VCPU.pstate] & ~PSTATE_SS) |
      w[f.vcpu + VCPU.savedSs];
  }
  w[f.vcpu + VCPU.preserved] = 0;
}
