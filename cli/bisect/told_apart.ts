/**
 * Blocks of the catalogue that tell sets of changes apart: each set fixes what was asked, and not all fix these. Only
 * `explore` blocks can: a property is the same for every kernel, while a scenario expects what each kernel does.
 *
 * @module
 */
import type { RuleId } from "../../engine/mod.ts";
import { BUILTIN, withBuiltin } from "../builtin.ts";
import { citations } from "../citations/scan.ts";
import { exploreOptions, OPTIONS } from "../explore/options.ts";
import { takeApart } from "../arguments.ts";
import type { Io } from "../io.ts";
import { loadText } from "../loading.ts";
import { firstSentence } from "../sentence.ts";
import { SCENARIO_SUFFIX, texts } from "../texts.ts";
import { explorations } from "../../dsl/explore/exploration.ts";
import type { Source } from "../../dsl/source.ts";
import type { Across } from "./across.ts";
import {
  type Bisection,
  type MendingSet,
  rulesOf,
  type Trial,
  tried,
} from "./bisection.ts";
import { exploreQuestion, type Question } from "./question.ts";
import type { Report } from "./report.ts";
import { type Tell, Verdicts } from "./verdicts.ts";

/** A set with what it comes to on another question. */
interface Tried {
  readonly set: MendingSet;
  readonly trial: Trial;
}

/** What a text is about: the first sentence of the comment at its beginning. */
function aboutOf(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  const comment = lines.slice(0, end < 0 ? undefined : end).map((line) =>
    line.replace(/^#\s*/, "")
  ).join(" ");
  return firstSentence(comment);
}

/** The name of a block of the catalogue, as an operand has it. */
function operandOf({ name, source }: Question): string {
  const path = source.replace(SCENARIO_SUFFIX, "");
  return path.endsWith(`/${name}`) ? path : `${path} (${name})`;
}

function isCiting({ text }: Source, rules: ReadonlySet<string>): boolean {
  return citations(text).ids.some((id: RuleId) => rules.has(id));
}

/** The blocks of a text for an architecture. */
async function questionsIn(
  source: Source,
  { question: { arch } }: Report,
  limit: number,
  io: Io,
): Promise<readonly Question[]> {
  const loaded = loadText(source, limit, io);
  if (!loaded.ok) return [];
  const options = { ...exploreOptions(takeApart([], OPTIONS)), limit };
  const searched: Question[] = [];
  for (const exploration of explorations(loaded.file)) {
    const question = await exploreQuestion(exploration, options, io);
    const isAsked = "ask" in question && question.arch === arch;
    if (isAsked) searched.push(question);
  }
  return searched;
}

/** What the sets of a bisection come to on another question, if the good kernel holds there and the bad one fails. */
async function triedOn(
  verdicts: Verdicts,
  { good, bad, sets }: Bisection,
): Promise<readonly Tried[]> {
  const heldTo = good.kernel.name;
  const held = await verdicts.of(good.kernel, heldTo);
  const failed = await verdicts.of(bad.kernel, heldTo);
  if (held.outcome !== "holds" || failed.outcome !== "fails") return [];
  const rows = new Set(bad.kernel.rows);
  const found: Tried[] = [];
  for (const set of sets) {
    const changed = set.changes.filter(({ change, apply }) =>
      rows.has(change.name) !== apply
    ).map(({ change }) => change.name);
    const trial = await tried(verdicts, bad, new Set(changed), heldTo);
    found.push({ set, trial });
  }
  return found;
}

/** Rules that are about changes of several sets: what these have to do with each other. */
function sharedRules(
  { arch }: Question,
  { sets }: Bisection,
): ReadonlySet<string> {
  const [seen, shared] = [new Set<string>(), new Set<string>()];
  for (const { changes } of sets) {
    const names = changes.map(({ change }) => change.name);
    for (const rule of rulesOf(arch.changes(), names)) {
      (seen.has(rule) ? shared : seen).add(rule);
    }
  }
  return shared;
}

/** Of one report: the sets that a block of the catalogue rules out, each by the first that does. */
async function ofReport(
  report: Report,
  catalogue: readonly Source[],
  known: ReadonlySet<MendingSet>,
  limit: number,
  io: Io,
  tell: Tell,
): Promise<readonly Across[]> {
  const { question, vendor, bisections } = report;
  const open = bisections.filter(({ sets }) => sets.length > 1);
  const rules = new Set(
    open.flatMap((one) => [...sharedRules(question, one)]),
  );
  const found: Across[] = [];
  const ruledOut = new Set(known);
  const isOpen = ({ sets }: Bisection): boolean =>
    sets.filter((set) => !ruledOut.has(set)).length > 1;
  for (const source of catalogue.filter((one) => isCiting(one, rules))) {
    if (!open.some(isOpen)) break;
    for (const on of await questionsIn(source, report, limit, io)) {
      const verdicts = new Verdicts(on, vendor, tell);
      for (const bisection of open.filter(isOpen)) {
        const trials = await triedOn(verdicts, bisection);
        const mending = trials.filter(({ trial }) => trial.outcome === "holds");
        if (mending.length === 0) continue;
        for (const { set, trial } of trials) {
          if (trial.outcome !== "fails" || ruledOut.has(set)) continue;
          ruledOut.add(set);
          found.push({
            from: report,
            set,
            on,
            trial,
            catalogue: {
              operand: operandOf(on),
              about: aboutOf(source.text),
              mended: mending.map((one) => one.trial),
            },
          });
        }
      }
    }
  }
  return found;
}

/**
 * Where any one of several sets of changes fixes what was asked: blocks of the catalogue about a rule that the
 * sets share, which the good kernel passes, the bad one fails, and only some of the sets fix.
 *
 * @param known sets that what was asked tells apart already
 * @param limit most statements of a scenario
 */
export async function toldApart(
  reports: readonly Report[],
  known: ReadonlySet<MendingSet>,
  limit: number,
  world: Io,
  tell: Tell,
): Promise<readonly Across[]> {
  const several = reports.filter(({ bisections }) =>
    bisections.some(({ sets }) => sets.length > 1)
  );
  if (several.length === 0) return [];
  const io = await withBuiltin(world, [BUILTIN]);
  // What was asked itself is answered already.
  const asked = new Set(
    reports.map(({ question }) => question.file.source.text),
  );
  const catalogue = [...texts([BUILTIN], io)].flatMap((text) =>
    text.kind === "text" && !asked.has(text.source.text) ? [text.source] : []
  );
  const found: Across[] = [];
  for (const report of several) {
    found.push(...await ofReport(report, catalogue, known, limit, io, tell));
  }
  return found;
}
