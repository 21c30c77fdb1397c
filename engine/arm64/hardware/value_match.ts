/**
 * The upper half of an address against that of DBGBVR or DBGWVR. Rule arm64:A/5.1.
 *
 * @module
 */
import { UNMET, type Unmet } from "./unmet.ts";

/** Bits of the high word that belong to VA[48:32]. */
const VA_HIGH = 0x1_ffff;

/** Bits 63:48 of a register, all ones. */
const ALL_ONES = 0xffff;

/**
 * Compares VA[48:32]. The bits above are compared only if the register's own are neither all zero nor all ones, where
 * that is UNPREDICTABLE: a tag in the address makes no difference.
 *
 * @param register bits 63:32 of the value register
 * @param address bits 63:32 of the address
 * @returns `UNMET.none`, `UNMET.address`, or `UNMET.signExtension` for a difference that the architecture leaves open
 *
 * Arm ARM, AArch64.BreakpointValueMatch() and AArch64.WatchpointByteMatch(): DebugAddrTop() is 48 without FEAT_LVA.
 */
export function highUnmet(
  { register, address }: { register: number; address: number },
): Unmet {
  const differs = register ^ address;
  if (differs === 0) return UNMET.none;
  if ((differs & VA_HIGH) !== 0) return UNMET.address;
  const above = register >>> 16;
  return above === 0 || above === ALL_ONES ? UNMET.none : UNMET.signExtension;
}
