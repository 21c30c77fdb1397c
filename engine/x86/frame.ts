/**
 * What an x86 step works on: the blocks, the kernel's behaviour and the physical machine that does not change.
 *
 * @module
 */
import type { Frame } from "../rules.ts";
import type { X86Model } from "./hardware/models.ts";
import type { X86Kernel } from "./kvm/kernel.ts";

/** Who made the CPU, and with it which virtualization extension it has. */
export type Vendor = "vmx" | "svm";

/** A frame with the physical CPU's model. */
export interface HardwareFrame extends Frame {
  readonly vendor: Vendor;
  readonly model: X86Model;
}

/** A frame with kernel and hardware. */
export interface X86Frame extends HardwareFrame {
  readonly kernel: X86Kernel;
}
