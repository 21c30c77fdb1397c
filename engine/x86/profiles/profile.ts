/**
 * What a profile is on x86.
 *
 * @module
 */
import type { X86Kernels } from "../history/mod.ts";
import type { X86Behaviour } from "../kvm/behaviour.ts";
import type { X86Kernel } from "../kvm/kernel.ts";

/** One kernel, for both vendors. */
export interface X86Profile {
  readonly name: string;
  readonly about: string;
  /** Where its behaviour is read or recorded. */
  readonly source: string;
  /** Its behaviour, folded when it is first asked for. */
  kernels(): X86Kernels;
  /** Options of its own: by name, by value, what it changes for either vendor; the default value first. */
  readonly options?: Readonly<
    Record<string, Readonly<Record<string, Partial<X86Behaviour>>>>
  >;
}

/** A profile's kernel for a vendor, with the options that were chosen. */
export function profileKernel(
  profile: X86Profile,
  vendor: "vmx" | "svm",
  chosen: Readonly<Record<string, string>>,
): X86Kernel {
  return Object.entries(profile.options ?? {}).reduce(
    (kernel, [name, values]) => ({ ...kernel, ...values[chosen[name]] }),
    profile.kernels()[vendor],
  );
}
