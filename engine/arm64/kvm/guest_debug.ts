/**
 * KVM_SET_GUEST_DEBUG.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import type { GuestDebugRequest } from "../../rules.ts";
import { copySet64, get64, set64 } from "../../word64.ts";
import { PAIRS_MAX, USER, VCPU } from "../blocks.ts";
import { type RegisterRoute, setRegister } from "../moves.ts";
import { KIND, type Kind, NUMBERED_MAX, numberedId } from "../registers/ids.ts";
import { GUESTDBG, GUESTDBG_VALID } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";

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
export function setGuestDebugFromUser(f: KvmFrame, control: number): number {
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
    if (f.sink === null) copySet64(w, { to, from, count: NUMBERED_MAX });
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
  const at = (kind: Kind, n: number) =>
    f.user + USER.bank + 2 * numberedId(kind, n);
  for (let n = 0; n < PAIRS_MAX; n++) {
    if (get64(w, at(KIND.bcr, n)) !== 0n) breakpoints = n + 1;
    if (get64(w, at(KIND.wcr, n)) !== 0n) watchpoints = n + 1;
  }
  w[f.user + USER.breakpoints] = breakpoints;
  w[f.user + USER.watchpoints] = watchpoints;
}
