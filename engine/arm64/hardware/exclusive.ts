/**
 * The local exclusive monitor of a vCPU's CPU. Rules arm64:A/16, arm64:A/16.1 to arm64:A/16.3.
 *
 * Which stores of others clear it is not modelled: a step touches one vCPU.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";

/** A load-exclusive marks its address. */
export function markExclusive(f: Arm64Frame, { lo, hi }: Insn): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.exclusive] = 1;
  w[vcpu + VCPU.exclusiveAddress] = lo;
  w[vcpu + VCPU.exclusiveAddress + 1] = hi;
}

/** Nothing is marked any more: CLREX, a store-exclusive, or an exception return. Rules arm64:A/16.1, arm64:A/16.2. */
export function clearExclusive({ w, vcpu }: Arm64Frame): void {
  w[vcpu + VCPU.exclusive] = 0;
  w[vcpu + VCPU.exclusiveAddress] = 0;
  w[vcpu + VCPU.exclusiveAddress + 1] = 0;
}

/** True if a store-exclusive stores: its address is marked. Another address may store or not; here it does not. */
export function passesExclusive(
  { w, vcpu }: Arm64Frame,
  { lo, hi }: Insn,
): boolean {
  return w[vcpu + VCPU.exclusive] !== 0 &&
    w[vcpu + VCPU.exclusiveAddress] === lo &&
    w[vcpu + VCPU.exclusiveAddress + 1] === hi;
}
