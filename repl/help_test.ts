import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { allRules, ARCH_NAMES, architecture } from "../engine/mod.ts";
import { load, pathReader } from "../dsl/load.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import { INSTRUCTIONS } from "../dsl/instructions.ts";
import {
  type DescribedStatement,
  describedStatements,
} from "../dsl/statement_texts.ts";
import { STATEMENTS, wordsAt } from "../dsl/statements.ts";
import { FOREIGN_WORDS, foreignAdvice } from "./foreign_words.ts";
import { help, overview, topics } from "./help.ts";
import { REPL_WORDS } from "./words.ts";

const ARM64 = architecture("arm64")!;

Deno.test("help: lists every statement and every word of its own", () => {
  const words = [
    ...wordsAt("script"),
    ...REPL_WORDS.map(({ word }) => word),
  ];
  for (const rows of [undefined, 24, 50]) {
    const lines = overview(PLAIN_PAGE, rows);
    for (const word of words) {
      assert(
        lines.some((line) => ` ${line} `.includes(`  ${word} `)),
        `${word}, ${rows}`,
      );
    }
  }
});

Deno.test("help: fits a terminal of 80 columns and 24 lines", () => {
  const lines = overview(PLAIN_PAGE, 24);
  assert(lines.length <= 22, `${lines.length} lines`);
  for (const list of ["statements", "commands", "views"]) {
    const { length } = help(list, ARM64, PLAIN_PAGE);
    assert(length <= 22, `${list}: ${length} lines`);
  }
  // Where there is room, each word is explained.
  assertStringIncludes(
    overview(PLAIN_PAGE, 50).join("\n"),
    "lists the statements with their numbers",
  );
});

Deno.test("help: a view is explained; hw has the intended values", () => {
  for (const view of ["guest", "user", "hw", "cpu", "kvm"]) {
    assertStringIncludes(
      help(view, ARM64, PLAIN_PAGE).join("\n"),
      `${view}: a view of a register`,
    );
  }
  assertStringIncludes(help("hw", ARM64, PLAIN_PAGE)[1], "intended");
});

Deno.test("help: words of gdb point to what does the same, and hide nothing", () => {
  const own = new Set<string>([
    ...STATEMENTS.map(({ word }) => word),
    ...REPL_WORDS.map(({ word }) => word),
  ]);
  for (const word of FOREIGN_WORDS) {
    assert(!own.has(word), word);
    const advice = foreignAdvice(word) ?? "";
    assert(advice.startsWith(`\`${word}\` is not a statement: `), word);
    // What is advised can be written.
    for (
      const [, code] of advice.slice(word.length + 2).matchAll(/`([^`]+)`/g)
    ) {
      const [first] = code.split(/[\s@]/);
      assert(own.has(first) || first === "dregs" || code === "@N", code);
    }
  }
  for (
    const line of ["x/4x 0x1000", "info registers", "step 3", "q;", "s"]
  ) assert(foreignAdvice(line) !== undefined, line);
  for (const line of ["steps", "run", "set brps=4", "", "xy 1"]) {
    assertEquals(foreignAdvice(line), undefined, line);
  }
});

Deno.test("help: each statement and instruction has forms and an example without a mistake", () => {
  const rows: readonly Pick<
    DescribedStatement,
    "word" | "forms" | "example" | "exampleFiles"
  >[] = [
    ...describedStatements(),
    ...INSTRUCTIONS.map((row) => ({
      ...row,
      word: row.prefix === undefined ? row.word : `${row.prefix} ${row.word}`,
      forms: [row.form],
    })),
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

Deno.test("help: a change, by its name and by its commit", () => {
  for (const topic of ["root-cause-fix", "70e4da7a8ff6"]) {
    const lines = help(topic, ARM64, PLAIN_PAGE);
    assertEquals(lines[0], "root-cause-fix (x86)");
    assertStringIncludes(lines.join("\n"), "commit 70e4da7a8ff6");
  }
  assertEquals(help("root-cause-fux", ARM64, PLAIN_PAGE), [
    "there is no help on `root-cause-fux`",
    "  did you mean `root-cause-fix`?",
  ]);
});

Deno.test("help: what is misspelt has a nearest word", () => {
  assertEquals(help("dbgbrc0", ARM64, PLAIN_PAGE), [
    "there is no help on `dbgbrc0`",
    "  did you mean `dbgbcr0`?",
  ]);
});
