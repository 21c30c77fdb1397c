/**
 * MDCR_EL2: how KVM builds it, and when it writes it to the CPU.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { placed } from "../../layout.ts";
import { copy64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import { REG } from "../registers/ids.ts";
import { MDCR } from "../registers/mdscr.ts";
import type { KvmFrame } from "./kernel.ts";
import { placeOf, registerPlace, store64 } from "./trace.ts";

const HPMN_MASK = placed(MDCR, "HPMN");
const TDE = placed(MDCR, "TDE");
const TDA = placed(MDCR, "TDA");

const TPMS = placed(MDCR, "TPMS");
const TTRF = placed(MDCR, "TTRF");

/** TPM, TPMCR, TDRA, TDOSA: always set. Rule arm64:B8. */
const TRAPS = placed(MDCR, "TPM") | placed(MDCR, "TPMCR") |
  placed(MDCR, "TDRA") | placed(MDCR, "TDOSA");

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
  const { w } = f;
  const { trapsSpe, trapsTraceFilter } = f.kernel;
  let mdcr = (f.host.model.pmuCounters & HPMN_MASK) | TRAPS;
  if (trapsSpe) mdcr |= TPMS;
  if (trapsTraceFilter) mdcr |= TTRF;
  if (w[f.vcpu + VCPU.guestDebug] !== 0) mdcr |= TDE;
  if (trapsDebug) mdcr |= TDA;
  const at = f.vcpu + VCPU.mdcr;
  if (f.sink === null) {
    w[at] = mdcr;
    w[at + 1] = 0;
  } else {
    store64(f, at, mdcr, 0, {
      cause: "decide",
      to: placeOf(f, "kvm", "mdcr_el2"),
      from: null,
      rule,
    });
  }
}

/** The vCPU's MDCR_EL2 goes into the CPU. */
function load(f: KvmFrame, rule: RuleId): void {
  const { w } = f;
  const from = f.vcpu + VCPU.mdcr;
  const to = f.cpu + CPU.mdcr;
  if (f.sink === null) {
    copy64(w, { to, from, count: 1 });
    return;
  }
  store64(f, to, w[from], w[from + 1], {
    cause: "load",
    to: registerPlace(f, "cpu", REG.MDCR_EL2),
    from: placeOf(f, "kvm", "mdcr_el2"),
    rule,
  });
}

function keepHost(f: KvmFrame): void {
  const to = f.cpu + CPU.hostMdcr;
  copy64(f.w, { to, from: f.cpu + CPU.mdcr, count: 1 });
}

function restoreHost(f: KvmFrame): void {
  const { w } = f;
  const from = f.cpu + CPU.hostMdcr;
  const to = f.cpu + CPU.mdcr;
  if (f.sink === null) {
    copy64(w, { to, from, count: 1 });
    return;
  }
  store64(f, to, w[from], w[from + 1], {
    cause: "restore",
    to: registerPlace(f, "cpu", REG.MDCR_EL2),
    from: registerPlace(f, "host", REG.MDCR_EL2),
    rule: f.kernel.switchRules.switchOut,
  });
}

/** True if MDCR_EL2 stays in the CPU from vcpu_load to vcpu_put. Rule arm64:E.1.7. */
function staysLoaded(f: KvmFrame): boolean {
  return f.kernel.mdcrAtLoad && f.host.model.vhe;
}

/**
 * vcpu_load's part: with VHE the value that the vCPU has from before.
 *
 * Source: arch/arm64/kvm/hyp/switch.c, activate_traps_vhe_load(), 4.18 and 5.4. Rule arm64:E.1.7.
 */
export function loadMdcr(f: KvmFrame): void {
  if (!staysLoaded(f)) return;
  keepHost(f);
  load(f, f.kernel.switchRules.load);
}

/**
 * The entry's part, after the value was built. From 4.17 to 5.4 a VHE machine does nothing here, and the guest runs
 * under what vcpu_load found.
 *
 * Source: arch/arm64/kvm/debug.c, kvm_arm_setup_debug(), 5.4.1 and 5.4.38. Rules arm64:E.1.7, arm64:F9.
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
