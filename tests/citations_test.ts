/**
 * Each rule of the references is cited by the code that implements it and by a scenario or test that shows it,
 * or stands in the list of what is outside the model.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ARCH_NAMES, type ArchName } from "../engine/architecture.ts";
import type { RuleId } from "../engine/events.ts";
import { allRules, rule } from "../engine/rule_book.ts";
import { citingKind } from "../cli/citations/index.ts";
import { citations, isCitationOf } from "../cli/citations/scan.ts";
import { OUTSIDE, OUTSIDE_REASON } from "./outside.ts";
import { sourceFiles } from "./source_files.ts";

/** Architectures whose rules must be cited. */
const ARCHITECTURES: readonly ArchName[] = ["arm64", "x86"];

/** Files of the project by path. */
type Files = ReadonlyMap<string, string>;

/** Where a rule may be cited. */
interface Side {
  /** What a rule is that such a file cites. */
  readonly what: string;
  readonly accepts: (path: string, arch: ArchName) => boolean;
}

const CODE: Side = {
  what: "cited by code",
  accepts: (path, arch) =>
    path.startsWith(`engine/${arch}/`) && citingKind(path) === "code",
};

const SCENARIO_OR_TEST: Side = {
  what: "shown by a scenario or a test",
  accepts: (path) => isScenario(path) || isTest(path),
};

const SCENARIO: Side = {
  what: "shown by a scenario",
  accepts: isScenario,
};

function isScenario(path: string): boolean {
  return citingKind(path) === "scenarios";
}

function isTest(path: string): boolean {
  return citingKind(path) === "tests" && path.endsWith("_test.ts");
}

/** Which rules must be cited, by the name after the architecture, and on which sides. */
interface Duty {
  readonly name: string;
  readonly rules: RegExp;
  readonly sides: readonly Side[];
}

const DUTIES: Readonly<Record<ArchName, readonly Duty[]>> = {
  arm64: [
    {
      name: "rules of architecture, seeds and review",
      rules: /^(A\/\d+|[BCDRQV]\d+)$/,
      sides: [CODE, SCENARIO_OR_TEST],
    },
    {
      name: "worked examples and weak spots",
      rules: /^[XW]\d+$/,
      sides: [SCENARIO_OR_TEST],
    },
    {
      name: "scenarios and known bugs",
      rules: /^([SUF]\d+|N(?!7$)\d+)$/,
      sides: [SCENARIO],
    },
    {
      name: "mutations of the code",
      rules: /^N7$/,
      sides: [SCENARIO_OR_TEST],
    },
  ],
  x86: [
    {
      name: "rules of architecture, kernels and host, and quirks",
      rules: /^(A\/\d+|[ABCDEQ]\d+)$/,
      sides: [CODE, SCENARIO_OR_TEST],
    },
    {
      name: "worked numbers",
      rules: /^G\/4$/,
      sides: [SCENARIO_OR_TEST],
    },
    {
      name: "scenarios and known bugs",
      rules: /^([SUF]\d+|G\/3\.\d+|C\/5)$/,
      sides: [SCENARIO],
    },
  ],
};

/** The rules of a duty, those outside the model left out. */
function owed(arch: ArchName, { rules }: Duty): RuleId[] {
  return allRules(arch).map(({ id }) => id).filter((id) =>
    rules.test(id.slice(arch.length + 1)) && !OUTSIDE_REASON.has(id)
  );
}

/** All that the files of a side cite. */
function citedBy(files: Files, arch: ArchName, side: Side): RuleId[] {
  return [...files].flatMap(([path, text]) =>
    side.accepts(path, arch) ? citations(text).ids : []
  );
}

/** Those of the rules that no file of a side cites. */
function uncited(
  rules: readonly RuleId[],
  { files, arch, side }: { files: Files; arch: ArchName; side: Side },
): RuleId[] {
  const cited = citedBy(files, arch, side);
  return rules.filter((id) => !cited.some((by) => isCitationOf(by, id)));
}

async function citingFiles(): Promise<Files> {
  return await sourceFiles((path) => /\.(ts|dregs)$/.test(path));
}

for (const arch of ARCHITECTURES) {
  for (const duty of DUTIES[arch]) {
    for (const side of duty.sides) {
      Deno.test(`citations: ${arch} ${duty.name}: each is ${side.what}`, async () => {
        const rules = owed(arch, duty);
        assert(rules.length > 0);
        const files = await citingFiles();
        const missing = uncited(rules, { files, arch, side });
        assert(
          missing.length === 0,
          `${missing.length} of ${rules.length} rules are not ${side.what}: ` +
            missing.join(", "),
        );
      });
    }
  }
}

Deno.test("citations: a citation counts where it should, and nowhere else", () => {
  const files: Files = new Map([
    ["engine/arm64/kvm/numbering.ts", "/** Rules arm64:D6-D8. */"],
    ["engine/arm64/kvm/numbering_test.ts", "// arm64:D9"],
    ["engine/arm64/rule_book.ts", "arm64:D10"],
    ["engine/x86/kvm/dr.ts", "arm64:D11"],
    ["engine/mod.ts", "arm64:D12"],
    ["scenarios/arm64/a.dregs", "# Rules arm64:D6, arm64:A/12.2."],
    ["scenarios/README.md", "arm64:D13"],
    ["tests/numbering_test.ts", 'Deno.test("arm64:D7 numbers")'],
    ["tests/numbering.ts", "arm64:D14"],
    ["tests/citations_test.ts", "arm64:D15"],
    ["dsl/run/session.ts", "arm64:D16"],
  ]);
  const missing = (side: Side, arch: ArchName = "arm64") =>
    uncited(
      ["arm64:D6", "arm64:D7", "arm64:D9", "arm64:D11", "arm64:A/12"],
      { files, arch, side },
    );
  assertEquals(missing(CODE), ["arm64:D9", "arm64:D11", "arm64:A/12"]);
  assertEquals(missing(SCENARIO_OR_TEST), ["arm64:D11"]);
  assertEquals(missing(SCENARIO), ["arm64:D7", "arm64:D9", "arm64:D11"]);
  assertEquals(missing(CODE, "x86").includes("arm64:D11"), false);
  const cited = [CODE, SCENARIO_OR_TEST, SCENARIO].flatMap((side) =>
    citedBy(files, "arm64", side)
  );
  for (const n of [10, 12, 13, 14, 15, 16]) {
    assertEquals(cited.includes(`arm64:D${n}`), false, `arm64:D${n}`);
  }
});

Deno.test("citations: what is owed has no rule that is outside", () => {
  const duty: Duty = { name: "", rules: /^[RB]\d+$/, sides: [] };
  assertEquals(owed("arm64", duty).length, 19);
});

Deno.test("outside: each rule stands there once, exists, and is owed otherwise", () => {
  const named = OUTSIDE.flatMap(({ rules }) => {
    const { ids, malformed } = citations(rules);
    assertEquals(malformed, []);
    assert(ids.length > 0, rules);
    return ids;
  });
  assertEquals(named.length, new Set(named).size);
  for (const id of named) {
    assert(rule(id), `${id} is no rule`);
    const arch = ARCH_NAMES.find((name) => id.startsWith(`${name}:`))!;
    assert(
      DUTIES[arch].some(({ rules }) => rules.test(id.slice(arch.length + 1))),
      `${id} need not be cited anyway`,
    );
  }
});

Deno.test("outside: no scenario or test shows what is outside", async () => {
  const files = await citingFiles();
  const shown = ARCH_NAMES.flatMap((arch) =>
    citedBy(files, arch, SCENARIO_OR_TEST)
  );
  assertEquals(
    [...OUTSIDE_REASON.keys()].filter((id) => shown.includes(id)),
    [],
  );
});
