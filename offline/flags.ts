/**
 * Prints the flags that make deno work where JSR does not answer, or those for
 * a machine where it does. Every task asks, `deno … $(deno run … offline/flags.ts) …`;
 * deno's own answer to a silent JSR is to wait for it.
 *
 * DREGS_OFFLINE=1 answers without asking, in favour of the stand-ins, and
 * DREGS_OFFLINE=0 in favour of JSR.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import denoConfig from "../deno.json" with { type: "json" };
import { ask } from "./probe.ts";

/** Where the working copy is, so that a task may run from a folder of it. */
const ROOT = new URL("../", import.meta.url);

/** Written when JSR kept silent: for an hour nobody waits for it again. */
const SILENT_FILE = new URL("offline/.jsr_silent", ROOT);
const SILENT_MS = 60 * 60 * 1000;

/** The lock of a machine with JSR: npm's part from ours, JSR's added by deno. */
const LOCK_FILE = new URL("deno.lock", ROOT);

/** The part of a lock file that this script looks at. */
interface Lock {
  readonly npm?: Readonly<Record<string, unknown>>;
  readonly specifiers?: Readonly<Record<string, string>>;
}

/** Which way, and how it was decided, for the line on stderr. */
interface Decision {
  readonly offline: boolean;
  readonly why: string;
}

/** The page that lists a package's versions, where deno itself looks. */
function metaUrls(): URL[] {
  const base = Deno.env.get("JSR_URL") || "https://jsr.io/";
  return Object.values(denoConfig.imports).flatMap((specifier) => {
    const name = /^jsr:(@[^/]+\/[^@/]+)/.exec(specifier)?.[1];
    return name
      ? [new URL(`${name}/meta.json`, base.replace(/\/*$/, "/"))]
      : [];
  });
}

/** Whether JSR was silent within the last hour. */
async function silentLately(): Promise<boolean> {
  try {
    const { mtime } = await Deno.stat(SILENT_FILE);
    return mtime !== null && Date.now() - mtime.getTime() < SILENT_MS;
  } catch {
    return false;
  }
}

/** Asks for every package at once; one that is missing is enough. */
async function decide(): Promise<Decision> {
  const override = Deno.env.get("DREGS_OFFLINE");
  if (override === "1" || override === "0") {
    return { offline: override === "1", why: `DREGS_OFFLINE=${override}` };
  }
  if (override) {
    console.error(`dregs: DREGS_OFFLINE=${override}: expected 0 or 1`);
  }
  if (await silentLately()) {
    return { offline: true, why: "JSR was silent within the last hour" };
  }
  const answers = await Promise.all(metaUrls().map(ask));
  if (answers.includes("silent")) {
    // A working copy that cannot be written to is asked for again.
    await Deno.writeTextFile(SILENT_FILE, "").catch(() => {});
  }
  const offline = answers.some((answer) => answer !== "answers");
  return { offline, why: "JSR does not answer" };
}

/** A lock file, empty where there is none that can be read. */
async function readLock(url: URL): Promise<Lock> {
  try {
    return JSON.parse(await Deno.readTextFile(url));
  } catch {
    return {};
  }
}

/**
 * Gives the lock of a machine with JSR the hashes of npm's packages from the
 * lock that is committed, where it has others or none.
 */
async function lockNpm(): Promise<void> {
  const wanted = await readLock(new URL("offline/deno.lock", ROOT));
  const present = await readLock(LOCK_FILE);
  const npm = { ...present.npm, ...wanted.npm };
  const specifiers = { ...present.specifiers, ...wanted.specifiers };
  const lock = { ...wanted, ...present, specifiers, npm };
  if (isDeepStrictEqual(lock, present)) return;
  await Deno.writeTextFile(LOCK_FILE, JSON.stringify(lock, null, 2) + "\n");
}

const { offline, why } = await decide();
if (offline) {
  console.error(
    `dregs: ${why}: offline/ stands in for @std (DREGS_OFFLINE=0 forbids it)`,
  );
  // Relative, since the task shell would split a folder's name at a space.
  console.log(
    "--import-map=offline/import_map.json --lock=offline/deno.lock --frozen",
  );
} else {
  await lockNpm();
  console.log("--lock=deno.lock --frozen=false");
}
