/**
 * What a profile is on x86.
 *
 * @module
 */
import { type ProfileHead, withOptions } from "../../profile_list.ts";
import type { Vendor } from "../hardware/models.ts";
import type { X86Kernel } from "../kvm/kernel.ts";

/** One kernel, for both vendors; its options change either. */
export interface X86Profile extends ProfileHead<X86Kernel> {
  /** On Intel. */
  readonly vmx: X86Kernel;
  /** On AMD. */
  readonly svm: X86Kernel;
}

/** A profile's kernel for a vendor, with the options that were chosen. */
export function profileKernel(
  profile: X86Profile,
  vendor: Vendor,
  chosen: Readonly<Record<string, string>>,
): X86Kernel {
  return withOptions(profile[vendor], profile.options, chosen);
}
