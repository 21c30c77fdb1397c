/**
 * The text that is being written, kept by the browser for a reload of this tab.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Script } from "./messages.ts";
import { isScript } from "./share.ts";

/** What the browser knows it by. */
const KEY = "dregs.playground.draft";

/**
 * Keeps a script.
 *
 * @returns whether that was possible: a browser may have no storage for a page, or none left
 */
export function keepDraft({ name, text, kernels }: Script): boolean {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ name, text, kernels }));
    return true;
  } catch {
    return false;
  }
}

/** What was kept; undefined if nothing was. */
export function keptDraft(): Script | undefined {
  try {
    // Pages of a disk share their storage: this may be of anyone.
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (!isScript(value)) return undefined;
    const { name, text, kernels } = value;
    return { name, text, kernels };
  } catch {
    return undefined;
  }
}
