/**
 * Recordings, by `conform`, and the JSON verdicts that `explore --merge` joins.
 *
 * @module
 */
import * as fc from "fast-check";
import { recordings, verdicts } from "./corpus.ts";
import { runCommand } from "./program.ts";
import { spoiltJson, spoiltLines } from "./spoil.ts";
import type { Surface } from "./surface.ts";

/** Recordings. */
export async function recordingsSurface(): Promise<Surface> {
  return {
    name: "recordings",
    about: "a recording, for conform",
    inputs: spoiltLines(await recordings()),
    give: async (text) => {
      const file = "a.jsonl";
      await runCommand(["conform", file], { [file]: text as string });
    },
  };
}

/** Verdicts. */
export async function mergeSurface(): Promise<Surface> {
  const documents = fc.array(spoiltJson(await verdicts()), {
    minLength: 1,
    maxLength: 3,
  });
  return {
    name: "merge",
    about: "JSON verdicts, for explore --merge",
    inputs: documents,
    give: async (input) => {
      const files = Object.fromEntries(
        (input as string[]).map((text, n) => [`${n}.json`, text]),
      );
      await runCommand(["explore", "--merge", ...Object.keys(files)], files);
    },
  };
}
