/**
 * Where each rule was read: no rule without a source, each place in a form that tells what to open, and few rules
 * that rest on memory.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ARCH_NAMES } from "../engine/architecture.ts";
import {
  allRules,
  type RuleConfidence,
  type RuleEntry,
} from "../engine/rule_book.ts";

/** The forms of a place. */
const SHAPES = {
  file: /^[\w.+-]+(\/[\w.+-]+)+\.([chS]|cc|rs): (struct )?\w+(\(\))?$/,
  manual:
    /^(Arm ARM DDI 0487 [A-Z]\d+(\.\d+)+( \S.*)?|Intel SDM vol\. \d[A-D]? \d+(\.\d+)+|AMD APM vol\. \d \d+(\.\d+)+)$/,
  mail: /^(Re: )?\w[^[\]]*: [^[\]]+ \[PATCH( [vV]\d+)?( \d+\/\d+)?\]$/,
  discussion: /^[\w.-]+\/[\w.-]+ (pull request|issue) #\d+$/,
  recording: /^tests\/recordings\/[\w./-]+\.jsonl$/,
} as const;

/** Forms of which a rule needs at least one, by how it is known. A derived rule follows from what it names. */
const NEEDED: Readonly<
  Record<RuleConfidence, readonly (keyof typeof SHAPES)[]>
> = {
  source: ["file", "mail", "discussion"],
  architecture: ["manual"],
  derived: ["file", "mail", "manual"],
  recorded: ["recording"],
  memory: [],
};

/** How many rules may rest on memory, over all architectures and of arm64. */
const MEMORY_BELOW = 5;
const ARM64_MEMORY_BELOW = 3;

/** What is wrong with an entry's source. */
function faults({ id, confidence, source }: RuleEntry): string[] {
  const found: string[] = [];
  const note = (is: boolean, fault: string): void => {
    if (is) found.push(`${id}: ${fault}`);
  };
  const { where, read, commits = [] } = source;
  note(where.length === 0, "no place");
  note(new Set(where).size < where.length, "a place twice");
  for (const place of where) {
    note(
      place.trim() === "" ||
        confidence !== "memory" && shapeOf(place) === undefined,
      `"${place}" has no known form`,
    );
  }
  const needed = NEEDED[confidence];
  note(
    needed.length > 0 &&
      !where.some((place) => needed.some((shape) => SHAPES[shape].test(place))),
    `no ${needed.join(" or ")}`,
  );
  note(read.trim() !== read || read === "", "not said what was read");
  for (const { hash, subject } of commits) {
    note(
      hash !== undefined && !/^[0-9a-f]{12}$/.test(hash),
      `${hash} is no commit`,
    );
    note(
      subject.trim() !== subject || subject === "",
      "commit without subject",
    );
  }
  return found;
}

function shapeOf(place: string): string | undefined {
  return Object.entries(SHAPES).find(([, shape]) => shape.test(place))?.[0];
}

const SOUND: RuleEntry = {
  id: "arm64:D9",
  sentence: "A rule.",
  confidence: "source",
  source: {
    where: ["arch/arm64/kvm/debug.c: kvm_arm_setup_debug()"],
    read: "4.4.1 to 6.13.2",
    commits: [{ hash: "84e690bfbed1", subject: "KVM: arm64: a change" }],
  },
};

Deno.test("rule sources: a fault is seen", () => {
  assertEquals(faults(SOUND), []);
  const { where, read } = SOUND.source;
  const commit = SOUND.source.commits![0];
  const broken: readonly [
    change: Partial<RuleEntry["source"]>,
    faults: string[],
  ][] = [
    [{ where: [] }, ["no place", "no file or mail or discussion"]],
    [{ where: [...where, ...where] }, ["a place twice"]],
    [{ where: [...where, ""] }, ['"" has no known form']],
    [{ where: [...where, "debug.c"] }, ['"debug.c" has no known form']],
    [{ where: ["arch/arm64/kvm/debug.c"] }, [
      '"arch/arm64/kvm/debug.c" has no known form',
      "no file or mail or discussion",
    ]],
    [{ where: ["Arm ARM DDI 0487 D2.9.3"] }, ["no file or mail or discussion"]],
    [{ read: "" }, ["not said what was read"]],
    [{ read: " 4.4" }, ["not said what was read"]],
    [{ commits: [{ ...commit, hash: "84e690b" }] }, ["84e690b is no commit"]],
    [{ commits: [{ ...commit, hash: undefined }] }, []],
    [{ commits: [{ ...commit, subject: "" }] }, ["commit without subject"]],
  ];
  for (const [change, wanted] of broken) {
    assertEquals(
      faults({ ...SOUND, source: { where, read, ...change } }),
      wanted.map((fault) => `${SOUND.id}: ${fault}`),
    );
  }
  const lacking: readonly [RuleConfidence, string][] = [
    ["architecture", "no manual"],
    ["recorded", "no recording"],
  ];
  for (const [confidence, fault] of lacking) {
    assertEquals(faults({ ...SOUND, confidence }), [`${SOUND.id}: ${fault}`]);
  }
});

const PLACES: readonly [place: string, shape: string | undefined][] = [
  ["arch/arm64/kvm/hyp.S: skip_debug_state", "file"],
  ["arch/arm64/include/asm/kvm_host.h: struct kvm_vcpu_arch", "file"],
  ["arch/arm64/kvm/debug.c: ", undefined],
  ["kvm-unit-tests/arm/debug.c: test_wp()", "file"],
  ["Arm ARM DDI 0487 D2.9.3", "manual"],
  ["Arm ARM DDI 0487 J1.1.1.28 AArch64.StateMatch()", "manual"],
  ["Arm ARM DDI 0487", undefined],
  ["Intel SDM vol. 3B 19.3.1.1", "manual"],
  ["AMD APM vol. 2 13.1.1", "manual"],
  ["KVM: arm64: Emulate dbgwcr accesses [PATCH v7 14/38]", "mail"],
  ["Re: KVM: x86: a change [PATCH]", "mail"],
  ["KVM: arm64: Emulate dbgwcr accesses", undefined],
  ["cloud-hypervisor/cloud-hypervisor pull request #4534", "discussion"],
  ["tests/recordings/arm64/bp-bas.jsonl", "recording"],
];
for (const [place, shape] of PLACES) {
  Deno.test(`rule sources: "${place}" is ${shape ?? "no place"}`, () => {
    assertEquals(shapeOf(place), shape);
  });
}

for (const arch of ARCH_NAMES) {
  Deno.test(`rule sources: every ${arch} rule says where it was read`, () => {
    assertEquals(allRules(arch).flatMap(faults), []);
  });
}

Deno.test("rule sources: recordings that are named exist", async () => {
  const named = new Set(
    ARCH_NAMES.flatMap(allRules).flatMap(({ source }) => source.where)
      .filter((place) => SHAPES.recording.test(place)),
  );
  assert(named.size > 0);
  const missing: string[] = [];
  for (const path of named) {
    const file = new URL(`../${path}`, import.meta.url);
    if (!await isFile(file)) missing.push(path);
  }
  assertEquals(missing, []);
});

async function isFile(path: URL): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("rule sources: a commit has the same subject wherever it is named", () => {
  const subjects = new Map<string, Set<string>>();
  for (const { source } of ARCH_NAMES.flatMap(allRules)) {
    for (const { hash, subject } of source.commits ?? []) {
      if (hash === undefined) continue;
      subjects.set(hash, (subjects.get(hash) ?? new Set()).add(subject));
    }
  }
  assert(subjects.size > 0);
  assertEquals([...subjects].filter(([, named]) => named.size > 1), []);
});

Deno.test("rule sources: few rules rest on memory", () => {
  const fromMemory = (rules: readonly RuleEntry[]) =>
    rules.filter(({ confidence }) => confidence === "memory")
      .map(({ id }) => id);
  const all = fromMemory(ARCH_NAMES.flatMap(allRules));
  assert(all.length < MEMORY_BELOW, all.join(", "));
  const arm64 = fromMemory(allRules("arm64"));
  assert(arm64.length < ARM64_MEMORY_BELOW, arm64.join(", "));
});
