/**
 * A debugger in userspace: each request adds to what it asked for before, and goes to the kernel whole.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { refuse } from "../../reports.ts";
import type { DebuggerRequest, GuestDebugRequest } from "../../rules.ts";
import { get64, highWord, lowWord, set64 } from "../../word64.ts";
import { USER } from "../blocks.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, type Kind, numberedId } from "../registers/ids.ts";
import { setGuestDebugFromUser } from "./guest_debug.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";

/** DBGBCR of a debugger's breakpoint: BAS 0xf, PMC EL1 and EL0, E. */
const BREAKPOINT_CONTROL = 0x1e7;

/** DBGWCR of a debugger's watchpoint except LSC, BAS and MASK: PAC EL1 and EL0, E. */
const WATCHPOINT_CONTROL = 0x7;

const LSC = DBGWCR.word("LSC");
const BAS = DBGWCR.word("BAS");
const MASK = DBGWCR.word("MASK");
const LSC_OF = { load: 1, store: 2, access: 3 } as const;

/** Registers of a kind in the ioctl's structure. */
const REGISTERS_MAX = 16;

/** Largest region that one watchpoint covers: MASK 31. */
const WATCH_BYTES_MAX = 2 ** 31;

function userAt(f: KvmFrame, kind: Kind, number: number): number {
  return f.user + USER.bank + 2 * numberedId(kind, number);
}

/** Value and control of a watchpoint on an address range, as gdb stubs write them; null if none can. */
function watchpoint(
  address: bigint,
  sizeBytes: number,
  lsc: number,
): { value: bigint; control: number } | null {
  const base = WATCHPOINT_CONTROL | (lsc << LSC.shift);
  const offset = Number(address & 7n);
  if (sizeBytes >= 1 && offset + sizeBytes <= 8) {
    const bas = ((1 << sizeBytes) - 1) << offset;
    return {
      value: address - BigInt(offset),
      control: base | (bas << BAS.shift),
    };
  }
  const power = Math.log2(sizeBytes);
  if (
    !Number.isInteger(power) || sizeBytes > WATCH_BYTES_MAX ||
    address % BigInt(sizeBytes) !== 0n
  ) return null;
  return {
    value: address,
    control: base | placed(DBGWCR, "BAS") | (power << MASK.shift),
  };
}

/**
 * A debugger's request, added to what it asked for before.
 *
 * @returns 0; a negated errno of the ioctl; -ENOSPC if the debugger has no register left; -EINVAL if no
 *   watchpoint covers the range
 */
export function debuggerRequest(f: KvmFrame, request: DebuggerRequest): number {
  const { w } = f;
  const before = w.slice(f.user, f.user + USER.words);
  let control = w[f.user + USER.control] | GUESTDBG.ENABLE;
  switch (request.action) {
    case "off":
      w.fill(0, f.user, f.user + USER.words);
      return setGuestDebugFromUser(f, 0);
    case "step":
      control |= GUESTDBG.SINGLESTEP;
      break;
    case "swbreak":
      control |= GUESTDBG.USE_SW_BP;
      break;
    case "break": {
      const n = w[f.user + USER.breakpoints];
      // KVM_CAP_GUEST_DEBUG_HW_BPS tells the machine's count, whatever the guest has. Rules arm64:B7, arm64:W7.
      if (n >= f.host.brps) return noSlot(f, "breakpoint", f.host.brps);
      set64(w, userAt(f, KIND.bcr, n), BigInt(BREAKPOINT_CONTROL));
      set64(w, userAt(f, KIND.bvr, n), request.address);
      w[f.user + USER.breakpoints] = n + 1;
      control |= GUESTDBG.USE_HW;
      break;
    }
    case "watch": {
      const n = w[f.user + USER.watchpoints];
      if (n >= f.host.wrps) return noSlot(f, "watchpoint", f.host.wrps);
      const made = watchpoint(
        request.address,
        request.sizeBytes,
        LSC_OF[request.on],
      );
      if (made === null) {
        return refuse(f, "debug watchpoint", {
          errno: "EINVAL",
          why: "no single watchpoint covers the range",
          rule: "arm64:A/5",
        });
      }
      set64(w, userAt(f, KIND.wcr, n), BigInt(made.control));
      w[userAt(f, KIND.wvr, n)] = lowWord(made.value);
      w[userAt(f, KIND.wvr, n) + 1] = highWord(made.value);
      w[f.user + USER.watchpoints] = n + 1;
      control |= GUESTDBG.USE_HW;
      break;
    }
    default:
      return request satisfies never;
  }
  w[f.user + USER.control] = control;
  const result = setGuestDebugFromUser(f, control);
  if (result < 0) w.set(before, f.user);
  return result;
}

/** What the debugger has asked for so far. */
export function debuggerState(f: KvmFrame): GuestDebugRequest {
  const { w } = f;
  const kinds = [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr];
  const registers = kinds.flatMap((kind) =>
    Array.from({ length: REGISTERS_MAX }, (_, n) => ({
      register: numberedId(kind, n),
      value: get64(w, userAt(f, kind, n)),
    }))
  ).filter(({ value }) => value !== 0n);
  const control = w[f.user + USER.control];
  return { control, inject: undefined, blockirq: false, registers };
}

function noSlot(f: KvmFrame, what: string, count: number): number {
  return refuse(f, `debug ${what}`, {
    errno: "ENOSPC",
    why: `the debugger has set all ${count} ${what}s that KVM announced`,
    rule: "arm64:B7",
  });
}
