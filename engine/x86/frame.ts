/**
 * What an x86 step works on: the blocks, and the physical CPU's model, which does not change.
 *
 * @module
 */
import type { BreakpointOwner } from "../events.ts";
import type { Frame } from "../rules.ts";
import type { Words } from "../word64.ts";
import type { Vendor, X86Model } from "./hardware/models.ts";

/** A frame with the physical CPU's model. */
export interface X86Frame extends Frame {
  /** Whose CPU it is. */
  readonly vendor: Vendor;
  /** What of it is not just the architecture. */
  readonly model: X86Model;
  /** Whose breakpoint is in a slot of the CPU, for the event of a hit; undefined if it was left there. */
  ownerOf(f: X86Frame, slot: number): BreakpointOwner | undefined;
}

/**
 * A frame on words, where no block of them is chosen yet: all frames have the same properties in the same order.
 *
 * @param kernel undefined without a hypervisor
 */
export function x86Frame<Kernel>(
  w: Words,
  { bare, vendor, model, kernel, ownerOf }:
    & Pick<X86Frame, "bare" | "vendor" | "model" | "ownerOf">
    & {
      readonly kernel: Kernel;
    },
): X86Frame & { readonly kernel: Kernel } {
  return {
    w,
    vm: 0,
    vcpu: 0,
    user: 0,
    cpu: 0,
    lo: 0,
    hi: 0,
    nextLo: 0,
    nextHi: 0,
    sink: null,
    bare,
    vendor,
    model,
    kernel,
    ownerOf,
  };
}
