/**
 * Linear addresses of code.
 *
 * @module
 */
import { VCPU, VM } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";

/** The low word of the linear address of an offset: in 32-bit code the base of CS counts, and the sum has 32 bits. Rule x86:A/9. */
export function linearOf(
  { w, vm }: Pick<X86Frame, "w" | "vm">,
  lo: number,
  isCode32: boolean,
): number {
  return isCode32 ? (lo + w[vm + VM.csBase]) | 0 : lo;
}

/** The same of RIP. */
export function linearRip(f: Pick<X86Frame, "w" | "vm" | "vcpu">): number {
  const { w, vcpu } = f;
  const isProgram = w[vcpu + VCPU.inHandler] === 0;
  return linearOf(
    f,
    w[vcpu + VCPU.pc],
    isProgram && w[vcpu + VCPU.code32] !== 0,
  );
}
