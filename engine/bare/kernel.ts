/**
 * `kernel bare`: no kernel, and no hypervisor.
 *
 * @module
 */
import type { KernelAnswer, KernelInfo } from "../architecture.ts";

/** As a script names it. */
export const BARE = "bare";

/** What lists and checks know of it, by the vendors of an architecture. */
export function bareInfo(vendors: readonly string[]): KernelInfo {
  return {
    name: BARE,
    about: "no hypervisor: the machine itself, with what the guest was given",
    source: "the architecture's manuals",
    vendors,
    options: {},
    isBare: true,
    release: undefined,
    rows: undefined,
    notes: [],
  };
}

/** The answer to a kernel's text, if that is it. */
export function bareAnswer(
  info: KernelInfo,
  text: string,
): KernelAnswer | undefined {
  return text.trim() === BARE ? { ok: true, info } : undefined;
}
