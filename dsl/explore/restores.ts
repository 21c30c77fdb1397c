/**
 * Whether a search saves and restores the VM, and how.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import { PROPERTY } from "../../engine/explore/mod.ts";
import type { ActionOf } from "../actions.ts";

/**
 * The VMM that may save and restore the VM; undefined if none may.
 *
 * @param said the line about it; without it what the properties need
 * @param never bits of properties
 */
export function restoresOf(
  { vmms }: Architecture,
  said: ActionOf<"restore"> | undefined,
  never: number,
): string | undefined {
  const mode = said?.mode ??
    ((never & PROPERTY["lost-over-migration"]) !== 0 ? "any" : "none");
  return mode === "any" ? said?.vmm ?? vmms[0] : undefined;
}
