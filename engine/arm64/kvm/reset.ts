/**
 * Reset of a vCPU.
 *
 * @module
 */
import { VCPU_BASE } from "../../rules.ts";
import { get64, set64 } from "../../word64.ts";
import { PAIRS_MAX, VCPU } from "../blocks.ts";
import { type RegisterRoute, reportRegister } from "../moves.ts";
import { KIND, NUMBERED_MAX, numberedId, REG } from "../registers/ids.ts";
import type { KvmFrame } from "./kernel.ts";
import { OSLSR_RESET } from "./os_lock.ts";

/** PSTATE that KVM resets to: EL1h, DAIF masked. */
const PSTATE_RESET = 0x3c5;

/** FAR_EL1 that KVM resets to, as recorded. */
const FAR_RESET = 0x1de7_ec7e_dbad_c0den;

const RESET: RegisterRoute = { cause: "reset", to: "guest", from: null };

/** What KVM_ARM_VCPU_INIT and a new vCPU hold. Rules arm64:A/15, arm64:W11. */
export function resetVcpu(f: KvmFrame): void {
  const { w } = f;
  // A kernel that has lost the numbers resets number 0 as often as there are registers. Rules arm64:F1, arm64:F25.
  const count = f.kernel.aliasesNumber0 ? 1 : PAIRS_MAX;
  for (const kind of [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr]) {
    const at = f.vcpu + VCPU.guest + 2 * numberedId(kind, 0);
    w.fill(0, at, at + 2 * count);
  }
  for (
    const at of [
      VCPU.mdscr,
      VCPU.mdccint,
      VCPU.contextidr,
      VCPU.dbgvcr32,
      VCPU.elr,
      VCPU.esr,
    ]
  ) set64(w, f.vcpu + at, 0n);
  set64(w, f.vcpu + VCPU.oslsr, BigInt(OSLSR_RESET));
  w[f.vcpu + VCPU.pstate] = PSTATE_RESET;
  w[f.vcpu + VCPU.spsr] = 0;
  set64(w, f.vcpu + VCPU.farEl1, FAR_RESET);
  w[f.vcpu + VCPU_BASE.inHandler] = 0;
  w[f.vcpu + VCPU_BASE.stopped] = 0;
  w[f.vcpu + VCPU.incrementPc] = 0;
  w[f.vcpu + VCPU.pendingUndef] = 0;
  // HCR_EL2 as a whole; what the GIC has pending stays.
  w[f.vcpu + VCPU.serror] = 0;
  w[f.vcpu + VCPU.mmioPending] = 0;
  set64(w, f.vcpu + VCPU.mmioNext, 0n);
  w[f.vcpu + VCPU.debugPtr] = 0;
}

/** Registers that exist once and that a reset changes, where the vCPU block has them. */
const RESET_ONCE: readonly (readonly [register: number, at: number])[] = [
  [REG.MDSCR_EL1, VCPU.mdscr],
  [REG.MDCCINT_EL1, VCPU.mdccint],
  [REG.CONTEXTIDR_EL1, VCPU.contextidr],
  [REG.OSLSR_EL1, VCPU.oslsr],
];

/** Runs a reset of the vCPU and reports what it changed. Rule arm64:A/15. */
export function reportReset(f: KvmFrame, reset: () => void): void {
  const { w } = f;
  if (f.sink === null) return reset();
  const before = w.slice(f.vcpu, f.vcpu + VCPU.words);
  reset();
  const report = (register: number, at: number): void => {
    const old = get64(before, at);
    const value = get64(w, f.vcpu + at);
    reportRegister(f, old, value, RESET, register, "arm64:A/15");
  };
  for (let id = 0; id < NUMBERED_MAX; id++) report(id, VCPU.guest + 2 * id);
  for (const [register, at] of RESET_ONCE) report(register, at);
}
