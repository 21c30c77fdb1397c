/**
 * What a profile is on x86.
 *
 * @module
 */
import type { X86Kernel } from "../kvm/kernel.ts";

/** One kernel, for both vendors. */
export interface X86Profile {
  readonly name: string;
  readonly about: string;
  /** Where its behaviour is read or recorded. */
  readonly source: string;
  readonly vmx: X86Kernel;
  readonly svm: X86Kernel;
}
