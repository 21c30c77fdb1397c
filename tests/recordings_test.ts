/**
 * Every recording of a real kernel agrees with the model.
 */
import { assert, assertEquals } from "@std/assert";
import { replay } from "../conform/mod.ts";

const ROOT = new URL("./recordings/", import.meta.url);

/** Paths of the recordings below a folder. */
function recordingsUnder(folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) return recordingsUnder(`${path}/`);
    return path.endsWith(".jsonl") ? [path] : [];
  }).sort();
}

for (const path of recordingsUnder("")) {
  Deno.test(`recording ${path} agrees`, () => {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    const { differences, observations } = replay(text);
    assertEquals(differences, []);
    assert(observations > 0, "nothing was compared");
  });
}
