/**
 * Kernels from outside: the records that profiles are made of, and how another one becomes known.
 *
 * @module
 */
import type { ArchName } from "./architecture.ts";
import { ARM64_PROFILES } from "./arm64/profiles/mod.ts";
import type { Arm64Profile } from "./arm64/profiles/profile.ts";
import type { ProfileList } from "./profile_list.ts";
import { X86_PROFILES } from "./x86/profiles/mod.ts";
import type { X86Profile } from "./x86/profiles/profile.ts";

// What a record of behaviours is made of.
export type { ProfileHead, ProfileOptions } from "./profile_list.ts";
export {
  type Arm64Frame,
  type Arm64Host,
  UNPREDICTABLE as ARM64_UNPREDICTABLE,
  type Unpredictable as Arm64Unpredictable,
} from "./arm64/frame.ts";
export type {
  HardwareModel as Arm64Model,
  KeptBits,
} from "./arm64/hardware/models.ts";
export type {
  Arm64Kernel,
  DebugSwitch,
  KvmFrame as Arm64KvmFrame,
  Numbering,
  SwitchRules,
} from "./arm64/kvm/kernel.ts";
export {
  KIND as ARM64_REGISTER_KIND,
  type Kind as Arm64RegisterKind,
} from "./arm64/registers/ids.ts";
export type { Arm64Profile } from "./arm64/profiles/profile.ts";
export type { X86Frame } from "./x86/frame.ts";
export type { Vendor, X86Model } from "./x86/hardware/models.ts";
export type { KvmFrame as X86KvmFrame, X86Kernel } from "./x86/kvm/kernel.ts";
export type { StatusRule, X86Behaviour } from "./x86/kvm/behaviour.ts";
export type { X86Profile } from "./x86/profiles/profile.ts";

/** What a profile is, by architecture. */
export interface KernelProfiles {
  /** One record of behaviours. */
  readonly arm64: Arm64Profile;
  /** One for each vendor. */
  readonly x86: X86Profile;
}

const LISTS: {
  readonly [Arch in ArchName]: () => ProfileList<KernelProfiles[Arch]>;
} = { arm64: () => ARM64_PROFILES, x86: () => X86_PROFILES };

/**
 * The profile of a name, for others to be made of.
 *
 * @throws {RangeError} if there is none
 */
export function kernelProfile<Arch extends ArchName>(
  arch: Arch,
  name: string,
): KernelProfiles[Arch] {
  return LISTS[arch]().byName(name);
}

/**
 * Adds a kernel: a scenario can then name it, after all others. Workers of a search do not know it.
 *
 * ```ts
 * import { architecture } from "./architectures.ts";
 * import { addKernel, kernelProfile } from "./kernels.ts";
 * import { assert } from "@std/assert";
 *
 * const mainline = kernelProfile("arm64", "linux-6.1");
 * const remove = addKernel("arm64", { ...mainline, name: "no-lock", osLock: false });
 * assert(architecture("arm64")!.profiles.at(-1)!.name === "no-lock");
 * remove();
 * ```
 *
 * @returns removes it again
 * @throws {RangeError} if there is one of that name, releases included, or a text cannot name it
 */
export function addKernel<Arch extends ArchName>(
  arch: Arch,
  profile: KernelProfiles[Arch],
): () => void {
  return LISTS[arch]().add(profile);
}
