/**
 * What a profile is on arm64.
 *
 * @module
 */
import type { ProfileHead } from "../../profile_list.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";

/** One kernel, with options of its own. */
export interface Arm64Profile extends Arm64Kernel, ProfileHead<Arm64Kernel> {}
