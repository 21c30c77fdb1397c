/**
 * Debug registers with an owner, decided when the vCPU is loaded on a CPU: none, the host, or the guest.
 * Since 6.14.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { type Move, type Route, setPair, setWord } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { DebugSwitch, KvmFrame } from "./kernel.ts";
import { buildMdcr } from "./mdcr.ts";
import { MDSCR_KDE, MDSCR_MDE, MDSCR_SS } from "./mdscr_copy.ts";
import { osLocked } from "./os_lock.ts";
import { debugs, inDebugSet } from "./pointer_switch.ts";
import { PSTATE_SS } from "../hardware/software_step.ts";
import { forceSs, giveSsBack } from "./step_flag.ts";

/** `vcpu_debug_owner`. Rule arm64:E/2.1. */
export const OWNER = { free: 0, host: 1, guest: 2 } as const;

const OWNER_DECIDED: Route = {
  cause: "decide",
  to: ["kvm", "owner"],
  from: null,
};
const EXTERNAL_MDSCR: Move = {
  cause: "force",
  to: ["external", "MDSCR_EL1"],
  from: ["guest", "MDSCR_EL1"],
  rule: "arm64:E/2.5",
};

/** Decides who owns the debug registers, and MDCR_EL2.TDA with it: accesses exit unless the guest owns them. */
function setOwner(f: KvmFrame, owner: number, rule: RuleId): void {
  setWord(f, f.vcpu + VCPU.owner, owner, OWNER_DECIDED, rule);
  // Rule arm64:E/2.2.
  buildMdcr(f, owner !== OWNER.guest, "arm64:E/2.2");
}

/** The MDSCR_EL1 that is loaded while the host owns the registers. Rule arm64:E/2.5. */
function setupExternalMdscr(f: KvmFrame): void {
  const { w } = f;
  let mdscr = w[f.vcpu + VCPU.mdscr] & ~(MDSCR_SS | MDSCR_MDE | MDSCR_KDE);
  if (debugs(f, GUESTDBG.SINGLESTEP)) mdscr |= MDSCR_SS;
  if (debugs(f, GUESTDBG.USE_HW)) mdscr |= MDSCR_MDE | MDSCR_KDE;
  const at = f.vcpu + VCPU.externalMdscr;
  const hi = w[f.vcpu + VCPU.mdscr + 1];
  setPair(f, at, mdscr, hi, EXTERNAL_MDSCR);
}

/** Bit of VCPU.activePending: the host's own step was pending when it was put away. */
const HOST_PENDING = 1;
/** Bit of VCPU.activePending: the guest's PSTATE.SS was 0. */
const GUEST_PENDING = 2;

/** The host steps: its step state goes in, the guest's is remembered. Rule arm64:E/2.6. */
function stealStep(f: KvmFrame): void {
  const { w } = f;
  const pstate = w[f.vcpu + VCPU.pstate];
  let pending = w[f.vcpu + VCPU.activePending] & HOST_PENDING;
  forceSs(f, pending === 0, f.kernel.switchRules.step);
  if ((pstate & PSTATE_SS) === 0) pending |= GUEST_PENDING;
  w[f.vcpu + VCPU.activePending] = pending;
}

function giveStepBack(f: KvmFrame): void {
  const { w } = f;
  const pstate = w[f.vcpu + VCPU.pstate];
  const guest = w[f.vcpu + VCPU.activePending] & GUEST_PENDING;
  w[f.vcpu + VCPU.activePending] = guest |
    ((pstate & PSTATE_SS) === 0 ? HOST_PENDING : 0);
  giveSsBack(f, guest === 0, f.kernel.switchRules.step);
}

/** vcpu_load's part. Rules arm64:E/2.1, arm64:E/2.5, arm64:E/2.6. */
function vcpuLoad(f: KvmFrame): void {
  const { w } = f;
  const { dirty } = f.kernel.switchRules;
  if (w[f.vcpu + VCPU.guestDebug] !== 0 || osLocked(f)) {
    setupExternalMdscr(f);
    if (debugs(f, GUESTDBG.SINGLESTEP)) stealStep(f);
    setOwner(f, OWNER.host, dirty);
  } else if ((w[f.vcpu + VCPU.mdscr] & (MDSCR_KDE | MDSCR_MDE)) !== 0) {
    setOwner(f, OWNER.guest, dirty);
  } else {
    setOwner(f, OWNER.free, dirty);
  }
}

/** vcpu_put's part. Rules arm64:E/2.4, arm64:E/2.6. */
function vcpuPut(f: KvmFrame): void {
  if (debugs(f, GUESTDBG.SINGLESTEP)) giveStepBack(f);
}

/** The behaviour. Rules arm64:E/2.1-E/2.9. */
export const ownerSwitch: DebugSwitch = {
  clearsAfterHandling: false,
  firstRun: () => {},
  vcpuLoad,
  vcpuPut,
  setup: () => {},
  clear: () => {},
  switches: (f) => f.w[f.vcpu + VCPU.owner] !== OWNER.free,
  selected: (f) =>
    f.w[f.vcpu + VCPU.owner] === OWNER.host ? VCPU.external : VCPU.guest,
  loadedMdscr: (f) =>
    f.w[f.vcpu + VCPU.owner] === OWNER.host ? VCPU.externalMdscr : VCPU.mdscr,
  switchedOut: () => {},
  accessedBank: () => VCPU.guest,
  accessedMdscr: () => VCPU.mdscr,
  /** Rule arm64:E/2.3: read or write, the first access makes the registers the guest's. */
  accessed(f, { register }) {
    if (inDebugSet(register) && f.w[f.vcpu + VCPU.owner] === OWNER.free) {
      setOwner(f, OWNER.guest, f.kernel.switchRules.accessed);
    }
  },
  /** Rule arm64:E/2.7: put and load, so that the owner is decided again. */
  lockWritten(f) {
    vcpuPut(f);
    vcpuLoad(f);
  },
  /** Source: arch/arm64/kvm/guest.c, kvm_arch_vcpu_ioctl_set_guest_debug(), 6.14.0. */
  debugOff(f) {
    f.w[f.vcpu + VCPU.activePending] &= ~HOST_PENDING;
  },
  /** The step was taken: the next entry starts a new one. */
  stepExit(f) {
    forceSs(f, true, "arm64:E/1.11");
  },
  /** What `giveStepBack` will leave. Rule arm64:E/2.6. */
  returnedPstate(f) {
    const { w } = f;
    const pstate = w[f.vcpu + VCPU.pstate];
    if (!debugs(f, GUESTDBG.SINGLESTEP)) return pstate;
    return (w[f.vcpu + VCPU.activePending] & GUEST_PENDING) === 0
      ? pstate | PSTATE_SS
      : pstate & ~PSTATE_SS;
  },
};
