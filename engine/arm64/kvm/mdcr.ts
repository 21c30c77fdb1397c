/**
 * MDCR_EL2 as KVM builds it for an entry.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { placed } from "../../layout.ts";
import { type Route, setPair } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { MDCR } from "../registers/mdscr.ts";
import type { KvmFrame } from "./kernel.ts";

const HPMN_MASK = placed(MDCR, "HPMN");
const TDE = placed(MDCR, "TDE");
const TDA = placed(MDCR, "TDA");

/** TPM, TPMCR, TDRA, TDOSA: what KVM trapped in 2015. Rule arm64:B8. */
export const TRAPS_2015: number = placed(MDCR, "TPM") | placed(MDCR, "TPMCR") |
  placed(MDCR, "TDRA") | placed(MDCR, "TDOSA");

/** The same with the SPE controls and TRFCR_EL1. Rule arm64:E.1.3. */
export const TRAPS_MAINLINE: number = TRAPS_2015 | placed(MDCR, "TPMS") |
  placed(MDCR, "TTRF");

const DECIDED: Route = { cause: "decide", to: ["kvm", "mdcr_el2"], from: null };

/**
 * Builds the vCPU's MDCR_EL2.
 *
 * @param trapsDebug TDA: every access to a debug register exits
 * @param rule what the events cite
 *
 * Rules arm64:B8, arm64:E.1.3, arm64:E.2.2, arm64:A.14.
 */
export function buildMdcr(
  f: KvmFrame,
  trapsDebug: boolean,
  rule: RuleId,
): void {
  let mdcr = (f.host.model.pmuCounters & HPMN_MASK) | f.kernel.mdcrTraps;
  if (f.w[f.vcpu + VCPU.guestDebug] !== 0) mdcr |= TDE;
  if (trapsDebug) mdcr |= TDA;
  setPair(f, f.vcpu + VCPU.mdcr, mdcr, 0, DECIDED, rule);
}
