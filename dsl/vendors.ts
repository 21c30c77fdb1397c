/**
 * The vendors that machines can be of.
 *
 * @module
 */
import { ARCH_NAMES, type Architecture, architecture } from "../engine/mod.ts";

/** The vendors of an architecture, the default first; none if it has only one. */
export function vendorsOf({ profiles }: Architecture): readonly string[] {
  return [...new Set(profiles.flatMap(({ vendors }) => vendors))];
}

/** Whether a word is a vendor of some architecture, in any case. */
export function isVendor(text: string): boolean {
  const word = text.toLowerCase();
  return ARCH_NAMES.some((name) => {
    const arch = architecture(name);
    return arch !== undefined && vendorsOf(arch).includes(word);
  });
}
