/**
 * Guest values moved out of the way: for the time of guest debug the guest's slots hold userspace's values,
 * the guest's own are in a shadow, and the trap handler redirects. The second version of the 2015 series.
 *
 * @module
 */
import type { RuleId, SetCause } from "../../events.ts";
import { VCPU } from "../blocks.ts";
import { copy64 } from "../../word64.ts";
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
  PSTATE_SS,
} from "./mdscr_copy.ts";
import { debugs, inDebugSet } from "./pointer_switch.ts";
import { registerPlace, store64, storeKvm } from "./trace.ts";

/** A set of a vCPU: its offset in the block, and what events call it. */
interface Bank {
  readonly at: number;
  readonly space: "guest" | "external" | "shadow";
}

const GUEST: Bank = { at: VCPU.guest, space: "guest" };
const EXTERNAL: Bank = { at: VCPU.external, space: "external" };
const SHADOW: Bank = { at: VCPU.shadow, space: "shadow" };

function copyBank(
  f: KvmFrame,
  { to, from }: { to: Bank; from: Bank },
  { cause, rule }: { cause: SetCause; rule: RuleId },
): void {
  const source = f.vcpu + from.at;
  const target = f.vcpu + to.at;
  if (f.sink === null) {
    copy64(f.w, { to: target, from: source, count: NUMBERED_MAX });
    return;
  }
  for (let id = 0; id < NUMBERED_MAX; id++) {
    const lo = f.w[source + 2 * id];
    const hi = f.w[source + 2 * id + 1];
    store64(f, target + 2 * id, lo, hi, {
      cause,
      to: registerPlace(f, to.space, id),
      from: registerPlace(f, from.space, id),
      rule,
    });
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
          w[f.vcpu + VCPU.pstate] |= PSTATE_SS;
          mdscr |= MDSCR_SS;
        } else {
          mdscr &= ~MDSCR_SS;
        }
        if (debugs(f, GUESTDBG.USE_HW)) {
          copyBank(f, { to: SHADOW, from: GUEST }, {
            cause: "save",
            rule: "arm64:C2",
          });
          copyBank(f, { to: GUEST, from: EXTERNAL }, {
            cause: "load",
            rule: "arm64:C2",
          });
          mdscr |= MDSCR_KDE | MDSCR_MDE;
          storeKvm(f, f.vcpu + VCPU.dirty, 1, "dirty", "arm64:C2");
          traps = true;
        }
        forceMdscr(f, mdscr, "arm64:C2");
      }
      buildMdcr(f, traps, "arm64:C2");
      if ((w[f.vcpu + VCPU.mdscr] & (MDSCR_KDE | MDSCR_MDE)) !== 0) {
        storeKvm(f, f.vcpu + VCPU.dirty, 1, "dirty", "arm64:B9");
      }
    },
    clear(f) {
      if (f.w[f.vcpu + VCPU.preserved] === 0) return;
      giveMdscrBack(f, { withSs: true, rule: "arm64:C3" });
      if (debugs(f, GUESTDBG.USE_HW)) {
        copyBank(f, { to: GUEST, from: SHADOW }, {
          cause: "restore",
          rule: "arm64:C3",
        });
      }
    },
    switches: (f) => f.w[f.vcpu + VCPU.dirty] !== 0,
    selected: () => VCPU.guest,
    loadedMdscr: () => VCPU.mdscr,
    switchedOut(f) {
      storeKvm(f, f.vcpu + VCPU.dirty, 0, "dirty", "arm64:B10");
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
        storeKvm(f, f.vcpu + VCPU.dirty, 1, "dirty", "arm64:C8");
      }
    },
    lockWritten: () => {},
    debugOff: () => {},
    stepExit: () => {},
  };
}
