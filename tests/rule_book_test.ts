import { assert, assertEquals, assertThrows } from "@std/assert";
import { ARCH_NAMES } from "../engine/architecture.ts";
import {
  allRules,
  buildBook,
  findRules,
  nearestRules,
  rule,
  type RuleEntry,
} from "../engine/rule_book.ts";
import type { RuleSection } from "../engine/rule_entry.ts";
import { citations } from "../cli/citations/scan.ts";
import { sourceFiles } from "./source_files.ts";

/** A sentence for one line of a terminal, or two. */
const SENTENCE_LENGTH_MAX = 220;

/** Ids that are not in the book on purpose: files that test how ids are found. */
const NOT_CITING = new Set([
  "cli/citations/scan_test.ts",
  "cli/rules_test.ts",
  "tests/rule_book_test.ts",
]);

/** What is wrong with an entry. */
function faults({ id, title, sentence, kernels }: RuleEntry): string[] {
  const found: string[] = [];
  const note = (is: boolean, fault: string): void => {
    if (is) found.push(`${id}: ${fault}`);
  };
  note(sentence.trim() !== sentence || sentence === "", "empty or padded");
  note(sentence.length > SENTENCE_LENGTH_MAX, `${sentence.length} characters`);
  note(!/[.]$/.test(sentence), "no full stop");
  note(/ {2}|\n/.test(sentence), "more than one space");
  note(/^see\b|\bsection\b/i.test(sentence), "points elsewhere");
  note(title !== undefined && title.trim() === "", "empty title");
  const releases = [kernels?.since, kernels?.until];
  for (const release of releases) {
    note(
      release !== undefined && !/^\d+(\.\d+){1,2}$/.test(release),
      `${release} is no release`,
    );
  }
  const [since, until] = releases;
  note(
    since !== undefined && until !== undefined && !isBefore(since, until),
    `${since} is not before ${until}`,
  );
  return found;
}

/** Whether one release comes before another. */
function isBefore(one: string, other: string): boolean {
  const [a, b] = [one, other].map((release) => release.split(".").map(Number));
  const at = a.findIndex((part, index) => part !== (b[index] ?? 0));
  return at < 0 ? b.length > a.length : a[at] < (b[at] ?? 0);
}

const SOUND: RuleEntry = {
  id: "arm64:D9",
  sentence: "A rule.",
  kernels: { since: "5.9", until: "5.18" },
  confidence: "source",
  source: { where: ["arch/arm64/kvm/debug.c: f()"], read: "5.9.1" },
};

Deno.test("rule book: a fault of an entry is seen", () => {
  assertEquals(faults(SOUND), []);
  const broken: readonly [change: Partial<RuleEntry>, faults: string[]][] = [
    [{ sentence: "" }, ["empty or padded", "no full stop"]],
    [{ sentence: " A rule." }, ["empty or padded"]],
    [{ sentence: "A rule" }, ["no full stop"]],
    [{ sentence: "A  rule." }, ["more than one space"]],
    [{ sentence: "A rule,\nor two." }, ["more than one space"]],
    [{ sentence: "As this section says." }, ["points elsewhere"]],
    [{ sentence: `A ${"very ".repeat(50)}long rule.` }, ["262 characters"]],
    [{ title: "" }, ["empty title"]],
    [{ kernels: { since: "newest" } }, ["newest is no release"]],
    [{ kernels: { until: "6" } }, ["6 is no release"]],
    [{ kernels: { since: "5.18", until: "5.9" } }, ["5.18 is not before 5.9"]],
    [{ kernels: { since: "5.9", until: "5.9" } }, ["5.9 is not before 5.9"]],
    [{ kernels: { since: "4.4.1", until: "4.4" } }, [
      "4.4.1 is not before 4.4",
    ]],
  ];
  for (const [change, wanted] of broken) {
    assertEquals(
      faults({ ...SOUND, ...change }),
      wanted.map((fault) => `${SOUND.id}: ${fault}`),
    );
  }
});

for (const arch of ARCH_NAMES) {
  Deno.test(`rule book: every ${arch} rule is one sound sentence`, () => {
    assertEquals(allRules(arch).flatMap(faults), []);
  });

  Deno.test(`rule book: no two ${arch} rules say the same`, () => {
    const said = allRules(arch).map(({ sentence }) => sentence);
    assertEquals(
      said.filter((sentence, index) => said.indexOf(sentence) !== index),
      [],
    );
  });

  Deno.test(`rule book: every ${arch} rule is found by its id`, () => {
    for (const entry of allRules(arch)) {
      assertEquals(rule(entry.id), entry);
      assertEquals(citations(entry.id).ids, [entry.id]);
      assert(findRules(entry.id.toLowerCase()).includes(entry));
      if (entry.section !== undefined) {
        assertEquals(rule(entry.section)?.section, undefined);
        assert(rule(entry.section));
      }
    }
  });
}

/** The numbered series of the two references, first and last, in which no number is left out. */
const SERIES: readonly (readonly [first: string, last: number])[] = [
  ["arm64:A/1", 17],
  ["arm64:A/1.1", 3],
  ["arm64:A/5.1", 4],
  ["arm64:A/7.1", 6],
  ["arm64:A/8.1", 2],
  ["arm64:A/9.1", 7],
  ["arm64:A/9.w1", 3],
  ["arm64:A/12.1", 6],
  ["arm64:A/13.1", 2],
  ["arm64:A/16.1", 3],
  ["arm64:A/17.1", 4],
  ["arm64:B/1", 3],
  ["arm64:B1", 20],
  ["arm64:B8.1", 7],
  ["arm64:R1", 10],
  ["arm64:C/1", 3],
  ["arm64:C1", 14],
  ["arm64:Q1", 2],
  ["arm64:D/1", 10],
  ["arm64:D1", 34],
  ["arm64:V1", 8],
  ["arm64:X1", 20],
  ["arm64:W1", 11],
  ["arm64:E/1", 5],
  ["arm64:E/1.1", 39],
  ["arm64:E/2.1", 16],
  ["arm64:E/4.1", 2],
  ["arm64:E/5.1", 5],
  ["arm64:F1", 27],
  ["arm64:G/1", 5],
  ["arm64:S1", 15],
  ["arm64:S20", 22],
  ["arm64:S30", 37],
  ["arm64:U1", 6],
  ["arm64:N1", 18],
  ["arm64:H/0", 10],
  ["x86:A/1", 11],
  ["x86:A1", 17],
  ["x86:A20", 23],
  ["x86:B/1", 7],
  ["x86:B1", 30],
  ["x86:Q1", 25],
  ["x86:C/1", 9],
  ["x86:C1", 20],
  ["x86:D/1", 19],
  ["x86:D/20", 22],
  ["x86:D1", 60],
  ["x86:D70", 79],
  ["x86:D80", 83],
  ["x86:D100", 116],
  ["x86:E1", 15],
  ["x86:F1", 36],
  ["x86:F40", 43],
  ["x86:G/1", 4],
  ["x86:S1", 6],
  ["x86:U1", 25],
  ["x86:G/3.1", 15],
  ["x86:A/6.1", 10],
  ["x86:A/7.1", 4],
  ["x86:A/10.1", 3],
  ["x86:A/11.1", 4],
  ["x86:D/19.1", 2],
  ["x86:D/15.1", 5],
  ["x86:D/18.1", 1],
  ["x86:D/17.1", 3],
  ["x86:H/1", 8],
];

/** Ids that stand in no series. */
const ALONE = [
  ..."ABCDEFGH".split("").flatMap((part) => [`arm64:${part}`, `x86:${part}`]),
  "x86:D/12a",
];

Deno.test("rule book: it has every rule of the two references, and no other", () => {
  const wanted = new Set(ALONE);
  for (const [first, last] of SERIES) {
    const [, series, from] = /^(.*?)(\d+)$/.exec(first)!;
    for (let n = Number(from); n <= last; n++) wanted.add(`${series}${n}`);
  }
  assertEquals(
    ARCH_NAMES.flatMap(allRules).map(({ id }) => id).toSorted(),
    [...wanted].toSorted(),
  );
});

Deno.test("rule book: every id that is cited anywhere is in it", async (t) => {
  const unknown = (files: ReadonlyMap<string, string>): string[] =>
    [...files].flatMap(([path, text]) => {
      const { ids, malformed } = citations(text);
      // What the scanner takes for the id and a word stuck to it is no id either.
      const literal = [
        ...text.matchAll(/\b(?:arm64|x86):[A-Z](?:\/\d)?[0-9.a-z]*/g),
      ]
        .map(([id]) => id.replace(/\.+$/, "") as typeof ids[number]);
      return [
        ...[...new Set([...ids, ...literal])].filter((id) => !rule(id)),
        ...malformed,
      ].map((id) => `${path}: ${id}`);
    });
  await t.step("is seen to fail", () => {
    const bad = "arm64:D35, x86:D9x, x86:D60-D62, arm64:D9-D8, arm64:D9.";
    assertEquals(unknown(new Map([["a.ts", bad]])), [
      "a.ts: arm64:D35",
      "a.ts: x86:D61",
      "a.ts: x86:D62",
      "a.ts: x86:D9x",
      "a.ts: arm64:D9-D8",
    ]);
  });
  await t.step("holds here", async () => {
    const files = await sourceFiles((path) =>
      /\.(ts|dregs|md|snap)$/.test(path) && !NOT_CITING.has(path)
    );
    assert(files.size > 0);
    assertEquals(unknown(files), []);
  });
});

Deno.test("buildBook(): a rule has its section's marks unless it has its own", () => {
  const ofSection = { where: ["arch/arm64/kvm/a.c: f()"], read: "5.18.12" };
  const ofItsOwn = { where: ["arch/arm64/kvm/b.c: g()"], read: "6.1.20" };
  const section: RuleSection = {
    id: "D/3",
    title: "Mapping",
    sentence: "All of it.",
    confidence: "source",
    kernels: { since: "5.18" },
    source: ofSection,
    rules: {
      D6: "As the section.",
      D7: {
        sentence: "Of its own.",
        confidence: "derived",
        kernels: {},
        source: ofItsOwn,
      },
    },
  };
  assertEquals(
    [...buildBook("arm64", [section]).values()].map((
      { id, section, confidence, kernels, source },
    ) => ({ id, section, confidence, kernels, source })),
    [
      {
        id: "arm64:D/3",
        section: undefined,
        confidence: "source",
        kernels: { since: "5.18" },
        source: ofSection,
      },
      {
        id: "arm64:D6",
        section: "arm64:D/3",
        confidence: "source",
        kernels: { since: "5.18" },
        source: ofSection,
      },
      {
        id: "arm64:D7",
        section: "arm64:D/3",
        confidence: "derived",
        kernels: undefined,
        source: ofItsOwn,
      },
    ],
  );
  assertThrows(
    () => buildBook("arm64", [section, { ...section, id: "D/4" }]),
    RangeError,
    "arm64:D6 occurs twice",
  );
});

Deno.test("rule(): what is no rule is undefined", () => {
  assertEquals(rule("arm64:D99"), undefined);
  assertEquals(rule("arm64:toString"), undefined);
  assertEquals(rule("arm:D9" as "arm64:D9"), undefined);
});

const ASKED: readonly [text: string, found: string, near: string][] = [
  ["arm64:D9", "arm64:D9", ""],
  ["ARM64:d9", "arm64:D9", ""],
  ["d9", "arm64:D9 x86:D9", ""],
  [" E/2.13. ", "arm64:E/2.13", ""],
  ["x86:d/12A", "x86:D/12a", ""],
  ["a", "arm64:A x86:A", ""],
  ["arm64:D36", "", "arm64:D34"],
  // No number is near.
  ["arm64:D99", "", ""],
  ["d35", "x86:D35", ""],
  ["d61", "", "x86:D60"],
  ["arm64:E/2.99", "", "arm64:E/2"],
  ["arm64:B8.9", "", "arm64:B8 arm64:B8.7"],
  ["x86:C/14", "", "x86:C x86:C/9"],
  ["x86:H1", "", ""],
  ["x86:H/99", "", "x86:H"],
  ["arm64:Z9", "", ""],
  ["mips:D9", "", ""],
  ["", "", ""],
  ["DBGBCR", "", ""],
];
for (const [text, found, near] of ASKED) {
  const ids = (entries: readonly RuleEntry[]) =>
    entries.map(({ id }) => id).join(" ");
  Deno.test(`findRules("${text}")`, () => {
    assertEquals(ids(findRules(text)), found);
    if (found === "") assertEquals(ids(nearestRules(text)), near);
  });
}
