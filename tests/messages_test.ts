/**
 * Every message of the program, printed into one snapshot, so that the list can be read as a stranger would.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { compile } from "../dsl/explore/model.ts";
import { explorations } from "../dsl/explore/exploration.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { expectedList, expectedWords } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { marked } from "../dsl/testing.ts";
import { MISTAKES } from "../dsl/testing_mistakes.ts";
import { FOREIGN_WORDS } from "../repl/foreign_words.ts";
import { memoryWorld } from "../repl/memory_world.ts";
import { Repl } from "../repl/repl.ts";
import {
  CALLS,
  FILES,
  INCLUDED,
  LIMITED,
  RUNS,
  SESSIONS,
  TEXTS,
} from "./message_examples.ts";
import { messagePieces } from "./message_sources.ts";
import { sourceFiles } from "./source_files.ts";

const READER = pathReader((path) => INCLUDED[path]);

/** A diagnostic without its place. */
function told(diagnostic: Diagnostic): string {
  const { code, message, hint, notes = [] } = diagnostic;
  const expected = expectedWords(diagnostic);
  return [
    `${code}: ${message.replace("\x07", "\ufffd")}`,
    ...(expected.length > 0 ? [`    expected ${expectedList(expected)}`] : []),
    ...(hint === undefined ? [] : [`    ${hint}`]),
    ...notes.map((note) => `    note: ${note.message}`),
  ].join("\n");
}

/** What is wrong with texts before they run. */
function checked(): Diagnostic[] {
  const texts = [...MISTAKES.map(([, text]) => marked(text).text), ...TEXTS];
  const found = texts.flatMap((text) => {
    const { diagnostics } = load({ name: "test.dregs", text }, {
      reader: READER,
    });
    assert(diagnostics.length > 0, text);
    return diagnostics;
  });
  const limits = limitsOf(100);
  const limited = LIMITED.flatMap((text) =>
    load({ name: "test.dregs", text }, { reader: READER, limits }).diagnostics
  );
  return [...found, ...limited];
}

/** What fails while texts run. */
function ran(): Diagnostic[] {
  return RUNS.flatMap((text) => {
    const loaded = load({ name: "test.dregs", text }, { reader: READER });
    if (!loaded.ok) return loaded.diagnostics;
    const searched = explorations(loaded.file).flatMap((exploration) => {
      const compiled = compile(exploration, {
        profile: undefined,
        limit: LIMIT_DEFAULT,
      });
      return compiled.ok ? [] : compiled.diagnostics;
    });
    const settings = {
      profile: undefined,
      filter: undefined,
      trace: false,
      limit: 1000,
    };
    const found = [
      ...searched,
      ...[...runFile(loaded.file, settings)].flatMap(({ failures }) =>
        failures.map(({ diagnostic }) => diagnostic)
      ),
    ];
    assert(found.length > 0, text);
    return found;
  });
}

/** Parts of searches of two files with the same name, as `--merge` takes them. */
async function partsOfSearches(): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  const blocks = ["vcpu 0 { isb }", "choose x in 0..3; vcpu 0 { isb }"];
  for (const [index, block] of blocks.entries()) {
    const files = { "search.dregs": `explore { ${block} }\n` };
    const io = new MemoryIo({ files });
    const shard = ["--shard", `${index + 1}/2`, "--workers", "1"];
    await main(["explore", "--format", "json", ...shard, "search.dregs"], io);
    parts[`part${index + 1}.json`] = io.stdout;
  }
  parts["part2_old.json"] = parts["part2.json"].replace(/"digest": .*/, "");
  return parts;
}

/** What the program says to arguments. */
async function called(): Promise<string[]> {
  const files = { ...FILES, ...await partsOfSearches() };
  const said: string[] = [];
  const silent: (readonly string[])[] = [];
  for (const args of CALLS) {
    const io = new MemoryIo({ files, under: denoIo() });
    await main(args, io);
    if (io.stderr === "") silent.push(args);
    said.push(`$ dregs ${args.join(" ")}\n${io.stderr.trimEnd()}`);
  }
  assertEquals(silent, [], "calls without a message");
  return said;
}

/** What the interactive view says. */
function typed(): string[] {
  return SESSIONS.flatMap((lines) => {
    const files = new Map([["other", "mine\n"]]);
    const repl = new Repl(memoryWorld(files, () => 10_000), { echoes: true });
    return lines.map((line) =>
      [`dregs> ${line}`, ...repl.submit(line).lines].join("\n")
    );
  });
}

/** What is said of files that the interactive view is opened with. */
function opened(): string[] {
  const texts: readonly (readonly [text: string, filter?: string])[] = [
    ['scenario "one" { run }\nscenario "two" { run }\n', "none"],
    ['scenario "one" { run }\nscenario "two" { run }\n'],
    ['for i in 0..1 {\n  scenario "{i}" { run }\n}\n'],
    ["run\n"],
    ["rnu\n"],
    ["explore { vcpu 0 { isb } }\n"],
  ];
  return texts.map(([text, filter]) => {
    const repl = new Repl(memoryWorld(new Map(), () => 10_000));
    const { lines } = repl.open("file.dregs", text, filter);
    return ["$ dregs repl file.dregs", ...lines].join("\n");
  });
}

/** What is said to words of gdb. */
function foreign(): string[] {
  const repl = new Repl(memoryWorld(new Map(), () => 10_000));
  const said = FOREIGN_WORDS.map((word) =>
    repl.submit(word).lines.join("\n").replace(/^`[^`]*` /, "")
  );
  return [...new Set(said)];
}

/** Each text once, those of diagnostics by code. */
function once(diagnostics: readonly Diagnostic[]): string[] {
  return [...new Set(diagnostics.map(told))].sort((a, b) =>
    a.split(":")[0].localeCompare(b.split(":")[0])
  );
}

Deno.test("messages: all of them", async (t) => {
  const parts: [name: string, texts: readonly string[]][] = [
    ["mistakes in a text", once(checked())],
    ["failures of a run", once(ran())],
    ["the command line", await called()],
    ["the interactive view", [...typed(), ...opened()]],
    ["words of gdb", foreign()],
  ];
  for (const [name, texts] of parts) {
    await t.step(name, async (step) => {
      await step.assertSnapshot(texts.join("\n"));
    });
  }
  const all = parts.flatMap(([, texts]) => texts).join("\n");
  await t.step(
    "each piece of a message in the sources is among them",
    async () => {
      const files = await sourceFiles((path) =>
        /^(dsl|cli|repl)\/.*(?<!_test)\.ts$/.test(path) &&
        !NOT_COVERED.includes(path)
      );
      const missing = [...files].flatMap(([path, source]) =>
        messagePieces(path, source).filter(({ text }) =>
          !all.includes(text.trim()) && !HARD.includes(text.trim())
        )
      );
      assertEquals(missing, []);
    },
  );
});

/**
 * Pieces that no example brings out: of a machine that starts no threads, of a search that the user stops, of a commit
 * in several changes.
 */
const HARD = [
  "dregs explore: searched in one thread instead of",
  "dregs bisect: stopped",
  "` is part of",
  "and of",
  "write the name of one",
];

/** Sources whose texts are no messages of the program: samples of tests. */
const NOT_COVERED = ["dsl/render/samples.ts", "cli/memory_io.ts"];

Deno.test("messages: begin in lower case, without a period, code in backquotes", () => {
  for (const { message, hint } of [...checked(), ...ran()]) {
    for (const text of hint === undefined ? [message] : [message, hint]) {
      // A register, a kernel's name or an acronym may come first.
      assert(!/^[A-Z][a-z]/.test(text), text);
      assert(!/\.$/.test(text), text);
      assertEquals((text.split("`").length - 1) % 2, 0, text);
    }
  }
});
