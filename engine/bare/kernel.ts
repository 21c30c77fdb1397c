/**
 * `kernel bare`: no kernel, and no hypervisor.
 *
 * @module
 */
import type { KernelAnswer, KernelInfo } from "../architecture.ts";
import { splitKernel } from "../kernel_text.ts";

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
    madeFrom: undefined,
    code: undefined,
    rows: undefined,
    notes: [],
  };
}

/** The answer to a kernel's text, if that is it, or that with changes, which it cannot have. */
export function bareAnswer(
  info: KernelInfo,
  text: string,
): KernelAnswer | undefined {
  if (text.trim() === BARE) return { ok: true, info };
  const words = splitKernel(text);
  if ("reason" in words || words.base !== BARE) return undefined;
  return {
    ok: false,
    reason: `${BARE} has no hypervisor, and so no changes`,
    wrong: [...words.with, ...words.without][0],
    expected: [],
  };
}
