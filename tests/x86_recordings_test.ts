/**
 * Every recording of KVM/x86 agrees with the model.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseRecording } from "../conform/recording.ts";
import { replayX86Recording } from "../conform/x86.ts";

const ROOT = new URL("./recordings/x86/", import.meta.url);

function files(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))]
    .filter(({ name }) => name.endsWith(".jsonl"))
    .map(({ name }) => folder + name)
    .sort();
}

for (const folder of ["", "intel-6.1/", "linux-7.2/"]) {
  for (const file of files(folder)) {
    Deno.test(`recording x86/${file} agrees`, () => {
      const text = Deno.readTextFileSync(new URL(file, ROOT));
      const replay = replayX86Recording(parseRecording(text));
      assertEquals(replay.differences, []);
      assert(replay.observations > 0, "nothing was compared");
    });
  }
}
