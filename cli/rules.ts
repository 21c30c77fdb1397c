/**
 * `dregs rules`: what each rule says, how it is known, where it was read, and what cites it.
 *
 * @module
 */
import type { ArchName, RuleConfidence } from "../engine/mod.ts";
import { oneOf } from "./arguments.ts";
import { pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { embedded } from "./embedded.ts";
import type { Io } from "./io.ts";

/** Formats of the output. */
const FORMATS = ["text", "json"] as const;

const ARCHITECTURES = ["arm64", "x86"] as const satisfies readonly ArchName[];

const CONFIDENCES = [
  "source",
  "architecture",
  "derived",
  "recorded",
  "memory",
] as const satisfies readonly RuleConfidence[];

function chosen<T extends string>(
  args: Arguments,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = args.value(name);
  return value === undefined ? undefined : oneOf(name, value, choices);
}

async function run(args: Arguments, io: Io): Promise<number> {
  const format = chosen(args, "format", FORMATS) ?? "text";
  const arch = chosen(args, "arch", ARCHITECTURES);
  const confidence = chosen(args, "confidence", CONFIDENCES);
  const isSummary = args.has("summary");
  const narrowed = args.operands.length > 0 || confidence !== undefined;
  if (isSummary && (narrowed || arch !== undefined)) {
    throw new UsageError(
      "--summary counts all rules: give it without other options and operands",
    );
  }
  const arches = arch === undefined ? ARCHITECTURES : [arch];
  const page = await pageFor(io);
  const print = (lines: readonly string[]): void =>
    io.out(lines.map((line) => `${line}\n`).join(""));
  if (format === "text" && isSummary) {
    const { ruleCounts, summaryLines } = await import("./rules/summary.ts");
    print(summaryLines(ruleCounts()));
    return STATUS.ok;
  }
  const text = await import("./rules/text.ts");
  if (format === "text" && !narrowed) {
    for (const one of arches) print(text.sectionList(one, page));
    return STATUS.ok;
  }
  const { selectRules } = await import("./rules/select.ts");
  const { kind, rules } = selectRules(args.operands, { arches, confidence });
  const { loadCitations } = await import("./citations/load.ts");
  if (format === "json") {
    const { rulesDocument } = await import("./rules/document.ts");
    const { ruleCounts } = await import("./rules/summary.ts");
    const index = isSummary ? {} : await loadCitations(io);
    const shown = isSummary ? [] : rules;
    io.out(`${rulesDocument(shown, index, ruleCounts())}\n`);
    return STATUS.ok;
  }
  if (kind === "ids" || rules.length === 1) {
    const index = await loadCitations(io);
    for (const [at, entry] of rules.entries()) {
      if (at > 0) print([""]);
      print(text.ruleDetails(entry, index, page));
    }
  } else if (rules.length > 0) print(text.ruleList(rules, page));
  else print([`no rule has the confidence \`${confidence}\``]);
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "rules",
    about: "what each rule says, where it was read, and what cites it",
    usage: "[ID|WORD…] [OPTION…]",
    notes: [
      "A rule has an id, such as x86:C9; without the architecture it is looked for in both. Of a rule or a section: " +
      "the sentence, how it is known, the releases that have it, where it was read, the commits that changed it, " +
      "and the code, the tests and the scenarios that cite it. Other words are searched for in ids, " +
      "sentences and sources; all of them must occur. Without either: the sections.",
    ],
    options: [
      {
        name: "arch",
        value: "ARCH",
        choices: ARCHITECTURES,
        about: "only of this architecture, arm64 or x86",
      },
      {
        name: "confidence",
        value: "HOW",
        choices: CONFIDENCES,
        about: `only rules known in this way: ${CONFIDENCES.join(", ")}`,
      },
      {
        name: "summary",
        about: "how many rules there are, by architecture and confidence",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: FORMATS,
        about: "text, json; docs/json.md describes json",
      },
    ],
    examples: [
      { command: "dregs rules", about: "the sections" },
      { command: "dregs rules x86:C9", about: "one rule" },
      { command: "dregs rules missed breakpoint", about: "a search" },
      {
        command: "dregs rules handle_dr",
        about: "the rules that were read in a function",
      },
      { command: "dregs rules --summary", about: "how the rules are known" },
    ],
  },
  // A checkout has its citations in its files.
  access: ({ operands, has, value }) =>
    embedded() === undefined && !has("summary") &&
      (operands.length > 0 || value("format") === "json" ||
        value("confidence") !== undefined)
      ? "read"
      : "none",
  run,
};
