/**
 * Debug registers that a pointer selects: userspace's values have a set of their own, `debug_ptr` says which set
 * the world switch loads, and DIRTY says whether it does. From the 2015 series to 6.13.
 *
 * @module
 */
import { type Route, setWord } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { NUMBERED_MAX, REG } from "../registers/ids.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { DebugSwitch, KvmFrame } from "./kernel.ts";
import { buildMdcr } from "./mdcr.ts";
import {
  forceMdscr,
  giveMdscrBack,
  keepMdscr,
  MDSCR_KDE,
  MDSCR_MDE,
  MDSCR_SS,
} from "./mdscr_copy.ts";
import { osLocked } from "./os_lock.ts";
import { PSTATE_SS } from "../hardware/software_step.ts";
import { forceSs } from "./step_flag.ts";

/** DIRTY is set or cleared. */
export const DIRTY: Route = {
  cause: "decide",
  to: ["kvm", "dirty"],
  from: null,
};
const DEBUG_PTR: Route = {
  cause: "decide",
  to: ["kvm", "debug_ptr"],
  from: null,
};

/** True if the last KVM_SET_GUEST_DEBUG had the flag. */
export function debugs(f: KvmFrame, flag: number): boolean {
  return (f.w[f.vcpu + VCPU.guestDebug] & flag) !== 0;
}

/** True for the registers whose trapped write makes the set dirty: numbered ones, MDSCR_EL1, MDCCINT_EL1. */
export function inDebugSet(register: number): boolean {
  return register < NUMBERED_MAX || register === REG.MDSCR_EL1 ||
    register === REG.MDCCINT_EL1;
}

// Constants of this module: what is imported costs look-ups at each access.
const { guest: GUEST, mdscr: MDSCR_AT } = VCPU;

/** Guest debug or the guest's OS lock: KVM changes MDSCR_EL1 for the time of the entry. */
function borrows(f: KvmFrame): boolean {
  return f.w[f.vcpu + VCPU.guestDebug] !== 0 || osLocked(f);
}

/** Sets PSTATE.SS for userspace's single step; its caller has set MDSCR_EL1.SS. */
function step(f: KvmFrame): void {
  const pending = f.kernel.tracksPending &&
    f.w[f.vcpu + VCPU.activePending] !== 0;
  forceSs(f, !pending, f.kernel.switchRules.step);
}

/**
 * Builds MDCR_EL2. TDA is decided before MDE and KDE make the set dirty: only a trapped write untraps. Rules
 * arm64:E/1.3, arm64:E/1.6, arm64:D4.
 */
function decideMdcr(f: KvmFrame): void {
  const { numbering, switchRules } = f.kernel;
  const trapsAlways = numbering.trapsAlways(f);
  buildMdcr(
    f,
    f.w[f.vcpu + VCPU.dirty] === 0 || debugs(f, GUESTDBG.USE_HW) ||
      osLocked(f) || trapsAlways,
    trapsAlways ? "arm64:D4" : switchRules.mdcr,
  );
}

/** The behaviour. Rules arm64:B8-B14, arm64:E/1.3-E/1.10. */
export const pointerSwitch: DebugSwitch = {
  clearsAfterHandling: false,
  /** Source: arch/arm64/kvm/debug.c, kvm_arm_vcpu_init_debug(), 5.14.2. Rule arm64:F9. */
  firstRun(f) {
    if (f.kernel.initialMdcr) decideMdcr(f);
  },
  vcpuLoad: () => {},
  vcpuPut: () => {},
  setup(f) {
    const { w } = f;
    const { forcedMdscr, switchRules: rules } = f.kernel;
    decideMdcr(f);
    if (borrows(f)) {
      keepMdscr(f, rules.setup);
      let mdscr = w[f.vcpu + VCPU.mdscr];
      if (debugs(f, GUESTDBG.SINGLESTEP)) {
        step(f);
        mdscr |= MDSCR_SS;
      } else {
        mdscr &= ~MDSCR_SS;
      }
      if (debugs(f, GUESTDBG.USE_HW)) {
        mdscr |= forcedMdscr;
        setWord(f, f.vcpu + VCPU.debugPtr, 1, DEBUG_PTR, rules.setup);
        setWord(f, f.vcpu + VCPU.dirty, 1, DIRTY, rules.setup);
      } else if (osLocked(f)) {
        mdscr &= ~MDSCR_MDE;
      }
      forceMdscr(f, mdscr, rules.setup);
    }
    if ((w[f.vcpu + VCPU.mdscr] & (MDSCR_KDE | MDSCR_MDE)) !== 0) {
      setWord(f, f.vcpu + VCPU.dirty, 1, DIRTY, rules.dirty);
    }
  },
  clear(f) {
    if (!borrows(f)) return;
    const { w } = f;
    const { keepsSs, tracksPending, switchRules: rules } = f.kernel;
    if (
      tracksPending && debugs(f, GUESTDBG.SINGLESTEP) &&
      (w[f.vcpu + VCPU.pstate] & PSTATE_SS) === 0
    ) {
      w[f.vcpu + VCPU.activePending] = 1;
    }
    giveMdscrBack(f, { withSs: keepsSs, rule: rules.clear });
    if (debugs(f, GUESTDBG.USE_HW)) {
      setWord(f, f.vcpu + VCPU.debugPtr, 0, DEBUG_PTR, rules.clear);
    }
  },
  switches: (f) => f.w[f.vcpu + VCPU.dirty] !== 0,
  selected: (f) =>
    f.w[f.vcpu + VCPU.debugPtr] === 0 ? VCPU.guest : VCPU.external,
  loadedMdscr: () => VCPU.mdscr,
  switchedOut(f) {
    const { dirty } = f.kernel.switchRules;
    setWord(f, f.vcpu + VCPU.dirty, 0, DIRTY, dirty);
  },
  accessedBank: () => GUEST,
  accessedMdscr: () => MDSCR_AT,
  accessed(f, { write, register }) {
    if (write && inDebugSet(register)) {
      const { accessed } = f.kernel.switchRules;
      setWord(f, f.vcpu + VCPU.dirty, 1, DIRTY, accessed);
    }
  },
  lockWritten: () => {},
  debugOff(f) {
    f.w[f.vcpu + VCPU.activePending] = 0;
  },
  stepExit(f) {
    f.w[f.vcpu + VCPU.activePending] = 0;
  },
  // `clear` has run.
  returnedPstate: (f) => f.w[f.vcpu + VCPU.pstate],
};
