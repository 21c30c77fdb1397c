import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { allRules, ARCH_NAMES, architecture } from "../engine/mod.ts";
import { load, pathReader } from "../dsl/load.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import { INSTRUCTIONS } from "../dsl/instructions.ts";
import { type StatementRow, STATEMENTS, wordsAt } from "../dsl/statements.ts";
import { help, overview, topics } from "./help.ts";
import { REPL_WORDS } from "./words.ts";

const ARM64 = architecture("arm64")!;

Deno.test("help: lists every statement and every word of its own", () => {
  const text = overview(PLAIN_PAGE).join("\n");
  for (const word of wordsAt("script")) {
    assertStringIncludes(text, `  ${word} `);
  }
  for (const { word } of REPL_WORDS) assertStringIncludes(text, `  ${word} `);
});

Deno.test("help: each statement and instruction has forms and an example without a mistake", () => {
  const rows: readonly Pick<
    StatementRow,
    "word" | "forms" | "example" | "exampleFiles"
  >[] = [
    ...STATEMENTS,
    ...INSTRUCTIONS.map((row) => ({ ...row, forms: [row.form] })),
  ];
  for (const { word, forms, example, exampleFiles = {} } of rows) {
    for (const form of forms) {
      const starts = form.startsWith(word) || form.startsWith("either");
      assert(starts, `${form} is a form of ${word}`);
    }
    const reader = pathReader((path) => exampleFiles[path]);
    const loaded = load({ name: word, text: example }, { reader });
    assertEquals(loaded.diagnostics, [], word);
  }
});

Deno.test("help: every topic that completion offers has help", () => {
  for (const name of ARCH_NAMES) {
    const arch = architecture(name)!;
    for (const topic of topics(arch)) {
      const [first] = help(topic, arch, PLAIN_PAGE);
      assert(!first.startsWith("there is no help"), topic);
    }
  }
});

Deno.test("help: every field of every register, and every rule", () => {
  for (const name of ARCH_NAMES) {
    const arch = architecture(name)!;
    for (const { short, layout } of arch.registers.all) {
      for (const field of layout.fields) {
        const [first] = help(`${short}.${field.name}`, arch, PLAIN_PAGE);
        assertStringIncludes(first, `.${field.name}: bit`);
      }
    }
    for (const { id, sentence } of allRules(name)) {
      const lines = help(id, arch, PLAIN_PAGE);
      assert(lines[0].startsWith(id), id);
      assertStringIncludes(
        lines.join(" ").replaceAll(/ +/g, " "),
        sentence.split(" ").slice(0, 3).join(" "),
      );
    }
  }
});

Deno.test("help: what is misspelt has a nearest word", () => {
  assertEquals(help("dbgbrc0", ARM64, PLAIN_PAGE), [
    "there is no help on `dbgbrc0`",
    "  did you mean `dbgbcr0`?",
  ]);
});
