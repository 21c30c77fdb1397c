/**
 * Names of KVM's own state, and the registers whose fields their values have.
 *
 * @module
 */
import type { Architecture, RegisterInfo } from "../engine/mod.ts";

/**
 * The register whose layout a value of KVM's own state has: `mdcr_el2` is one itself, `saved_mdscr_el1` and
 * `stored_dbgbcr0` hold one.
 *
 * @returns undefined for a flag or a number
 */
export function kvmRegister(
  { registers }: Architecture,
  name: string,
): RegisterInfo | undefined {
  const own = registers.find(name);
  if (own) return own;
  const underscore = name.indexOf("_");
  return underscore < 0
    ? undefined
    : registers.find(name.slice(underscore + 1));
}
