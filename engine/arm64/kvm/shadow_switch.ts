/**
 * Guest values moved out of the way: for the time of guest debug the guest's slots hold userspace's values,
 * the guest's own are in a shadow, and the trap handler redirects. The second version of the 2015 series.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { setWord } from "../../moves.ts";
import { copySet64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import { type RegisterRoute, setRegister } from "../moves.ts";
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
import { debugs, DIRTY, inDebugSet } from "./pointer_switch.ts";
import { forceSs } from "./step_flag.ts";
import { PSTATE_SS } from "../hardware/software_step.ts";

/** Copies a set of a vCPU to another: their offsets in the block, and what events say. */
interface BankCopy {
  readonly to: number;
  readonly from: number;
  readonly route: RegisterRoute;
}

const GUEST_TO_SHADOW: BankCopy = {
  to: VCPU.shadow,
  from: VCPU.guest,
  route: { cause: "save", to: "shadow", from: "guest" },
};
const EXTERNAL_TO_GUEST: BankCopy = {
  to: VCPU.guest,
  from: VCPU.external,
  route: { cause: "load", to: "guest", from: "external" },
};
const SHADOW_TO_GUEST: BankCopy = {
  to: VCPU.guest,
  from: VCPU.shadow,
  route: { cause: "restore", to: "guest", from: "shadow" },
};

function copyBank(
  f: KvmFrame,
  { to, from, route }: BankCopy,
  rule: RuleId,
): void {
  const source = f.vcpu + from;
  const target = f.vcpu + to;
  if (f.sink === null) {
    copySet64(f.w, { to: target, from: source, count: NUMBERED_MAX });
    return;
  }
  for (let id = 0; id < NUMBERED_MAX; id++) {
    const at = source + 2 * id;
    const [lo, hi] = [f.w[at], f.w[at + 1]];
    setRegister(f, target + 2 * id, lo, hi, route, id, rule);
  }
}

/**
 * Builds the behaviour.
 *
 * @param clearsAfterHandling when `clear` runs: the series does not show it, and only one choice keeps what
 *   the guest writes while it is debugged. Rule arm64:C13.
 *
 * Rules arm64:C1-C10.
 */
export function shadowSwitch(clearsAfterHandling: boolean): DebugSwitch {
  return {
    clearsAfterHandling,
    firstRun: () => {},
    vcpuLoad: () => {},
    vcpuPut: () => {},
    setup(f) {
      const { w } = f;
      let traps = w[f.vcpu + VCPU.dirty] === 0;
      if (w[f.vcpu + VCPU.guestDebug] !== 0) {
        keepMdscr(f, "arm64:C1");
        let mdscr = w[f.vcpu + VCPU.mdscr];
        if (debugs(f, GUESTDBG.SINGLESTEP)) {
          forceSs(f, true, "arm64:C2");
          mdscr |= MDSCR_SS;
        } else {
          mdscr &= ~MDSCR_SS;
        }
        if (debugs(f, GUESTDBG.USE_HW)) {
          copyBank(f, GUEST_TO_SHADOW, "arm64:C2");
          copyBank(f, EXTERNAL_TO_GUEST, "arm64:C2");
          mdscr |= MDSCR_KDE | MDSCR_MDE;
          setWord(f, f.vcpu + VCPU.dirty, 1, DIRTY, "arm64:C2");
          traps = true;
        }
        forceMdscr(f, mdscr, "arm64:C2");
      }
      buildMdcr(f, traps, "arm64:C2");
      if ((w[f.vcpu + VCPU.mdscr] & (MDSCR_KDE | MDSCR_MDE)) !== 0) {
        setWord(f, f.vcpu + VCPU.dirty, 1, DIRTY, "arm64:B9");
      }
    },
    clear(f) {
      if (f.w[f.vcpu + VCPU.preserved] === 0) return;
      giveMdscrBack(f, { withSs: true, rule: "arm64:C3" });
      if (debugs(f, GUESTDBG.USE_HW)) {
        copyBank(f, SHADOW_TO_GUEST, "arm64:C3");
      }
    },
    switches: (f) => f.w[f.vcpu + VCPU.dirty] !== 0,
    selected: () => VCPU.guest,
    loadedMdscr: () => VCPU.mdscr,
    switchedOut(f) {
      setWord(f, f.vcpu + VCPU.dirty, 0, DIRTY, "arm64:B10");
    },
    /** Rules arm64:C6, arm64:C7. */
    accessedBank: (f) => debugs(f, GUESTDBG.USE_HW) ? VCPU.shadow : VCPU.guest,
    /** Rule arm64:C4. */
    accessedMdscr: (f) =>
      f.w[f.vcpu + VCPU.guestDebug] === 0 ? VCPU.mdscr : VCPU.savedMdscr,
    /** Rules arm64:C4, arm64:C6, arm64:C8: a redirected write leaves DIRTY alone. */
    accessed(f, { write, register }) {
      const redirected = register < NUMBERED_MAX
        ? debugs(f, GUESTDBG.USE_HW)
        : register === REG.MDSCR_EL1 && f.w[f.vcpu + VCPU.guestDebug] !== 0;
      if (write && !redirected && inDebugSet(register)) {
        const { accessed: rule } = f.kernel.switchRules;
        setWord(f, f.vcpu + VCPU.dirty, 1, DIRTY, rule);
      }
    },
    lockWritten: () => {},
    debugOff: () => {},
    stepExit: () => {},
    /** Until `clear` has run, PSTATE.SS is not the guest's. Rule arm64:C3. */
    returnedPstate(f) {
      const { w } = f;
      const pstate = w[f.vcpu + VCPU.pstate];
      return w[f.vcpu + VCPU.preserved] === 0
        ? pstate
        : pstate & ~PSTATE_SS | w[f.vcpu + VCPU.savedSs];
    },
  };
}
