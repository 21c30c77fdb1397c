/**
 * What an x86 step works on. It is defined with the kernel, whose functions take it.
 *
 * @module
 */
export type { X86Frame } from "./kvm/kernel.ts";
