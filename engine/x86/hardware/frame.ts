/**
 * What the CPU's own steps work on: the blocks, and the physical machine that does not change.
 *
 * @module
 */
import type { Frame } from "../../rules.ts";
import type { Vendor, X86Model } from "./models.ts";

/** A frame with the physical CPU's model. */
export interface HardwareFrame extends Frame {
  readonly vendor: Vendor;
  readonly model: X86Model;
}
