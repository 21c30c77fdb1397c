/**
 * A debugger in userspace: each request adds to what it asked for before, and goes to the kernel whole.
 *
 * @module
 */
import { refuse } from "../../reports.ts";
import type { DebuggerRequest, GuestDebugRequest } from "../../rules.ts";
import {
  get64,
  highWord,
  lowWord,
  unsigned,
  type Words,
} from "../../word64.ts";
import { USER } from "../blocks.ts";
import { DR7_BITS, RW, slotEnabled } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import {
  DEBUGREG_DR7,
  DEBUGREG_WORDS,
  setGuestDebugFromUser,
} from "./guest_debug.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import { lengthCode } from "./host_breakpoints.ts";
import type { KvmFrame } from "./kernel.ts";

const debugreg: Words = new Int32Array(DEBUGREG_WORDS);

/**
 * KVM_SET_GUEST_DEBUG as a debugger drives it, with Gn for each breakpoint.
 *
 * @returns 0, or a negated errno; EINVAL where x86 has no such watchpoint, ENOSPC without a free slot
 */
export function debuggerRequest(
  f: KvmFrame,
  request: DebuggerRequest,
): number {
  const { w, user } = f;
  switch (request.action) {
    case "off":
      w.fill(0, user, user + USER.words);
      break;
    case "step":
      w[user + USER.control] |= GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP;
      break;
    case "swbreak":
      w[user + USER.control] |= GUESTDBG.ENABLE | GUESTDBG.USE_SW_BP;
      break;
    case "break": {
      const result = arm(f, request.address, RW.execute, 1);
      if (result !== 0) return result;
      break;
    }
    case "watch": {
      // There is no watchpoint for loads alone: an access watchpoint is the nearest.
      const rw = request.on === "store" ? RW.write : RW.access;
      const result = arm(f, request.address, rw, request.sizeBytes);
      if (result !== 0) return result;
      break;
    }
    default:
      return request satisfies never;
  }
  debugreg.fill(0);
  for (let n = 0; n < 2 * SLOTS; n++) debugreg[n] = w[user + USER.debugreg + n];
  const dr7 = w[user + USER.dr7];
  debugreg[DEBUGREG_DR7] = dr7 === 0 ? 0 : dr7 | DR7_BITS.FIXED;
  return setGuestDebugFromUser(f, w[user + USER.control], debugreg);
}

/** What the debugger has asked for so far. */
export function debuggerState({ w, user }: KvmFrame): GuestDebugRequest {
  const dr7 = w[user + USER.dr7];
  const registers = Array.from({ length: SLOTS }, (_, n) => ({
    register: REG.DR0 + n,
    value: get64(w, user + USER.debugreg + 2 * n),
  }));
  registers.push({
    register: REG.DR7,
    value: dr7 === 0 ? 0n : unsigned(dr7 | DR7_BITS.FIXED),
  });
  const control = w[user + USER.control];
  return { control, inject: undefined, blockirq: false, registers };
}

function arm(
  f: KvmFrame,
  address: bigint,
  rw: number,
  sizeBytes: number,
): number {
  const { w, user } = f;
  const len = lengthCode(sizeBytes);
  if (len === undefined || address % BigInt(sizeBytes) !== 0n) {
    return refuse(f, "debug watch", {
      errno: "EINVAL",
      why: `no slot covers ${sizeBytes} bytes there`,
      rule: "x86:A/2",
    });
  }
  let slot = 0;
  while (slot < SLOTS && slotEnabled(w[user + USER.dr7], slot)) slot++;
  if (slot === SLOTS) {
    return refuse(f, "debug break", {
      errno: "ENOSPC",
      why: "the debugger uses all four slots",
      rule: "x86:A/2",
    });
  }
  w[user + USER.control] |= GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP;
  w[user + USER.debugreg + 2 * slot] = lowWord(address);
  w[user + USER.debugreg + 2 * slot + 1] = highWord(address);
  w[user + USER.dr7] |= (2 << (2 * slot)) |
    (((len << 2) | rw) << (16 + 4 * slot));
  return 0;
}
