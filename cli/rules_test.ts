import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { allRules, ARCH_NAMES, type RuleEntry } from "../engine/mod.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import type { CitationIndex } from "./citations/index.ts";
import { EMBEDDED_NAME, pack } from "./embedded.ts";
import { denoIo } from "./io.ts";
import { main } from "./main.ts";
import { MemoryIo, type MemorySetup } from "./memory_io.ts";
import { command } from "./rules.ts";
import { CONFIDENCES, summaryLines } from "./rules/summary.ts";
import { ruleDetails, ruleList } from "./rules/text.ts";

/** Runs `dregs rules` in a checkout. */
async function rules(
  args: readonly string[],
  setup: MemorySetup = { under: denoIo() },
): Promise<{ status: number; out: string; err: string }> {
  const io = new MemoryIo(setup);
  const status = await main(["rules", ...args], io);
  return { status, out: io.stdout, err: io.stderr };
}

Deno.test("dregs rules: every section of both architectures, with its title", async () => {
  const { status, out } = await rules([]);
  assertEquals(status, 0);
  const sections = ARCH_NAMES.flatMap(allRules).filter(({ section }) =>
    section === undefined
  );
  for (const { id, title } of sections) {
    assertStringIncludes(out, ` ${id} `);
    assertStringIncludes(out.replaceAll(/\s+/g, " "), `${id} ${title}`);
  }
  const { out: x86 } = await rules(["--arch", "x86"]);
  assert(!x86.includes("arm64:"));
});

Deno.test("dregs rules ID: sentence, source, releases, confidence, citations", async () => {
  const { status, out } = await rules(["x86:C7"]);
  assertEquals(status, 0);
  const text = out.replaceAll(/\s+/g, " ");
  for (
    const part of [
      "A DR exit on VMX tests DR4/5 with DE (#UD)",
      "known read in source code",
      "releases since 3.19, before 5.7",
      "section x86:C/3",
      "arch/x86/kvm/vmx.c: handle_dr()",
      "read in 3.19.8 to 4.20; 5.0.1 to 5.6.4",
      "changed by ",
      "code engine/x86/",
      "tests ",
      "scenarios builtin:x86/",
    ]
  ) assertStringIncludes(text, part);
  const { out: both } = await rules(["d9"]);
  assertStringIncludes(both, "arm64:D9\n");
  assertStringIncludes(both, "x86:D9\n");
});

Deno.test("dregs rules SECTION: its rules too", async () => {
  const { out } = await rules(["x86:C/2"]);
  for (const id of ["x86:C1", "x86:C5"]) assertStringIncludes(out, `  ${id} `);
});

Deno.test("dregs rules WORD: rules in which all words occur", async () => {
  const { status, out } = await rules(["MISSED", "breakpoint"]);
  assertEquals(status, 0);
  assertStringIncludes(out, "  x86:F1 ");
  assert(!out.includes("  x86:F3 "));
  // A function that was read, and a commit.
  const { out: read } = await rules(["handle_dr()"]);
  assertStringIncludes(read, "  x86:C7 ");
  const { out: commit } = await rules(["d67668e9dd76"]);
  assertStringIncludes(commit, "  x86:D5 ");
  // One rule alone is shown whole.
  const { out: one } = await rules(["written", "hexadecimal"]);
  assertStringIncludes(one, "x86:F6: DR7 mask on task switch\n");
  assertStringIncludes(one, "  source  ");
});

const MISTAKES: readonly [args: readonly string[], said: readonly string[]][] =
  [
    [["D9999"], ["no rule D9999", "lists the sections"]],
    [["x86:C22"], ["no rule x86:C22", "did you mean `x86:C20`?"]],
    [["arm64:E/2.99"], ["did you mean `arm64:E/2`?"]],
    [["gibberish"], ["no rule mentions gibberish", "lists the sections"]],
    [["missed", "gibberish"], ["no rule mentions missed gibberish"]],
    [["D9", "--arch", "mips"], ["`--arch mips`: expected arm64, x86"]],
    [["D9", "--confidence", "memry"], ["did you mean `memory`?"]],
    [["D9", "--summary"], ["--summary counts all rules"]],
  ];
for (const [args, said] of MISTAKES) {
  Deno.test(`dregs rules ${args.join(" ")}: is refused`, async () => {
    const { status, out, err } = await rules(args);
    assertEquals([status, out], [2, ""]);
    for (const text of said) assertStringIncludes(err, text);
  });
}

Deno.test("dregs rules --summary: the numbers of the books", async () => {
  const { status, out } = await rules(["--summary"]);
  assertEquals(status, 0);
  for (const confidence of CONFIDENCES) {
    const numbers = ARCH_NAMES.map((arch) =>
      allRules(arch).filter((entry) => entry.confidence === confidence).length
    );
    const all = numbers.reduce((sum, number) => sum + number, 0);
    assert(
      new RegExp(`^${confidence} +${[...numbers, all].join(" +")} `, "m")
        .test(out),
      out,
    );
  }
  const [, ...lines] = summaryLines({
    arm64: { source: 1, architecture: 0, derived: 0, recorded: 0, memory: 2 },
    x86: { source: 5, architecture: 0, derived: 0, recorded: 0, memory: 4 },
  }).map((line) => line.replace(/ {2}[a-z].*$/, ""));
  assertEquals([lines[0], lines[4], lines[5]], [
    "source            1      5      6",
    "memory            2      4      6",
    "all               3      9     12",
  ]);
});

Deno.test("dregs rules: fewer than 10 rules are from memory, and are listed", async () => {
  const { status, out } = await rules(["--confidence", "memory"]);
  const remembered = ARCH_NAMES.flatMap(allRules)
    .filter(({ confidence }) => confidence === "memory");
  assertEquals(status, 0);
  assert(remembered.length < 10);
  for (const { id } of remembered) assertStringIncludes(out, id);
  if (remembered.length === 0) {
    assertEquals(out, "no rule has the confidence `memory`\n");
  }
});

Deno.test("dregs rules: a rule from memory is marked, in lists and alone", () => {
  const entry: RuleEntry = {
    id: "x86:F25",
    section: "x86:F",
    sentence: "A rule.",
    confidence: "memory",
    source: { where: ["arch/x86/kvm/x86.c: f()"], read: "4.10" },
  };
  assertEquals(ruleList([entry], PLAIN_PAGE), [
    "  x86:F25       A rule. (rule from memory)",
  ]);
  const index: CitationIndex = {
    "engine/x86/kvm/step.ts": { "x86:F25": [3, 9] },
    "scenarios/x86/bugs/f25.dregs": { "x86:F25": [1] },
    "tests/x86_rules_test.ts": { "x86:F26": [1] },
  };
  const lines = ruleDetails(entry, index, PLAIN_PAGE);
  assert(
    lines.includes("  known       from memory: not checked against a source"),
  );
  assertEquals(lines.slice(-2), [
    "  code        engine/x86/kvm/step.ts:3, 9",
    "  scenarios   builtin:x86/bugs/f25",
  ]);
});

Deno.test("dregs rules: the choices of options are all that there are", () => {
  const choices = (name: string) =>
    command.help.options.find((option) => option.name === name)?.choices;
  assertEquals(choices("arch"), ARCH_NAMES);
  assertEquals(choices("confidence"), CONFIDENCES);
});

Deno.test("dregs rules: without a checkout the index is the one that is built in", async () => {
  const index: CitationIndex = { "engine/x86/a.ts": { "x86:C9": [7] } };
  Object.assign(globalThis, {
    [EMBEDDED_NAME]: {
      commit: "",
      lookahead: "[]",
      texts: async () => ({ citations: await pack(index) }),
      whole: () => Promise.resolve(),
    },
  });
  try {
    const { status, out } = await rules(["x86:C9"], {});
    assertEquals(status, 0);
    assertStringIncludes(out, "  code        engine/x86/a.ts:7\n");
    assert(!out.includes("scenarios  "));
  } finally {
    Reflect.deleteProperty(globalThis, EMBEDDED_NAME);
  }
});
