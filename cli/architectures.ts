/**
 * The architectures that the engine has.
 *
 * @module
 */
import { ARCH_NAMES, type Architecture, architecture } from "../engine/mod.ts";

/** All of them, in the order of their names' list. */
export function architectures(): Architecture[] {
  return ARCH_NAMES.flatMap((name) => architecture(name) ?? []);
}
