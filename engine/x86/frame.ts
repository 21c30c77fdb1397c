/**
 * What an x86 step works on: the blocks, and the physical CPU's model, which does not change.
 *
 * @module
 */
import type { BreakpointOwner } from "../events.ts";
import type { Frame } from "../rules.ts";
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
