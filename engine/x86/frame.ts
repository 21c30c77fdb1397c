/**
 * What an x86 step works on: the hardware's frame, with the kernel's behaviour.
 *
 * @module
 */
import type { HardwareFrame } from "./hardware/frame.ts";
import type { X86Kernel } from "./kvm/kernel.ts";

/** A frame with kernel and hardware. */
export interface X86Frame extends HardwareFrame {
  readonly kernel: X86Kernel;
}
