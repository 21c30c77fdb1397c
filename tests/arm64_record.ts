/**
 * A kernel's record of behaviours, without what its profile says of it.
 *
 * @module
 */
import type { Arm64Kernel } from "../engine/arm64/kvm/kernel.ts";
import { ARM64_PROFILES } from "../engine/arm64/profiles/mod.ts";

/**
 * The record of a profile, or of a version and changes.
 *
 * @throws {RangeError} if there is none of that name
 */
export function arm64Record(name: string): Arm64Kernel {
  const {
    name: _,
    about: _about,
    source: _source,
    code: _code,
    options: _options,
    ...rest
  } = ARM64_PROFILES.byName(name);
  return rest;
}
