/**
 * `deno task mutants`: changes the source in small ways, one at a time, and runs the tests that reach the change.
 * A change that no test notices shows what is not tested.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Copy, projectFiles } from "./mutants/copy.ts";
import { measured, startsPrograms, type TestFile } from "./mutants/coverage.ts";
import { type Equivalent, equivalentOf } from "./mutants/equivalents.ts";
import {
  applied,
  type Mutant,
  mutantsOf,
  nameOf,
} from "./mutants/operators.ts";
import { appendLine, readLines } from "./mutants/lines.ts";
import { Driver } from "./mutants/process.ts";
import { refused } from "./mutants/types.ts";
import { Judge, type Verdict } from "./mutants/verdicts.ts";
import { UsageError } from "../cli/command.ts";
import { Dice } from "./dice.ts";
import { digestOf } from "./digest.ts";
import { progressBar } from "./progress.ts";
import { refuseOption, runTask } from "./task.ts";

const USAGE = `usage: deno task mutants [OPTION…] [PATTERN…]

Changes the engine, dsl/resolve and dsl/run in small ways, one at a time, and runs the tests that reach the
change. PATTERN is a part of a path: engine/x86/kvm. It prints the changes that no test notices.

  --count N       N mutants; 100 if left out
  --seed S        of their choice; 1 if left out
  --jobs N        so many at a time; 2 if left out
  --at PATH:LINE  all mutants of one line, or PATH:LINE:COLUMN of one place, in place of a choice; may be given again
  --tests PART    only files of tests with PART in their path
  --measure S     leave out the tests of a file after its first S seconds; 600 if left out
  --budget S      at most S seconds of tests a mutant; 60 if left out
  --keep FOLDER   where measurements and results are kept; coverage/mutants if left out
  --again         try those that survived again, if tests or the budget changed
  --fresh         measure and run again what was kept

All mutants are written into one copy of the sources, each with a switch, and one process tries them after each
other: a mutant costs no start of a program, and only tests that reach it are run. A run that was interrupted goes on
where it was. What the tests reach is measured once, and again for files of tests that changed; after larger changes of
the source, use --fresh. Exit status: 0 every mutant was noticed or is listed in tests/mutants/equivalents.json;
1 some survived; 2 wrong options.
`;

/** Sources that are changed. */
const CHANGED = /^(engine|dsl\/resolve|dsl\/run)\/.*\.ts$/;

/** Of these, not: tests and what they share, and the sentences of the rules. */
const KEPT = /_(test|bench)\.ts$|\/testing\.ts$|\/rule_book/;

/** What the arguments say. */
interface Options {
  readonly patterns: readonly string[];
  readonly count: number;
  readonly seed: number;
  readonly jobs: number;
  /** Lines and places that are changed, in place of a choice. */
  readonly at: readonly string[];
  /** Parts of paths of files of tests. */
  readonly tests: readonly string[];
  /** Seconds of each file of tests. */
  readonly measure: number;
  /** Seconds of tests for each mutant. */
  readonly budget: number;
  readonly keep: string;
  readonly isAgain: boolean;
  readonly isFresh: boolean;
  /** Where dependencies are, as offline/flags.ts has it. */
  readonly flags: readonly string[];
}

function count(name: string, value: string | undefined, initial: number) {
  if (value === undefined) return initial;
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new UsageError(`--${name} ${value}: expected a whole number above 0`);
}

function options(): Options {
  const isFlag = (arg: string) => /^--(import-map|lock|frozen)\b/.test(arg);
  const args = parseArgs(Deno.args.filter((arg) => !isFlag(arg)), {
    string: [
      "count",
      "seed",
      "jobs",
      "keep",
      "at",
      "tests",
      "measure",
      "budget",
    ],
    collect: ["at", "tests"],
    boolean: ["again", "fresh", "help"],
    unknown: refuseOption,
  });
  if (args.help) {
    console.log(USAGE.trimEnd());
    Deno.exit(0);
  }
  return {
    patterns: args._.map(String),
    count: count("count", args.count, 100),
    seed: count("seed", args.seed, 1),
    jobs: count("jobs", args.jobs, 2),
    at: args.at,
    tests: args.tests,
    measure: count("measure", args.measure, 600),
    budget: count("budget", args.budget, 60),
    keep: args.keep ?? "coverage/mutants",
    isAgain: args.again,
    isFresh: args.fresh,
    flags: Deno.args.filter(isFlag),
  };
}

/** Sources, by path. */
async function sources(
  files: readonly string[],
): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const path of files) {
    if (!CHANGED.test(path) || KEPT.test(path)) continue;
    result.set(path, await Deno.readTextFile(path));
  }
  return result;
}

/** A copy with the process that runs in it. */
interface Place {
  readonly copy: Copy;
  readonly driver: Driver;
}

/** Runs `work` for every item, one at each place at a time. */
async function inParallel<T>(
  places: readonly Place[],
  items: readonly T[],
  work: (place: Place, item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(places.map(async (place) => {
    while (next < items.length) await work(place, items[next++]);
  }));
}

/** What each file of tests reaches; what was measured before is kept. */
async function coverage(
  places: readonly Place[],
  paths: readonly string[],
  mutants: readonly Mutant[],
  kept: string,
  budget: number,
): Promise<readonly TestFile[]> {
  const known = new Map(
    (await readLines<TestFile>(kept)).map((test) => [test.path, test]),
  );
  const run = await digestOf(JSON.stringify(mutants));
  const files = new Map<string, TestFile>();
  const missing: { readonly path: string; readonly digest: string }[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(path);
    if (startsPrograms(text)) continue;
    const digest = await digestOf(run + text);
    const old = known.get(path);
    if (old?.digest === digest) files.set(path, old);
    else missing.push({ path, digest });
  }
  const bar = progressBar("what tests reach", missing.length);
  let done = 0;
  await inParallel(places, missing, async ({ driver }, { path, digest }) => {
    const file = await measured(driver, path, digest, budget);
    files.set(path, file);
    await appendLine(kept, file);
    bar.show(++done);
  });
  bar.end();
  return [...files.values()];
}

/** Whether the changed text is TypeScript at all. */
function parses(text: string, mutant: Mutant): boolean {
  try {
    mutantsOf(mutant.path, applied(text, mutant));
    return true;
  } catch {
    return false;
  }
}

/** The mutants of a run, in the order in which they are tried. */
function chosen(
  texts: ReadonlyMap<string, string>,
  { patterns, count, seed, at }: Options,
): readonly Mutant[] {
  const isAsked = (path: string) =>
    patterns.length === 0 || patterns.some((part) => path.includes(part));
  const all = [...texts].filter(([path]) => at.length > 0 || isAsked(path))
    .flatMap(([path, text]) => mutantsOf(path, text));
  if (at.length > 0) {
    const here = new Set<Mutant>();
    for (const place of at) {
      const found = all.filter(({ path, line, column }) =>
        [`${path}:${line}`, `${path}:${line}:${column}`].includes(place)
      );
      if (found.length === 0) {
        throw new UsageError(`--at ${place}: there is nothing to change`);
      }
      for (const one of found) here.add(one);
    }
    return [...here];
  }
  if (all.length === 0) {
    throw new UsageError(`no source has ${patterns.join(" or ")} in its path`);
  }
  const dice = new Dice(seed);
  const result: Mutant[] = [];
  while (result.length < count && all.length > 0) {
    const index = dice.below(all.length);
    const mutant = all[index];
    all[index] = all[all.length - 1];
    all.pop();
    if (parses(texts.get(mutant.path)!, mutant)) result.push(mutant);
  }
  return result;
}

/** What a run is called in the names of its files. */
async function scopeOf({ at, seed }: Options): Promise<string> {
  if (at.length === 0) return `seed ${seed}`;
  if (at.length === 1) return at[0];
  return `${at.length} places ${await digestOf(at.join(" "))}`;
}

/** No test noticed it. */
function hasSurvived({ fate }: Verdict): boolean {
  return fate === "survived" || fate === "never run";
}

/** Prints one mutant that no test notices. */
function show({ name, before, after, fate }: Verdict): void {
  console.log(`${name}: ${fate}`);
  for (const [sign, text] of [["-", before], ["+", after]]) {
    for (const line of text.split("\n")) console.log(`  ${sign} ${line}`);
  }
}

async function main(): Promise<number> {
  const asked = options();
  const files = await projectFiles(".");
  const texts = await sources(files);
  const mutants = chosen(texts, asked);
  const known: readonly Equivalent[] = JSON.parse(
    await Deno.readTextFile("tests/mutants/equivalents.json"),
  );
  const scope = await scopeOf(asked);
  const results = `${asked.keep}/${
    [scope, ...asked.patterns].join(" ").replaceAll(/[^\w.-]+/g, "-")
  }.jsonl`;
  const reach = results.replace(/jsonl$/, "tests.jsonl");
  await Deno.mkdir(asked.keep, { recursive: true });
  if (asked.isFresh) {
    for (const path of [results, reach]) {
      await Deno.remove(path).catch(() => {});
    }
  }
  const places = await Promise.all(
    Array.from({ length: asked.jobs }, async () => {
      const copy = await Copy.make(".", asked.flags, texts, mutants);
      return { copy, driver: new Driver(copy.root, asked.flags) };
    }),
  );
  try {
    const paths = files.filter((path) =>
      path.endsWith("_test.ts") &&
      (asked.tests.length === 0 ||
        asked.tests.some((part) => path.includes(part)))
    );
    const tests = await coverage(
      places,
      paths,
      mutants,
      reach,
      asked.measure * 1000,
    );
    const kept = new Map(
      (await readLines<Verdict>(results)).map((one) => [one.name, one]),
    );
    const tried = await digestOf(
      JSON.stringify([tests.map(({ digest }) => digest), asked.budget]),
    );
    const judge = new Judge(tests, asked.budget * 1000);
    for (const { by } of kept.values()) judge.count(by);
    const bar = progressBar("mutants", mutants.length);
    const verdicts: Verdict[] = [];
    const numbered = mutants.map((mutant, id) => ({ id, mutant }));
    await inParallel(places, numbered, async ({ copy, driver }, one) => {
      const { mutant } = one;
      const old = kept.get(nameOf(mutant));
      const isKept = old?.before === mutant.before &&
        old.after === mutant.after &&
        !(asked.isAgain && hasSurvived(old) && old.tried !== tried);
      const isEquivalent = equivalentOf(
        known,
        texts.get(mutant.path)!,
        mutant,
      ) !== undefined;
      const { before, after } = mutant;
      const verdict: Verdict = isEquivalent
        ? { name: nameOf(mutant), before, after, fate: "equivalent", ms: 0 }
        : isKept
        ? old
        : { ...await judge.judge(copy, driver, one), tried };
      if (verdict !== old) await appendLine(results, verdict);
      verdicts.push(verdict);
      bar.show(verdicts.length);
    });
    bar.end();
    const left = verdicts.filter(hasSurvived);
    const isRefused = await typesRefuse(
      mutants.filter((mutant) =>
        left.some(({ name, before, after }) =>
          name === nameOf(mutant) && before === mutant.before &&
          after === mutant.after
        )
      ),
      texts,
      asked.flags,
    );
    const final = verdicts.map((one) =>
      isRefused.has(one.name) && hasSurvived(one)
        ? { ...one, fate: "types" as const }
        : one
    );
    return report(final, scope, results);
  } finally {
    for (const { copy, driver } of places) {
      await driver.end();
      await copy.remove();
    }
  }
}

/** The names of the mutants that the type checker refuses. */
async function typesRefuse(
  mutants: readonly Mutant[],
  texts: ReadonlyMap<string, string>,
  flags: readonly string[],
): Promise<ReadonlySet<string>> {
  if (mutants.length === 0) return new Set();
  const copy = await Copy.make(".", flags, texts, []);
  try {
    return new Set([...await refused(copy, mutants)].map(nameOf));
  } finally {
    await copy.remove();
  }
}

/** Prints the survivors and a line of figures. */
function report(
  verdicts: readonly Verdict[],
  scope: string,
  results: string,
): number {
  const of = (fate: Verdict["fate"]) =>
    verdicts.filter((one) => one.fate === fate);
  const survivors = verdicts.filter(hasSurvived)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  for (const one of survivors) show(one);
  const parts = ["caught", "hung", "types", "equivalent"] as const;
  console.log(
    `${verdicts.length} mutants (${scope}): ` +
      parts.map((fate) => `${of(fate).length} ${fate}`).join(", ") +
      `, ${of("survived").length} survived, ${
        of("never run").length
      } never run`,
  );
  console.log(`results: ${results}`);
  return survivors.length === 0 ? 0 : 1;
}

await runTask("mutants", main);
