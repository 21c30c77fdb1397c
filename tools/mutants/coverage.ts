/**
 * Which tests reach which mutants, measured once and kept.
 *
 * @module
 */
import type { Driver } from "./process.ts";

/** What a test reaches. */
export interface TestRun {
  /** Its place in its file. */
  readonly index: number;
  /** How long it takes when all is well. */
  readonly ms: number;
  /** The numbers of the mutants that it reaches. */
  readonly reached: readonly number[];
}

/** What a file of tests reaches. */
export interface TestFile {
  readonly path: string;
  /** Of its text and of the run's mutants: what changed is measured again. */
  readonly digest: string;
  /** Its tests, without those that fail as the source stands. */
  readonly tests: readonly TestRun[];
  /** The mutants that are reached when the file is loaded. */
  readonly loaded: readonly number[];
  /** Tests that fail or end the process in the driver, with their errors. */
  readonly failed: readonly string[];
}

/** Ends a test that does not end as the source stands. */
const LONGEST_MS = 240_000;

/** Its tests start programs, in which no mutant is on. */
export function startsPrograms(text: string): boolean {
  return /\bDeno\.Command\b|\bnew Worker\b|\/(pseudo_terminal|browser|packaged|outside)\.ts"/
    .test(text);
}

/**
 * Runs a file of tests without a mutant, in a process of its own.
 *
 * @param budget in milliseconds: the tests that would begin later are left out
 */
export async function measured(
  driver: Driver,
  path: string,
  digest: string,
  budget: number,
): Promise<TestFile> {
  const tests: TestRun[] = [];
  const failed: string[] = [];
  const skip: number[] = [];
  let loaded: readonly number[] = [];
  for (let isDone = false; !isDone;) {
    const { answers, ended } = await driver.order({
      kind: "measure",
      path,
      limit: LONGEST_MS,
      budget,
      skip,
    });
    await driver.end();
    for (const answer of answers) {
      if (answer.kind === "loaded") loaded = answer.reached;
      if (answer.kind !== "ran") continue;
      const { test: { index }, error, ms, reached } = answer;
      skip.push(index);
      if (error === undefined) tests.push({ index, ms, reached });
      else failed.push(`${index}: ${error}`);
    }
    isDone = ended?.test === undefined;
    if (ended) {
      failed.push(`${ended.test?.index ?? "load"}: the process ended`);
      if (ended.test) skip.push(ended.test.index);
    }
  }
  return { path, digest, tests, loaded, failed };
}

/** A test of a file. */
export interface Candidate {
  readonly path: string;
  readonly index: number;
  readonly ms: number;
}

/** The tests that may notice a mutant, in either list the one that most likely notices it in the shortest time first. */
export interface Candidates {
  /** Those that reach it when they run. */
  readonly tests: readonly Candidate[];
  /** All tests of files that reach it when they are loaded: it must be on by then. */
  readonly early: readonly Candidate[];
}

/**
 * The tests that may notice a mutant.
 *
 * @param id the mutant's number
 * @param path its file
 * @param caught how many mutants each file of tests has caught so far
 */
export function candidatesOf(
  files: readonly TestFile[],
  { id, path }: { readonly id: number; readonly path: string },
  caught: ReadonlyMap<string, number>,
): Candidates {
  const stem = path.replace(/^.*\/|\.ts$/g, "");
  const priced = (path: string, runs: readonly TestRun[]) => {
    const noticed = 1 + (caught.get(path) ?? 0);
    const isNamed = path.includes(stem) ? 4 : 1;
    return runs.map(({ index, ms }) => ({
      test: { path, index, ms },
      price: (ms + 5) / noticed / isNamed,
    })).sort((a, b) => a.price - b.price);
  };
  const tests: { readonly test: Candidate; readonly price: number }[] = [];
  const early: typeof tests = [];
  for (const { path, tests: runs, loaded } of files) {
    const reaching = runs.filter(({ reached }) => reached.includes(id));
    tests.push(...priced(path, reaching));
    // Nothing says which tests see a value that is computed at load: some of each file before more of one.
    early.push(
      ...priced(path, loaded.includes(id) ? runs : reaching)
        .map(({ test, price }, place) => ({
          test,
          price: price * (1 + place),
        })),
    );
  }
  const isEarly = files.some(({ loaded }) => loaded.includes(id));
  const sorted = (all: typeof tests) =>
    all.sort((a, b) => a.price - b.price).map(({ test }) => test);
  return { tests: sorted(tests), early: isEarly ? sorted(early) : [] };
}
