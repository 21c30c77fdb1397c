/**
 * Whether a search saves and restores the VM, and how.
 *
 * @module
 */
import type { Architecture, Machine } from "../../engine/mod.ts";
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

/**
 * Enables for the VM what its VMM enables for every VM, where the kernel has it.
 *
 * @param vmm one that saves and restores the VM
 */
export function enableAs(
  vmm: string,
  { enabledBy }: Architecture,
  { vm }: Machine,
): void {
  for (const { capability } of enabledBy[vmm] ?? []) {
    if (vm.checkExtension(capability).value) vm.enableCapability(capability);
  }
}
