/**
 * The host kernel's own breakpoints on a physical CPU.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { refuse } from "../../reports.ts";
import type { HostDebugRequest } from "../../rules.ts";
import { get64, highWord, lowWord } from "../../word64.ts";
import { CPU } from "../blocks.ts";
import { writePhysical } from "../hardware/register_file.ts";
import { type RegisterRoute, reportRegister } from "../moves.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, type Kind, numberedId, REG } from "../registers/ids.ts";
import { type KvmFrame, runsAtEl2 } from "./kernel.ts";
import { MDSCR_KDE, MDSCR_MDE } from "./mdscr_copy.ts";

/** A kernel breakpoint at EL1: PMC EL1, BAS 0xf, E. Rule arm64:A/10. */
const KERNEL_BREAKPOINT = 0xf << 5 | 1 << 1 | 1;

/** A kernel watchpoint at EL1 except LSC and BAS: PAC EL1, E. */
const KERNEL_WATCHPOINT = 1 << 1 | 1;

/**
 * A kernel that runs at EL2 needs HMC as well: EL2 and EL1.
 *
 * arch/arm64/include/asm/hw_breakpoint.h, encode_ctrl_reg(). Rule arm64:E/4.1.
 */
function ofKernel(f: KvmFrame, control: number, hmc: number): number {
  return runsAtEl2(f) ? control | hmc : control;
}

/** Bits of MDSCR_EL1 that debug exceptions of the kernel itself need. */
const MONITORS = MDSCR_MDE | MDSCR_KDE;

const FROM_HOST: RegisterRoute = { cause: "write", to: "cpu", from: "host" };

/** Writes one of the host's registers, in what it has set and in the physical CPU, which is not in a guest. */
function write(
  f: KvmFrame,
  kind: Kind,
  number: number,
  { lo, hi }: { lo: number; hi: number },
): void {
  const { w } = f;
  const register = numberedId(kind, number);
  w[f.cpu + CPU.host + 2 * register] = lo;
  w[f.cpu + CPU.host + 2 * register + 1] = hi;
  f.lo = lo;
  f.hi = hi;
  const at = f.cpu + CPU.hw + 2 * register;
  const old = get64(w, at);
  writePhysical(f, register);
  reportRegister(f, old, get64(w, at), FROM_HOST, register, "arm64:A/10");
}

/**
 * MDSCR_EL1 of the host: MDE and KDE are set while it has breakpoints or watchpoints of the kernel's.
 *
 * arch/arm64/kernel/debug-monitors.c, enable_debug_monitors() and disable_debug_monitors(). Rule arm64:E/4.2.
 */
function setMonitors(f: KvmFrame, areEnabled: boolean): void {
  const at = f.cpu + CPU.mdscr;
  const old = get64(f.w, at);
  f.lo = areEnabled ? f.w[at] | MONITORS : f.w[at] & ~MONITORS;
  f.hi = f.w[at + 1];
  writePhysical(f, REG.MDSCR_EL1);
  const now = get64(f.w, at);
  reportRegister(f, old, now, FROM_HOST, REG.MDSCR_EL1, "arm64:E/4.2");
}

function hasAny({ w, cpu }: KvmFrame): boolean {
  return w[cpu + CPU.hostBreakpoints] + w[cpu + CPU.hostWatchpoints] > 0;
}

/** The control registers of a kind become 0; the value registers stay. Rule arm64:E/4. */
function removeAll(f: KvmFrame, kind: Kind, count: number): void {
  for (let n = 0; n < count; n++) write(f, kind, n, { lo: 0, hi: 0 });
}

function noSlot(f: KvmFrame, what: string): number {
  return refuse(f, `host ${what}`, {
    errno: "ENOSPC",
    why: `the host uses every ${what} of the CPU`,
    rule: "arm64:A/10",
  });
}

/**
 * The host kernel sets a breakpoint or watchpoint of its own, or removes all of them.
 *
 * @returns 0; -ENOSPC if no register is free; -EINVAL if no watchpoint covers the range
 *
 * Rules arm64:A/10, arm64:E/4, arm64:F14.
 */
export function hostDebug(f: KvmFrame, request: HostDebugRequest): number {
  const { w } = f;
  switch (request.action) {
    case "wrmsr":
      // The language has no MSR on this architecture.
      throw new RangeError("arm64 has no MSRs");
    case "off": {
      if (!hasAny(f)) return 0;
      removeAll(f, KIND.bcr, w[f.cpu + CPU.hostBreakpoints]);
      removeAll(f, KIND.wcr, w[f.cpu + CPU.hostWatchpoints]);
      setMonitors(f, false);
      w[f.cpu + CPU.hostBreakpoints] = 0;
      w[f.cpu + CPU.hostWatchpoints] = 0;
      return 0;
    }
    case "break": {
      const n = w[f.cpu + CPU.hostBreakpoints];
      if (n >= f.host.brps) return noSlot(f, "breakpoint");
      if (!hasAny(f)) setMonitors(f, true);
      w[f.cpu + CPU.hostBreakpoints] = n + 1;
      write(f, KIND.bvr, n, {
        lo: lowWord(request.address),
        hi: highWord(request.address),
      });
      const lo = ofKernel(f, KERNEL_BREAKPOINT, placed(DBGBCR, "HMC"));
      write(f, KIND.bcr, n, { lo, hi: 0 });
      return 0;
    }
    case "watch": {
      const n = w[f.cpu + CPU.hostWatchpoints];
      if (n >= f.host.wrps) return noSlot(f, "watchpoint");
      const offset = Number(request.address & 7n);
      if (request.sizeBytes < 1 || offset + request.sizeBytes > 8) {
        return refuse(f, "host watch", {
          errno: "EINVAL",
          why: "no single watchpoint covers the range",
          rule: "arm64:A/5",
        });
      }
      if (!hasAny(f)) setMonitors(f, true);
      w[f.cpu + CPU.hostWatchpoints] = n + 1;
      const base = request.address - BigInt(offset);
      const bas = ((1 << request.sizeBytes) - 1) << offset;
      const lsc = request.on === "store" ? 2 : 3;
      write(f, KIND.wvr, n, { lo: lowWord(base), hi: highWord(base) });
      write(f, KIND.wcr, n, {
        lo: ofKernel(f, KERNEL_WATCHPOINT, placed(DBGWCR, "HMC")) |
          bas << 5 | lsc << 3,
        hi: 0,
      });
      return 0;
    }
    default:
      return request satisfies never;
  }
}
