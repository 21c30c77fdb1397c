/**
 * The version of the program.
 *
 * @module
 */
import denoConfig from "../deno.json" with { type: "json" };
import { embedded } from "./embedded.ts";

/** As `deno.json` has it. */
export const VERSION: string = denoConfig.version;

/** The version, and the commit where that is known: `0.1.0 (0123456789ab)`. */
export function versionText(): string {
  const commit = embedded()?.commit ?? "";
  return commit === "" ? VERSION : `${VERSION} (${commit})`;
}
