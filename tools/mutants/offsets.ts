/**
 * Fields that blocks of words begin with: adding the offset of one, 0, and subtracting it are the same.
 *
 * @module
 */

/** By the name of the block and the field, of all blocks of that name. */
export const FIRST_FIELDS: ReadonlySet<string> = new Set([
  "VM.dfr0",
  "VM.rtm",
  "VCPU.mode",
  "VCPU_BASE.mode",
  "USER.control",
  "CPU.index",
  "CPU_BASE.index",
  "BARE.bank",
  "BARE.dr",
  "OWN.bank",
  "OWN.dr",
]);
