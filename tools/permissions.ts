/**
 * How the bundle is started, whichever way: what it may do, as the task `dregs`
 * has it, and how V8 is to run it.
 *
 * @module
 */

import denoConfig from "../deno.json" with { type: "json" };

/** Flags for deno run and deno compile. */
export const PERMISSIONS: readonly string[] = denoConfig.tasks.dregs.command
  .split(" ").filter((word) =>
    word.startsWith("--allow-") || word === "--no-prompt"
  );

/**
 * A start ends before it has allocated as much as the first, so that nothing is collected. The others have V8 compile
 * less during a start: no function again with Maglev, on another thread, for a dozen calls; and functions with Sparkplug
 * only when there are enough of them, which a start does not reach. A program that runs long is compiled as before.
 */
export const V8_FLAGS = `--v8-flags=${
  [
    "--min-semi-space-size=16",
    "--invocation-count-for-maglev=1500",
    "--baseline-batch-compilation-threshold=262144",
  ].join()
}`;

/** Flags for `deno run` before the bundle: nothing but the file is looked at. */
export const RUN_FLAGS: readonly string[] = [
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--cached-only",
  V8_FLAGS,
  ...PERMISSIONS,
];
