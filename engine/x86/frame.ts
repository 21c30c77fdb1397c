/**
 * What an x86 step works on: the blocks, and the physical CPU's model, which does not change.
 *
 * @module
 */
import type { Frame } from "../rules.ts";
import type { Vendor, X86Model } from "./hardware/models.ts";

/** A frame with the physical CPU's model. */
export interface X86Frame extends Frame {
  readonly vendor: Vendor;
  readonly model: X86Model;
}
