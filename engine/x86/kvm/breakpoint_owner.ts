/**
 * Whose breakpoint a slot of the CPU has.
 *
 * @module
 */
import type { BreakpointOwner } from "../../events.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { accessBit } from "../hardware/mov_dr.ts";
import { slotEnabled } from "../registers/dr7.ts";
import { usesHwBp } from "./state.ts";

/** The CPU's DRn has the address that a block keeps there. */
function holds({ w, cpu }: X86Frame, slot: number, dr: number): boolean {
  const [held, at] = [cpu + CPU.dr + 2 * slot, dr + 2 * slot];
  return w[held] === w[at] && w[held + 1] === w[at + 1];
}

/** The host has a breakpoint in the slot, and the CPU its address. */
export function holdsHosts(f: X86Frame, slot: number): boolean {
  return slotEnabled(f.w[f.cpu + CPU.hostDr7], slot) &&
    holds(f, slot, f.cpu + CPU.hostDr);
}

/**
 * Whose the breakpoint in a slot of the CPU is. Under USE_HW_BP the CPU has userspace's; else the guest's, which KVM
 * keeps while DR accesses exit, and the CPU alone while they do not. Rules x86:C6, x86:D33.
 */
export function breakpointOwner(
  f: X86Frame,
  slot: number,
): BreakpointOwner | undefined {
  const { w, vcpu } = f;
  if (
    usesHwBp(f) && slotEnabled(w[vcpu + VCPU.guestDebugDr7], slot) &&
    holds(f, slot, vcpu + VCPU.effDb)
  ) return "userspace";
  const throughKvm = (w[vcpu + VCPU.vmDrAccesses] & accessBit(0, false)) !== 0;
  const isGuests = !throughKvm ||
    slotEnabled(w[vcpu + VCPU.dr7], slot) && holds(f, slot, vcpu + VCPU.db);
  if (isGuests) return "guest";
  return holdsHosts(f, slot) ? "host" : undefined;
}
