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
import { KIND, type Kind, numberedId } from "../registers/ids.ts";
import type { KvmFrame } from "./kernel.ts";

/** A kernel breakpoint at EL2 and EL1: HMC, PMC EL1, BAS 0xf, E. Rule arm64:A/10. */
const KERNEL_BREAKPOINT = placed(DBGBCR, "HMC") | 0xf << 5 | 1 << 1 | 1;

/** A kernel watchpoint at EL2 and EL1 except LSC and BAS: HMC, PAC EL1, E. */
const KERNEL_WATCHPOINT = placed(DBGWCR, "HMC") | 1 << 1 | 1;

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
 * Rules arm64:A/10, arm64:F14.
 */
export function hostDebug(f: KvmFrame, request: HostDebugRequest): number {
  const { w } = f;
  switch (request.action) {
    case "wrmsr":
      // The language has no MSR on this architecture.
      throw new RangeError("arm64 has no MSRs");
    case "off": {
      for (let n = 0; n < w[f.cpu + CPU.hostBreakpoints]; n++) {
        write(f, KIND.bcr, n, { lo: 0, hi: 0 });
        write(f, KIND.bvr, n, { lo: 0, hi: 0 });
      }
      for (let n = 0; n < w[f.cpu + CPU.hostWatchpoints]; n++) {
        write(f, KIND.wcr, n, { lo: 0, hi: 0 });
        write(f, KIND.wvr, n, { lo: 0, hi: 0 });
      }
      w[f.cpu + CPU.hostBreakpoints] = 0;
      w[f.cpu + CPU.hostWatchpoints] = 0;
      return 0;
    }
    case "break": {
      const n = w[f.cpu + CPU.hostBreakpoints];
      if (n >= f.host.brps) return noSlot(f, "breakpoint");
      w[f.cpu + CPU.hostBreakpoints] = n + 1;
      write(f, KIND.bvr, n, {
        lo: lowWord(request.address),
        hi: highWord(request.address),
      });
      write(f, KIND.bcr, n, { lo: KERNEL_BREAKPOINT, hi: 0 });
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
      w[f.cpu + CPU.hostWatchpoints] = n + 1;
      const base = request.address - BigInt(offset);
      const bas = ((1 << request.sizeBytes) - 1) << offset;
      const lsc = request.on === "store" ? 2 : 3;
      write(f, KIND.wvr, n, { lo: lowWord(base), hi: highWord(base) });
      write(f, KIND.wcr, n, {
        lo: KERNEL_WATCHPOINT | bas << 5 | lsc << 3,
        hi: 0,
      });
      return 0;
    }
    default:
      return request satisfies never;
  }
}
