/**
 * The version of the program.
 *
 * @module
 */
import denoConfig from "../deno.json" with { type: "json" };

/** As `deno.json` has it. */
export const VERSION: string = denoConfig.version;
