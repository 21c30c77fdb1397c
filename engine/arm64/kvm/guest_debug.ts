/**
 * KVM_SET_GUEST_DEBUG, and how a debugger in userspace drives it.
 *
 * @module
 */
import { placed } from "../../layout.ts";
import { type Move, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import type { DebuggerRequest, GuestDebugRequest } from "../../rules.ts";
import { copy64, get64, highWord, lowWord, set64 } from "../../word64.ts";
import { PAIRS_MAX, USER, VCPU } from "../blocks.ts";
import { type RegisterRoute, setRegister } from "../moves.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, NUMBERED_MAX, numberedId } from "../registers/ids.ts";
import { GUESTDBG, GUESTDBG_VALID } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";

/** DBGBCR of a debugger's breakpoint: BAS 0xf, PMC EL1 and EL0, E. */
const BREAKPOINT_CONTROL = 0x1e7;

/** DBGWCR of a debugger's watchpoint but for LSC, BAS and MASK: PAC EL1 and EL0, E. */
const WATCHPOINT_CONTROL = 0x7;

const LSC = DBGWCR.word("LSC");
const BAS = DBGWCR.word("BAS");
const MASK = DBGWCR.word("MASK");
const LSC_OF = { load: 1, store: 2, access: 3 } as const;

/** Largest region that one watchpoint covers: MASK 31. */
const WATCH_BYTES_MAX = 2 ** 31;

const ENABLED: Move = {
  cause: "decide",
  to: ["kvm", "guest_debug"],
  from: null,
  rule: "arm64:B3",
};
const DISABLED: Move = { ...ENABLED, rule: "arm64:B5" };
const EXTERNAL: RegisterRoute = {
  cause: "write",
  to: "external",
  from: "user",
};

/**
 * The ioctl on the bank in USER.bank with the given control word.
 *
 * @returns 0, or -EINVAL for a flag that arm64 does not know, and then nothing changed
 *
 * Rules arm64:B2 to arm64:B5.
 */
function setGuestDebugFromUser(f: KvmFrame, control: number): number {
  const { w } = f;
  if ((control & ~GUESTDBG_VALID) !== 0) {
    const unknown = ((control & ~GUESTDBG_VALID) >>> 0).toString(16);
    return refuse(f, "KVM_SET_GUEST_DEBUG", {
      errno: "EINVAL",
      why: `control bits 0x${unknown} are not known`,
      rule: "arm64:B2",
    });
  }
  const at = f.vcpu + VCPU.guestDebug;
  if ((control & GUESTDBG.ENABLE) === 0) {
    setWord(f, at, 0, DISABLED);
    f.kernel.debugSwitch.debugOff(f);
    return 0;
  }
  setWord(f, at, control, ENABLED);
  if ((control & GUESTDBG.USE_HW) !== 0) {
    const to = f.vcpu + VCPU.external;
    const from = f.user + USER.bank;
    if (f.sink === null) copy64(w, { to, from, count: NUMBERED_MAX });
    else {
      for (let id = 0; id < NUMBERED_MAX; id++) {
        const [lo, hi] = [w[from + 2 * id], w[from + 2 * id + 1]];
        setRegister(f, to + 2 * id, lo, hi, EXTERNAL, id, "arm64:B3");
      }
    }
  }
  return 0;
}

/** KVM_SET_GUEST_DEBUG exactly as given; registers not named are 0. */
export function setGuestDebug(f: KvmFrame, request: GuestDebugRequest): number {
  const { w } = f;
  const bank = f.user + USER.bank;
  const before = w.slice(f.user, f.user + USER.words);
  w.fill(0, bank, bank + 2 * NUMBERED_MAX);
  for (const { register, value } of request.registers) {
    set64(w, bank + 2 * register, value);
  }
  const result = setGuestDebugFromUser(f, request.control);
  if (result < 0) w.set(before, f.user);
  else countUser(f, request.control);
  return result;
}

/** The debugger's own count of what it has set, after a raw call. */
function countUser(f: KvmFrame, control: number): void {
  const { w } = f;
  w[f.user + USER.control] = (control & GUESTDBG.ENABLE) === 0 ? 0 : control;
  let breakpoints = 0;
  let watchpoints = 0;
  for (let n = 0; n < PAIRS_MAX; n++) {
    if (get64(w, userAt(f, KIND.bcr, n)) !== 0n) breakpoints = n + 1;
    if (get64(w, userAt(f, KIND.wcr, n)) !== 0n) watchpoints = n + 1;
  }
  w[f.user + USER.breakpoints] = breakpoints;
  w[f.user + USER.watchpoints] = watchpoints;
}

function userAt(f: KvmFrame, kind: 0 | 1 | 2 | 3, number: number): number {
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
          rule: "arm64:A.5",
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

function noSlot(f: KvmFrame, what: string, count: number): number {
  return refuse(f, `debug ${what}`, {
    errno: "ENOSPC",
    why: `the debugger has set all ${count} ${what}s that KVM announced`,
    rule: "arm64:B7",
  });
}
