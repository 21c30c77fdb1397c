/**
 * MDSCR_EL1 and PSTATE.SS: kept away while KVM uses them, and given back.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { placed } from "../../layout.ts";
import { type Route, setPair } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { MDSCR } from "../registers/mdscr.ts";
import type { KvmFrame } from "./kernel.ts";
import { PSTATE_SS } from "../hardware/software_step.ts";
import { giveSsBack } from "./step_flag.ts";

/** MDSCR_EL1.SS in the low word. */
export const MDSCR_SS: number = placed(MDSCR, "SS");
/** MDSCR_EL1.KDE in the low word. */
export const MDSCR_KDE: number = placed(MDSCR, "KDE");
/** MDSCR_EL1.MDE in the low word. */
export const MDSCR_MDE: number = placed(MDSCR, "MDE");

const FORCED: Route = {
  cause: "force",
  to: ["guest", "MDSCR_EL1"],
  from: null,
};
const KEPT: Route = {
  cause: "save",
  to: ["kvm", "saved_mdscr_el1"],
  from: ["guest", "MDSCR_EL1"],
};
const GIVEN_BACK: Route = {
  cause: "restore",
  to: ["guest", "MDSCR_EL1"],
  from: ["kvm", "saved_mdscr_el1"],
};

/** Replaces the low word of the guest's MDSCR_EL1, telling which rule forced it. */
export function forceMdscr(f: KvmFrame, lo: number, rule: RuleId): void {
  const at = f.vcpu + VCPU.mdscr;
  setPair(f, at, lo, f.w[at + 1], FORCED, rule);
}

/**
 * Keeps the guest's MDSCR_EL1, of which the kernel's copy has 32 bits, and its PSTATE.SS.
 * Rules arm64:B8, arm64:C1, arm64:E/1.4, arm64:E/1.9.
 */
export function keepMdscr(f: KvmFrame, rule: RuleId): void {
  const { w } = f;
  const lo = w[f.vcpu + VCPU.mdscr];
  setPair(f, f.vcpu + VCPU.savedMdscr, lo, 0, KEPT, rule);
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
  const lo = w[f.vcpu + VCPU.savedMdscr];
  const hi = w[f.vcpu + VCPU.savedMdscr + 1];
  setPair(f, f.vcpu + VCPU.mdscr, lo, hi, GIVEN_BACK, rule);
  if (withSs) giveSsBack(f, w[f.vcpu + VCPU.savedSs] !== 0, rule);
  w[f.vcpu + VCPU.preserved] = 0;
}
