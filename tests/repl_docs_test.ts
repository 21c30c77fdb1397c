import { assert, assertEquals } from "@std/assert";
import { runFile } from "../dsl/run/scenario.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { memoryWorld } from "../repl/memory_world.ts";
import { runLines } from "../repl/plain.ts";
import { Repl } from "../repl/repl.ts";

const DOCS = Deno.readTextFileSync(
  new URL("../docs/repl.md", import.meta.url),
);

/** What the page shows: transcripts, and files that the session wrote. */
const SHOWN = [...DOCS.matchAll(/^```(dregs)?\n(.*?)^```$/gms)].map((
  [, isFile, text],
) => ({ isFile: isFile !== undefined, text }));

Deno.test("docs/repl.md: its session, typed again, looks the same", async () => {
  const files = new Map<string, string>();
  const repl = new Repl(memoryWorld(files), { echoes: true });
  let transcripts = 0;
  for (const { isFile, text } of SHOWN) {
    if (isFile) {
      assertEquals(files.get("case.dregs"), text);
      continue;
    }
    const typed = [...text.matchAll(/^dregs> (.*)$/gm)].map(([, line]) => line);
    if (typed.length === 0) continue;
    let said = "";
    await runLines(repl, typed, (part) => {
      said += part;
    });
    assertEquals(said, text);
    transcripts++;
  }
  assert(transcripts >= 7, `${transcripts} transcripts`);
});

Deno.test("docs/repl.md: the file that it saves passes", () => {
  const [file] = SHOWN.filter(({ isFile }) => isFile);
  const loaded = load({ name: "case.dregs", text: file.text }, {});
  assert(loaded.ok);
  const results = [...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  })];
  assertEquals(results.map(({ status }) => status), ["passed"]);
});
