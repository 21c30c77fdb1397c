/**
 * The pages of docs/ say what is so: what is generated is current, what they show is what the program prints, and the
 * files that docs/architecture.md names are those of the tree.
 */
import { assert, assertEquals } from "@std/assert";
import { INSTRUCTIONS } from "../dsl/instructions.ts";
import { describedStatements } from "../dsl/statement_texts.ts";
import { generated, PAGES, stale } from "../tools/docs.ts";
import { carryOut, commandOf } from "../tools/docs/language.ts";
import { typeMistakes, withOutputs } from "../tools/docs/console.ts";
import { enclosing } from "../tools/docs/enclosing.ts";
import { fileSummary } from "../tools/docs/files.ts";
import { folderImports } from "../tools/docs/import_graph.ts";
import { sourceFiles } from "./source_files.ts";

const ROOT = new URL("../", import.meta.url);

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

Deno.test("docs: what is generated is current; `deno task docs` writes it", async (t) => {
  const files = await generated();
  for (const [path, text] of files) {
    await t.step(path, () => assertEquals(exists(path) && read(path), text));
  }
  await t.step("nothing else is in the folders of generated files", () => {
    assertEquals(stale(files), []);
  });
});

Deno.test("docs: each statement's example runs, and each of its mistakes is one", async (t) => {
  for (const row of describedStatements()) {
    assert(row.example !== "", `dsl/statement_texts.ts has no ${row.word}`);
    await t.step(row.word, async () => {
      const { status, printed } = await carryOut(row.example, {
        files: row.exampleFiles,
        command: commandOf(row),
      });
      assertEquals(status, 0, printed);
      assert(row.mistakes.length > 0, "no mistake is shown");
      for (const script of row.mistakes) {
        const { status, printed } = await carryOut(script);
        assert(status !== 0, `${script} is no mistake`);
        const places = printed.match(/^ *example\.dregs:\d+:\d+: error/gm) ??
          [];
        assertEquals(places.length, 1, `${script}\n${printed}`);
      }
    });
  }
});

Deno.test("docs: each instruction's example runs", async () => {
  for (const { word, example } of INSTRUCTIONS) {
    const { status, printed } = await carryOut(example);
    assertEquals(status, 0, `${word}: ${printed}`);
  }
});

Deno.test("docs: a session whose output is another is found", async () => {
  const page = "```console\n$ dregs --version\ndregs 0\n```\n";
  const now = await withOutputs(page);
  assert(now !== page);
  assertEquals(await withOutputs(now), now);
  const slow = "```console\n$ dregs run -e run\n```\n";
  assert((await withOutputs(slow)).includes("vCPU 0 on CPU 0"));
});

Deno.test("docs: how long something took is not compared", async () => {
  const page = await withOutputs(
    "```console\n$ dregs explore builtin:explore/missed_breakpoint\n```\n",
  );
  const slower = page.replace(/, [\d.]+ s$/m, ", 99.9 s");
  assert(slower !== page);
  assertEquals(await withOutputs(slower), slower);
});

/** Blocks that no test carries out: they need a clone's tasks, or another program. */
const NOT_CARRIED_OUT =
  /^(npx -y deno@[\d.]+ task (demo|test)\n)+$|^deno task compile\n$/;

Deno.test("docs: every block of these pages is carried out", () => {
  for (const page of PAGES) {
    for (
      const [, head, text] of read(page).matchAll(
        /^```([^\n]*)\n(.*?)^```$/gms,
      )
    ) {
      const known = /^console$|^(dregs|ts ignore) file=\S+$|^text actions=\S+$/
        .test(head);
      assert(known || NOT_CARRIED_OUT.test(text), `${page}: ${text}`);
      if (head === "console") assert(text.startsWith("$ "), `${page}: ${text}`);
    }
  }
});

Deno.test("docs/library.md: its scripts have no mistake in their types", async () => {
  const page = read("docs/library.md");
  assertEquals(await typeMistakes(page), "");
  const wrong = page.replaceAll("found.states", "found.stats");
  assert(wrong !== page);
  assert((await typeMistakes(wrong)).includes("'stats' does not exist"));
});

Deno.test("docs: what pages link to is there", async () => {
  const pages = await sourceFiles((path) => path.endsWith(".md"));
  const missing = [...pages].flatMap(([page, text]) => {
    const folder = page.replace(/[^/]*$/, "");
    // A fenced block may have anything.
    const prose = text.replace(/^```.*?^```$/gms, "");
    return [...prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((
      [, to],
    ) => to).filter((to) => !/^https?:/.test(to) && !exists(folder + to)).map((
      to,
    ) => `${page}: ${to}`);
  });
  assertEquals(missing, []);
});

/** Paths in backquotes from the root, `ARCH` standing for either architecture. */
function paths(text: string): string[] {
  return [...text.matchAll(/`(([a-z]\w*)\/[\w/.]+)`/g)].filter((
    [, , top],
  ) => exists(top)).flatMap(([, path]) =>
    path.includes("ARCH")
      ? [path.replace("ARCH", "arm64"), path.replace("ARCH", "x86")]
      : [path]
  );
}

for (const page of ["docs/architecture.md", "CONTRIBUTING.md"]) {
  Deno.test(`${page}: the files and folders that it names are there`, () => {
    const named = paths(read(page));
    assert(named.length > 0);
    assertEquals(named.filter((path) => !exists(path)), []);
  });
}

/** What docs/architecture.md adds as an example, and how to find its places in the source. */
const ADDED: readonly (readonly [
  heading: string,
  at: RegExp,
  files: RegExp,
])[] = [
  ["A kernel", /\bbenneeV2\b/, /^engine\//],
  ["A rule", /\barm64:D15\b|^ +D15: \{/m, /^(engine|scenarios)\/arm64\//],
  ["A register", /\bDBGVCR32/i, /^engine\//],
  ["An instruction", /"taskswitch"|^ +taskswitch: \{/m, /^(dsl|engine)\//],
  [
    "A statement",
    /word: "interrupt"|^ +interrupt: \(/m,
    /^dsl\/(?!explore\/|testing\.ts)/,
  ],
  [
    "A form of a statement",
    /vcpu-?operation/i,
    /^dsl\/(?!explore\/)/,
  ],
  ["A property", /^ +stale: \{/m, /^(engine|dsl|cli|repl)\//],
  ["A command", /^ +name: "demo"/m, /^cli\//],
  ["An output format", /\btapReporter\b/, /^cli\//],
];

for (const [heading, at, within] of ADDED) {
  Deno.test(`docs/architecture.md: ${heading}: its list is of the places in the source`, async () => {
    const page = read("docs/architecture.md");
    const from = page.indexOf(`\n### ${heading}\n`);
    assert(from > 0, "no such section");
    const section = page.slice(from + 1).split(/^##/m)[1];
    const items = section.split("\n").filter((line) => line.startsWith("- "))
      .flatMap((line) => paths(line.split(":")[0]));
    const files = await sourceFiles((path) =>
      within.test(path) && /(?<!_test)\.(ts|dregs)$/.test(path)
    );
    const found = [...files].filter(([, text]) => at.test(text)).map((
      [path],
    ) => path);
    // A rule may be shown by more than one scenario.
    const code = (list: readonly string[]) =>
      list.filter((path) => !path.startsWith("scenarios/")).sort();
    assertEquals(code(items), code(found));
    for (const path of items) assert(found.includes(path), path);
  });
}

Deno.test("docs/architecture.svg: the arrows are those of the imports", () => {
  const imports = folderImports(
    new Map([
      ["cli/main.ts", 'import { a } from "../dsl/load.ts";'],
      ["dsl/load.ts", 'export * from "./syntax/parser.ts";'],
      ["dsl/syntax/parser.ts", 'import type { B } from "../source.ts";'],
      ["dsl/source.ts", '/** import "./syntax/parser.ts" */'],
      ["engine/x86/kvm/entry.ts", 'await import("../hardware/match.ts");'],
      ["engine/x86/hardware/match.ts", ""],
      ["engine/x86/hardware/match_test.ts", 'import "../kvm/entry.ts";'],
    ]),
  );
  assertEquals(
    Object.fromEntries([...imports].map(([from, to]) => [from, [...to]])),
    {
      "cli": ["dsl"],
      "dsl": ["dsl/syntax"],
      "dsl/syntax": [],
      "engine/ARCH/kvm": ["engine/ARCH/hardware"],
      "engine/ARCH/hardware": [],
    },
  );
});

Deno.test("docs/files.md: what is read from a source file", () => {
  assertEquals(
    fileSummary(
      "engine/x86/dr6.ts",
      `/**
 * DR6 at an exit, as \`kvm_run.debug\` has it:
 * active high. More of it.
 *
 * Another paragraph.
 *
 * @module
 */
import "./a.ts";

/** Whether \`dr7\` enables
 * slot 1. Never throws. */
export function enabled(dr7: number): boolean {
  return dr7 > 0;
}

/** The constant is left out. */
const MASK = 1;

/** All of them. */
export const MASKS = [MASK];

/** Four of them. */
export class Slots {
  /**
   * Frees a slot.
   *
   * @returns EBUSY if it is
   *   in use
   */
  free(n: number): number {
    return n;
  }

  #take(n: number): number {
    if (n > 3) {
      return 0;
    }
    return n;
  }
}

function bare(): void {}

/**
 * All slots.
 *
 * @param dr7 the register
 */
function* slots(dr7: number) {}
`,
    ),
    {
      subject:
        "DR6 at an exit, as `kvm_run.debug` has it: active high. More of it.",
      functions: [
        ["enabled()", "Whether `dr7` enables slot 1."],
        ["MASKS", "All of them."],
        ["Slots", "Four of them."],
        ["free()", "Frees a slot; returns EBUSY if it is in use"],
        ["slots()", "All slots."],
      ],
      others: ["#take()", "bare()"],
    },
  );
});

Deno.test("docs/files.md: fields of the records of behaviours alone are listed", () => {
  const text = `/** A record. */

/** What differs. */
interface Behaviours {
  /** A skipped instruction counts as a step. */
  readonly skipAdvancesStep: boolean;
}
`;
  const fields = (path: string) =>
    fileSummary(path, text).functions.map(([name]) => name);
  assertEquals(fields("engine/arm64/kvm/kernel.ts"), ["skipAdvancesStep"]);
  assertEquals(fields("engine/arm64/kvm/mdcr.ts"), []);
});

Deno.test("docs/sources.md: the function that a line is in", () => {
  const text = `/** A. */
const A = 1; // line 2

/**
 * Sets. Rule x86:D1. (line 5)
 */
export function set(): void {
  call(A);
}

class Machine {
  /** Takes. (line 12) */
  #take(n: number): number {
    return n;
  }
}
`;
  const at = (...lines: number[]) => enclosing(text, lines);
  assertEquals(at(2), ["A"]);
  assertEquals(at(5, 8), ["set()"]);
  assertEquals(at(11, 12, 14), ["Machine", "#take()"]);
});
