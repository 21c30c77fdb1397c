import { assert, assertEquals } from "@std/assert";
import type { RuleConfidence, RuleSource } from "../rule_entry.ts";
import { x86RuleSections } from "./rule_book.ts";

/** A rule with the source and confidence that it has, its own or its section's. */
interface Sourced {
  readonly id: string;
  readonly confidence: RuleConfidence;
  readonly source: RuleSource;
}

/** Every section and rule of the book. */
function allSourced(): readonly Sourced[] {
  return x86RuleSections().flatMap(({ id, confidence, source, rules }) => [
    { id, confidence, source },
    ...Object.entries(rules).map(([id, row]) => {
      const own = typeof row === "string" ? undefined : row;
      return {
        id,
        confidence: own?.confidence ?? confidence,
        source: own?.source ?? source,
      };
    }),
  ]);
}

/** What a place in `where` may be. */
const SHAPES = {
  kernel: /^(arch|tools)\/[\w./-]+\.[ch]: \w+(\(\))?$/,
  vmm:
    /^(qemu|bochs|firecracker|cloud-hypervisor)\/[\w./-]+\.(c|cc|rs): \w+(\(\))?$/,
  unitTest: /^kvm-unit-tests\/x86\/\w+\.c: \w+\(\)$/,
  manual: /^(Intel SDM vol\. (1|2[A-D]|3[A-D])|AMD APM vol\. 2) \d+(\.\d+)+$/,
  mail: /^(Re: )?KVM: .+ \[PATCH( [vV]\d+)?( \d+\/\d+)?\]$/,
  recording: /^tests\/recordings\/x86\/[a-z0-9_./-]+\.jsonl$/,
  issue: /^[\w.-]+\/[\w.-]+ (issue|pull request) #\d+$/,
} as const;

/** Kinds of places of which a rule must name one, by how it is known. A derived rule follows from what it names. */
const NEEDED: Readonly<
  Record<RuleConfidence, readonly (keyof typeof SHAPES)[]>
> = {
  source: ["kernel", "vmm", "unitTest", "issue"],
  architecture: ["manual"],
  derived: ["kernel", "manual"],
  recorded: ["recording"],
  memory: [],
};

/** What is wrong with the source of a rule. */
function faults({ id, confidence, source }: Sourced): string[] {
  const { where, read, commits = [] } = source;
  const shapes = Object.values(SHAPES);
  const needed = NEEDED[confidence];
  return [
    ...where.length === 0 ? ["no place"] : [],
    ...read.trim() === "" ? ["not said where it was read"] : [],
    ...where.filter((place) => !shapes.some((shape) => shape.test(place)))
      .map((place) => `${place} has no known shape`),
    ...where.filter((place, index) => where.indexOf(place) !== index)
      .map((place) => `${place} occurs twice`),
    ...needed.length === 0 ||
        where.some((place) => needed.some((kind) => SHAPES[kind].test(place)))
      ? []
      : [`${confidence} without a ${needed.join(" or ")}`],
    ...commits.filter(({ hash }) =>
      hash !== undefined && !/^[0-9a-f]{12}$/.test(hash)
    ).map(({ hash }) => `${hash} is not 12 digits`),
    ...commits.filter(({ subject }) => !/^[\w/, ]+: \S/.test(subject))
      .map(({ subject }) => `${subject} is no subject`),
  ].map((fault) => `${id}: ${fault}`);
}

const SOUND: Sourced = {
  id: "D9",
  confidence: "source",
  source: {
    where: ["arch/x86/kvm/x86.c: kvm_set_dr()"],
    read: "5.18.12 to 7.1.5",
    commits: [{ hash: "996ff5429e98", subject: "KVM: x86: a change" }],
  },
};

/** `SOUND` with another source. */
function withSource(change: Partial<RuleSource>): Sourced {
  return { ...SOUND, source: { ...SOUND.source, ...change } };
}

Deno.test("x86 rule book: a fault of a source is seen", () => {
  assertEquals(faults(SOUND), []);
  const broken: readonly [rule: Sourced, faults: readonly string[]][] = [
    [
      withSource({ where: [] }),
      ["no place", "source without a kernel or vmm or unitTest or issue"],
    ],
    [withSource({ read: " " }), ["not said where it was read"]],
    [
      withSource({ where: ["arch/x86/kvm/x86.c"] }),
      [
        "arch/x86/kvm/x86.c has no known shape",
        "source without a kernel or vmm or unitTest or issue",
      ],
    ],
    [
      withSource({ where: [...SOUND.source.where, ...SOUND.source.where] }),
      ["arch/x86/kvm/x86.c: kvm_set_dr() occurs twice"],
    ],
    [
      { ...SOUND, confidence: "architecture" },
      ["architecture without a manual"],
    ],
    [{ ...SOUND, confidence: "recorded" }, ["recorded without a recording"]],
    [
      withSource({ commits: [{ hash: "996ff", subject: "KVM: x86: a" }] }),
      ["996ff is not 12 digits"],
    ],
    [
      withSource({ commits: [{ hash: undefined, subject: "a change" }] }),
      ["a change is no subject"],
    ],
  ];
  for (const [rule, wanted] of broken) {
    assertEquals(faults(rule), wanted.map((fault) => `D9: ${fault}`));
  }
});

Deno.test("x86 rule book: every rule has a source of a known shape", () => {
  const rules = allSourced();
  assert(rules.length > 200);
  assertEquals(rules.flatMap(faults), []);
});

Deno.test("x86 rule book: fewer than 5 rules rest on memory", () => {
  const remembered = allSourced().filter(({ confidence }) =>
    confidence === "memory"
  ).map(({ id }) => id);
  assert(remembered.length < 5, remembered.join(", "));
});

Deno.test("x86 rule book: the recordings that it names exist", async () => {
  const named = new Set(
    allSourced().flatMap(({ source }) => source.where).filter((place) =>
      SHAPES.recording.test(place)
    ),
  );
  assert(named.size > 0);
  const missing: string[] = [];
  for (const path of named) {
    await Deno.stat(new URL(`../../${path}`, import.meta.url)).catch(() =>
      missing.push(path)
    );
  }
  assertEquals(missing, []);
});

Deno.test("x86 rule book: a commit has one subject", () => {
  const subjects = new Map<string, Set<string>>();
  for (const { source } of allSourced()) {
    for (const { hash, subject } of source.commits ?? []) {
      if (hash === undefined) continue;
      subjects.set(hash, (subjects.get(hash) ?? new Set()).add(subject));
    }
  }
  assert(subjects.size > 0);
  const several = [...subjects].filter(([, names]) => names.size > 1)
    .map(([hash]) => hash);
  assertEquals(several, []);
});
