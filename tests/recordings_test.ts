/**
 * Every recording of a real kernel agrees with the model.
 */
import { assert, assertEquals } from "@std/assert";
import { replay } from "../conform/mod.ts";

const ROOT = new URL("./recordings/", import.meta.url);

const FOLDERS = [
  "arm64/",
  "arm64/cortex-a57/",
  "arm64/linux-6.12/",
  "arm64/linux-7.2/",
  "x86/",
  "x86/intel-6.1/",
  "x86/linux-7.2/",
];

for (const folder of FOLDERS) {
  const files = [...Deno.readDirSync(new URL(folder, ROOT))]
    .map(({ name }) => name).filter((name) => name.endsWith(".jsonl")).sort();
  for (const file of files) {
    Deno.test(`recording ${folder}${file} agrees`, () => {
      const text = Deno.readTextFileSync(new URL(folder + file, ROOT));
      const { differences, observations } = replay(text);
      assertEquals(differences, []);
      assert(observations > 0, "nothing was compared");
    });
  }
}
