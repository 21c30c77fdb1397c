/**
 * `deno task mutants`: changes the source in small ways, one at a time, and runs the tests that run the changed line.
 * A change that no test notices shows what is not tested.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Copy, projectFiles } from "./mutants/copy.ts";
import {
  digestOf,
  measured,
  startsPrograms,
  type TestFile,
} from "./mutants/coverage.ts";
import { type Equivalent, equivalentOf } from "./mutants/equivalents.ts";
import {
  applied,
  type Mutant,
  mutantsOf,
  nameOf,
} from "./mutants/operators.ts";
import { appendLine, readLines } from "./mutants/lines.ts";
import { judge, type Verdict } from "./mutants/verdicts.ts";
import { Dice } from "./dice.ts";
import { progressBar } from "./progress.ts";

const USAGE = `usage: deno task mutants [OPTION…] [PATTERN…]

Changes the engine, dsl/resolve and dsl/run in small ways, one at a time, and runs the tests that run the changed
line. PATTERN is a part of a path: engine/x86/kvm. It prints the changes that no test notices.

  --count N       N mutants; 100 if left out
  --seed S        of their choice; 1 if left out
  --jobs N        so many at a time; 2 if left out
  --at PATH:LINE  all mutants of one line, in place of a choice
  --keep FOLDER   where coverage and results are kept; coverage/mutants if left out
  --fresh         measure and run again what was kept

A run that was interrupted goes on where it was. Which lines each file of tests runs is measured once, and again for
files of tests that changed; after larger changes of the source, use --fresh. Exit status: 0 every mutant was noticed or is listed in tests/mutants/equivalents.json;
1 some survived; 2 wrong options.
`;

/** Sources that are changed. */
const CHANGED = /^(engine|dsl\/resolve|dsl\/run)\/.*\.ts$/;

/** Of these, not: tests, and the sentences of the rules. */
const KEPT = /_(test|bench)\.ts$|\/rule_book/;

/** What the arguments say. */
interface Options {
  readonly patterns: readonly string[];
  readonly count: number;
  readonly seed: number;
  readonly jobs: number;
  readonly at: string | undefined;
  readonly keep: string;
  readonly isFresh: boolean;
  /** Where dependencies are, as offline/flags.ts has it. */
  readonly flags: readonly string[];
}

class UsageError extends Error {}

function count(name: string, value: string | undefined, initial: number) {
  if (value === undefined) return initial;
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new UsageError(`--${name} ${value}: expected a whole number above 0`);
}

function options(): Options {
  const isFlag = (arg: string) => /^--(import-map|lock|frozen)\b/.test(arg);
  const args = parseArgs(Deno.args.filter((arg) => !isFlag(arg)), {
    string: ["count", "seed", "jobs", "keep", "at"],
    boolean: ["fresh", "help"],
    unknown: (arg) => {
      if (arg.startsWith("-")) {
        throw new UsageError(`\`${arg}\` is not an option; see --help`);
      }
      return true;
    },
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
    keep: args.keep ?? "coverage/mutants",
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

/** Runs `work` for every item, `jobs` at a time, each with a copy of its own. */
async function inParallel<T>(
  copies: readonly Copy[],
  items: readonly T[],
  work: (copy: Copy, item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(copies.map(async (copy) => {
    while (next < items.length) await work(copy, items[next++]);
  }));
}

/** What each file of tests runs; what was measured before is kept, line by line. */
async function coverage(
  copies: readonly Copy[],
  files: readonly string[],
  wanted: ReadonlySet<string>,
  { keep, isFresh }: Options,
): Promise<readonly TestFile[]> {
  const kept = `${keep}/tests.jsonl`;
  await Deno.mkdir(keep, { recursive: true });
  if (isFresh) await Deno.remove(kept).catch(() => {});
  const known = new Map(
    (await readLines<TestFile>(kept)).map((test) => [test.path, test]),
  );
  const tests = new Map<string, TestFile | undefined>();
  for (const path of files.filter((path) => path.endsWith("_test.ts"))) {
    const text = await Deno.readTextFile(path);
    if (startsPrograms(text)) continue;
    const old = known.get(path);
    tests.set(path, old?.digest === await digestOf(text) ? old : undefined);
  }
  const missing = [...tests.keys()].filter((path) => !tests.get(path));
  const bar = progressBar("coverage of tests", missing.length);
  let done = 0;
  await inParallel(copies, missing, async (copy, path) => {
    const test = await measured(copy, path, wanted);
    tests.set(path, test);
    await appendLine(kept, test);
    bar.show(++done);
  });
  bar.end();
  return [...tests.values()].filter((test) => test !== undefined);
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
  const all = [...texts].filter(([path]) => at !== undefined || isAsked(path))
    .flatMap(([path, text]) => mutantsOf(path, text));
  if (at !== undefined) {
    const here = all.filter(({ path, line }) => `${path}:${line}` === at);
    if (here.length > 0) return here;
    throw new UsageError(`--at ${at}: there is nothing to change`);
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
  const copies = await Promise.all(
    Array.from({ length: asked.jobs }, () => Copy.make(".", asked.flags)),
  );
  const scope = asked.at ?? `seed ${asked.seed}`;
  const results = `${asked.keep}/${
    [scope, ...asked.patterns].join(" ").replaceAll(/[^\w.-]+/g, "-")
  }.jsonl`;
  try {
    const tests = await coverage(
      copies,
      files,
      new Set(texts.keys()),
      asked,
    );
    if (asked.isFresh) {
      await Deno.remove(results).catch(() => {});
    }
    const kept = new Map(
      (await readLines<Verdict>(results)).map((one) => [one.name, one]),
    );
    const caught = new Map<string, number>();
    for (const { by } of kept.values()) {
      if (by) caught.set(by, (caught.get(by) ?? 0) + 1);
    }
    const bar = progressBar("mutants", mutants.length);
    const verdicts: Verdict[] = [];
    await inParallel(copies, mutants, async (copy, mutant) => {
      const text = texts.get(mutant.path)!;
      const old = kept.get(nameOf(mutant));
      const isKept = old?.before === mutant.before &&
        old.after === mutant.after;
      const verdict: Verdict = equivalentOf(known, text, mutant)
        ? {
          name: nameOf(mutant),
          before: mutant.before,
          after: mutant.after,
          fate: "equivalent",
          ms: 0,
        }
        : isKept
        ? old
        : await judge(copy, mutant, tests, caught);
      if (verdict !== old) {
        await appendLine(results, verdict);
      }
      verdicts.push(verdict);
      bar.show(verdicts.length);
    });
    bar.end();
    return report(verdicts, scope, results);
  } finally {
    for (const copy of copies) await copy.remove();
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
  const survivors = [...of("survived"), ...of("never run")];
  survivors.sort((a, b) => a.name < b.name ? -1 : 1);
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

try {
  Deno.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`mutants: ${error.message}`);
  Deno.exitCode = 2;
}
