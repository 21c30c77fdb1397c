/**
 * The host kernel's own breakpoints, and what KVM owes them.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import type { HostDebugRequest } from "../../rules.ts";
import { highWord, lowWord } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { bySlot, copySet } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { BREAK_LENGTH, DR7_BITS, slotEnabled } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { hostActive } from "./state.ts";

const WANT_DR = bySlot((n): Move => ({
  cause: "write",
  to: ["host", `DR${n}`],
  from: null,
  rule: "x86:E1",
}));
const INSTALL_DR = bySlot((n): Move => ({
  cause: "write",
  to: ["cpu", `DR${n}`],
  from: ["host", `DR${n}`],
  rule: "x86:E1",
}));
const WANT_DR7: Move = {
  cause: "write",
  to: ["host", "DR7"],
  from: null,
  rule: "x86:E1",
};
const INSTALL_DR7: Move = {
  cause: "write",
  to: ["cpu", "DR7"],
  from: ["host", "DR7"],
  rule: "x86:E1",
};
const REMOVE_DR7: Move = {
  cause: "write",
  to: ["cpu", "DR7"],
  from: null,
  rule: "x86:E2",
};
const RESTORE_DR: Move = {
  cause: "restore",
  to: ["cpu", "DR"],
  from: ["host", "DR"],
  rule: "x86:E4",
};
const RESTORE_DR6: Move = {
  cause: "restore",
  to: ["cpu", "DR6"],
  from: null,
  rule: "x86:E4",
};
const RESTORE_DR7: Move = {
  cause: "restore",
  to: ["cpu", "DR7"],
  from: ["host", "DR7"],
  rule: "x86:E4",
};

const WANT_DEBUGCTL: Move = {
  cause: "write",
  to: ["host", "DEBUGCTL"],
  from: null,
  rule: "x86:E15",
};
const WRITE_DEBUGCTL: Move = {
  cause: "write",
  to: ["cpu", "DEBUGCTL"],
  from: ["host", "DEBUGCTL"],
  rule: "x86:E15",
};

/** LENn of a size in bytes; undefined where there is none. */
export function lengthCode(sizeBytes: number): number | undefined {
  switch (sizeBytes) {
    case 1:
      return Number(BREAK_LENGTH.bytes1);
    case 2:
      return Number(BREAK_LENGTH.bytes2);
    case 4:
      return Number(BREAK_LENGTH.bytes4);
    case 8:
      return Number(BREAK_LENGTH.bytes8);
    default:
      return undefined;
  }
}

/**
 * Installs a breakpoint of the host's in the first free slot, or removes all; or writes the host's DEBUGCTL.
 *
 * @returns 0, EINVAL for a size that no slot has or an address that it does not fit, EBUSY without a free slot
 *
 * Rules x86:E1, x86:E2, x86:E15.
 */
export function hostDebug(
  f: X86Frame,
  request: HostDebugRequest,
): number {
  const { w, cpu } = f;
  if (request.action === "off") {
    setWord(f, cpu + CPU.dr7, DR7_BITS.FIXED, REMOVE_DR7);
    setWord(f, cpu + CPU.hostDr7, 0, WANT_DR7);
    for (let n = 0; n < SLOTS; n++) {
      setPair(f, cpu + CPU.hostDr + 2 * n, 0, 0, WANT_DR[n]);
    }
    return 0;
  }
  if (request.action === "wrmsr") return hostWrite(f, request.value);
  const watch = request.action === "watch";
  const len = watch ? lengthCode(request.sizeBytes) : 0;
  const fits = len !== undefined &&
    (!watch || request.address % BigInt(request.sizeBytes) === 0n);
  if (!fits) {
    return refuse(f, `host ${request.action}`, {
      errno: "EINVAL",
      why: "no slot covers such a range",
      rule: "x86:A/2",
    });
  }
  const wanted = w[cpu + CPU.hostDr7];
  let slot = 0;
  while (slot < SLOTS && slotEnabled(wanted, slot)) slot++;
  if (slot === SLOTS) {
    return refuse(f, `host ${request.action}`, {
      errno: "EBUSY",
      why: "the host uses all four slots",
      rule: "x86:E1",
    });
  }
  const rw = watch ? (request.on === "store" ? 1 : 3) : 0;
  const lo = lowWord(request.address);
  const hi = highWord(request.address);
  setPair(f, cpu + CPU.dr + 2 * slot, lo, hi, INSTALL_DR[slot]);
  setPair(f, cpu + CPU.hostDr + 2 * slot, lo, hi, WANT_DR[slot]);
  const nibble = (len << 2) | rw;
  const dr7 = wanted | (nibble << (16 + 4 * slot)) | (2 << (2 * slot)) |
    DR7_BITS.GE;
  setWord(f, cpu + CPU.hostDr7, dr7, WANT_DR7);
  setWord(f, cpu + CPU.dr7, dr7 | DR7_BITS.FIXED, INSTALL_DR7);
  return 0;
}

/** WRMSR of DEBUGCTL in the host. Rule x86:E15. */
function hostWrite(f: X86Frame, value: bigint): number {
  const { cpu } = f;
  const lo = lowWord(value);
  setWord(f, cpu + CPU.hostDebugctl, lo, WANT_DEBUGCTL);
  setWord(f, cpu + CPU.debugctl, lo, WRITE_DEBUGCTL);
  return 0;
}

/** `hw_breakpoint_restore()`, if the host has any. Rules x86:C10, x86:E4, x86:E8. */
export function restoreHost(f: X86Frame): void {
  if (!hostActive(f)) return;
  const { w, vcpu, cpu } = f;
  copySet(f, cpu + CPU.dr, cpu + CPU.hostDr, RESTORE_DR);
  setWord(f, cpu + CPU.dr6, DR6_BITS.RESET, RESTORE_DR6);
  setWord(
    f,
    cpu + CPU.dr7,
    w[cpu + CPU.hostDr7] | DR7_BITS.FIXED,
    RESTORE_DR7,
  );
  f.sink?.push({
    kind: "load",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    set: "host",
    rule: "x86:E8",
  });
}

/**
 * The host's breakpoints that are not in the CPU although the guest was left.
 *
 * @returns bit n for slot n
 */
export function hostLostSlots(f: X86Frame): number {
  if (!hostActive(f)) return 0;
  const { w, cpu } = f;
  const wanted = w[cpu + CPU.hostDr7];
  let lost = 0;
  for (let n = 0; n < SLOTS; n++) {
    if (!slotEnabled(wanted, n)) continue;
    const held = w[cpu + CPU.dr + 2 * n] === w[cpu + CPU.hostDr + 2 * n] &&
      w[cpu + CPU.dr + 2 * n + 1] === w[cpu + CPU.hostDr + 2 * n + 1];
    if (!held || !slotEnabled(w[cpu + CPU.dr7], n)) lost |= 1 << n;
  }
  return lost;
}

/** Says so if the host's breakpoints are not in the CPU although the guest was left. Rule x86:E8. */
export function reportHostLost(f: X86Frame): void {
  if (f.sink === null) return;
  const { w, vcpu, cpu } = f;
  const lost = hostLostSlots(f);
  for (let n = 0; n < SLOTS; n++) {
    if ((lost & (1 << n)) === 0) continue;
    f.sink.push({
      kind: "host-lost",
      vcpu: w[vcpu + VCPU.index],
      cpu: w[cpu + CPU.index],
      what: `the host's breakpoint ${n} is not in the CPU after the exit`,
      register: `DR${n}`,
      rule: "x86:E8",
    });
  }
}
