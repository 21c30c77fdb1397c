/**
 * What the scenarios of the catalogue do under a few kernels, event by event, is as it was: a change of the model says
 * which it changes, and `deno task traces` shows how.
 */
import { assertEquals } from "@std/assert";
import {
  columnsOf,
  DIGESTS,
  digestsText,
  parseDigests,
  traceDigest,
  tracedNames,
  tracedTexts,
} from "./traces/digests.ts";

const TEXTS = await tracedTexts();
const NAMES = tracedNames(TEXTS);
const KEPT = parseDigests(await Deno.readTextFile(DIGESTS));

const FOLDERS = Map.groupBy(
  NAMES,
  (path) => path.slice(0, path.lastIndexOf("/")),
);

for (const [folder, paths] of FOLDERS) {
  for (const column of columnsOf(paths[0])) {
    Deno.test(`traces: ${folder}, ${column}: as it was, or accepted by \`deno task traces --accept\``, async () => {
      const changed: string[] = [];
      for (const path of paths) {
        const found = await traceDigest(path, TEXTS, column);
        if (KEPT.get(path)?.[column] !== found) {
          changed.push(`deno task traces --beside HEAD ${path}`);
        }
      }
      assertEquals(changed, []);
    });
  }
}

Deno.test("traces: digests are kept of all that is traced, and of nothing else", () => {
  assertEquals([...KEPT.keys()].toSorted(), NAMES.toSorted());
});

Deno.test("traces: digests are read as they are written", () => {
  const text = "a/b.dregs own=00ff 7.3-svm=1234\nc.dregs own=1\n";
  assertEquals(digestsText(parseDigests(text)), text);
});
