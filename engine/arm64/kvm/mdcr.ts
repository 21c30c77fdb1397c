/**
 * MDCR_EL2: how KVM builds it, and when it writes it to the CPU.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { placed } from "../../layout.ts";
import { type Route, setPair } from "../../moves.ts";
import { copy64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import { MDCR } from "../registers/mdscr.ts";
import { type KvmFrame, runsAtEl2 } from "./kernel.ts";

const HPMN_MASK = placed(MDCR, "HPMN");
const TDE = placed(MDCR, "TDE");
const TDA = placed(MDCR, "TDA");
const TPMS = placed(MDCR, "TPMS");
const TTRF = placed(MDCR, "TTRF");

/** TPM, TPMCR, TDRA, TDOSA: always set. Rule arm64:B8. */
const TRAPS = placed(MDCR, "TPM") | placed(MDCR, "TPMCR") |
  placed(MDCR, "TDRA") | placed(MDCR, "TDOSA");

const DECIDED: Route = { cause: "decide", to: ["kvm", "mdcr_el2"], from: null };
const LOADED: Route = {
  cause: "load",
  to: ["cpu", "MDCR_EL2"],
  from: ["kvm", "mdcr_el2"],
};
const RESTORED: Route = {
  cause: "restore",
  to: ["cpu", "MDCR_EL2"],
  from: ["host", "MDCR_EL2"],
};

/**
 * Builds the vCPU's MDCR_EL2.
 *
 * @param trapsDebug TDA: every access to a debug register exits
 * @param rule what the events cite
 *
 * Rules arm64:B8, arm64:E/1.3, arm64:E/2.2, arm64:A/14, arm64:F24.
 */
export function buildMdcr(
  f: KvmFrame,
  trapsDebug: boolean,
  rule: RuleId,
): void {
  const { trapsSpe, trapsTraceFilter } = f.kernel;
  let mdcr = (f.host.model.pmuCounters & HPMN_MASK) | TRAPS;
  if (trapsSpe) mdcr |= TPMS;
  if (trapsTraceFilter) mdcr |= TTRF;
  if (f.w[f.vcpu + VCPU.guestDebug] !== 0) mdcr |= TDE;
  if (trapsDebug) mdcr |= TDA;
  // The CPU does not get it before the next vcpu_load.
  const isLate = staysLoaded(f) && !f.kernel.writesMdcrChanges &&
    f.w[f.cpu + CPU.mdcr] !== mdcr;
  const cited = isLate ? "arm64:F24" : rule;
  setPair(f, f.vcpu + VCPU.mdcr, mdcr, 0, DECIDED, cited);
}

/** The vCPU's MDCR_EL2 goes into the CPU. */
function load(f: KvmFrame, rule: RuleId): void {
  const at = f.vcpu + VCPU.mdcr;
  setPair(f, f.cpu + CPU.mdcr, f.w[at], f.w[at + 1], LOADED, rule);
}

function keepHost(f: KvmFrame): void {
  const to = f.cpu + CPU.hostMdcr;
  copy64(f.w, { to, from: f.cpu + CPU.mdcr });
}

function restoreHost(f: KvmFrame): void {
  const { w, kernel: { switchRules: { switchOut } } } = f;
  const at = f.cpu + CPU.hostMdcr;
  setPair(f, f.cpu + CPU.mdcr, w[at], w[at + 1], RESTORED, switchOut);
}

/** True if MDCR_EL2 stays in the CPU from vcpu_load to vcpu_put. Rule arm64:E/1.7. */
function staysLoaded(f: KvmFrame): boolean {
  return f.kernel.mdcrAtLoad && runsAtEl2(f);
}

/**
 * vcpu_load's part: with VHE the value that the vCPU has from before.
 *
 * Source: arch/arm64/kvm/hyp/switch.c, activate_traps_vhe_load(), 4.18 and 5.4. Rules arm64:E/1.7, arm64:F24.
 */
export function loadMdcr(f: KvmFrame): void {
  if (!staysLoaded(f)) return;
  keepHost(f);
  const { writesMdcrChanges, switchRules } = f.kernel;
  load(f, writesMdcrChanges ? switchRules.load : "arm64:F24");
}

/**
 * The entry's part, after the value was built. From 4.17 to 5.4 a VHE machine does nothing here, and the guest runs
 * under what vcpu_load found.
 *
 * Source: arch/arm64/kvm/debug.c, kvm_arm_setup_debug(), 5.4.1 and 5.4.38. Rules arm64:E/1.7, arm64:F9, arm64:F24.
 */
export function enterMdcr(f: KvmFrame): void {
  if (!staysLoaded(f)) keepHost(f);
  else if (!f.kernel.writesMdcrChanges) return;
  load(f, f.kernel.switchRules.enter);
}

/** The exit's part. */
export function leaveMdcr(f: KvmFrame): void {
  if (!staysLoaded(f)) restoreHost(f);
}

/** vcpu_put's part. Source: arch/arm64/kvm/hyp/switch.c, deactivate_traps_vhe_put(), 4.18. */
export function putMdcr(f: KvmFrame): void {
  if (staysLoaded(f)) restoreHost(f);
}
