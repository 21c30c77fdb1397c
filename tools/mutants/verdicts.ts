/**
 * What became of each mutant, and the file that a run goes on from.
 *
 * @module
 */
import type { Copy } from "./copy.ts";
import { type Candidate, candidatesOf, type TestFile } from "./coverage.ts";
import type { Order, TestName } from "./driver.ts";
import { type Mutant, nameOf } from "./operators.ts";
import { Driver, type Outcome } from "./process.ts";
import { NONE } from "./switch.ts";

/** What became of a mutant. */
export type Fate =
  /** A test failed. */
  | "caught"
  /** A test did not end. */
  | "hung"
  /** Only the type checker refuses it. */
  | "types"
  /** All tests that reach it pass. */
  | "survived"
  /** No test reaches it. */
  | "never run"
  /** It is in the list of those that change nothing. */
  | "equivalent";

/** A mutant with what became of it: a line of the file of results. */
export interface Verdict {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly fate: Fate;
  /** The file of tests that noticed. */
  readonly by?: string;
  readonly test?: TestName;
  /** How the test failed. */
  readonly error?: string;
  /** Tests that reach the mutant and were left out, for they take too long together. */
  readonly untried?: number;
  /** The digest of the tests and of the time that it had. */
  readonly tried?: string;
  readonly ms: number;
}

/** A test may take this many times as long as it does without a change, and so many milliseconds more. */
const PATIENCE = { factor: 5, ms: 5_000 };

/** So much more may a mutant cost that is on from the start: which tests see it is not known. */
const EARLY_FACTOR = 3;

/** To load a file of tests in a process of a mutant's own. */
const LOAD_MS = 300;

/** Orders after which a process is replaced: it grows. */
const MOST_ORDERS = 100;

/** A verdict without the mutant's own name and texts. */
type Judged = Omit<Verdict, "name" | "before" | "after" | "tried" | "ms">;

/**
 * The first tests that take no longer than a budget together.
 *
 * @param loadMs what the first test of a file costs besides
 */
function within(
  tests: readonly Candidate[],
  budget: number,
  loadMs: number,
): readonly Candidate[] {
  const loaded = new Set<string>();
  let sum = 0;
  return tests.filter(({ path, ms }) => {
    sum += ms + (loaded.has(path) ? 0 : loadMs);
    loaded.add(path);
    return sum <= budget;
  });
}

/** Tries mutants, each with the tests that reach it. */
export class Judge {
  /** Caught mutants by file of tests. */
  readonly #caught = new Map<string, number>();

  /**
   * @param files what each file of tests reaches
   * @param budget the milliseconds of tests that a mutant may cost
   * @param patience when a test is taken for one that does not end
   */
  constructor(
    readonly files: readonly TestFile[],
    readonly budget: number,
    readonly patience = PATIENCE,
  ) {}

  /** Counts a mutant that a file of tests caught: it is asked earlier next time. */
  count(by: string | undefined): void {
    if (by) this.#caught.set(by, (this.#caught.get(by) ?? 0) + 1);
  }

  /** Runs the tests that can notice a mutant, until one does. */
  async judge(
    copy: Copy,
    driver: Driver,
    { id, mutant }: { readonly id: number; readonly mutant: Mutant },
  ): Promise<Verdict> {
    const begun = performance.now();
    const judged = copy.isSwitched(id)
      ? await this.#judged(driver, id, mutant)
      : await this.#alone(copy, driver, id, mutant);
    this.count(judged.by);
    const { before, after } = mutant;
    return {
      name: nameOf(mutant),
      before,
      after,
      ...judged,
      ms: Math.round(performance.now() - begun),
    };
  }

  async #judged(
    driver: Driver,
    id: number,
    { path }: Mutant,
  ): Promise<Judged> {
    const { tests, early } = candidatesOf(
      this.files,
      { id, path },
      this.#caught,
    );
    if (tests.length + early.length === 0) return { fate: "never run" };
    const chosen = within(tests, this.budget, 0);
    const late = await this.#tried(driver, id, chosen, early.length > 0);
    if (typeof late === "object") return late;
    const again = early.length > 0
      ? within(early, this.budget * EARLY_FACTOR, LOAD_MS)
      : late === "missed"
      ? chosen
      : [];
    const found = await this.#triedEarly(driver, id, again);
    if (found) return found;
    const all = early.length > 0 ? early.length : tests.length;
    const untried = all - Math.max(chosen.length, again.length);
    return { fate: "survived", ...untried > 0 ? { untried } : {} };
  }

  /** One that has no switch: its file is changed. */
  async #alone(
    copy: Copy,
    driver: Driver,
    id: number,
    mutant: Mutant,
  ): Promise<Judged> {
    const { tests, early } = candidatesOf(
      this.files,
      { id, path: mutant.path },
      this.#caught,
    );
    const all = early.length > 0 ? early : tests;
    if (all.length === 0) return { fate: "never run" };
    const chosen = within(all, this.budget, LOAD_MS);
    await copy.change(mutant);
    try {
      return await this.#triedEarly(driver, id, chosen) ??
        { fate: "survived", untried: all.length - chosen.length };
    } finally {
      await copy.restore(mutant);
    }
  }

  /**
   * How a test noticed, or that none did, or that one did not reach the mutant in this process. A process in which
   * something was left over is not believed.
   */
  async #tried(
    driver: Driver,
    id: number,
    tests: readonly Candidate[],
    endsAtMiss: boolean,
  ): Promise<Judged | "passed" | "missed"> {
    if (tests.length === 0) return "missed";
    const order = this.#order(id, tests, { endsAtMiss });
    if (driver.orders >= MOST_ORDERS) await driver.end();
    while (true) {
      const wasFresh = driver.isFresh;
      const outcome = await driver.order(order);
      const done = outcome.answers.find((answer) => answer.kind === "done");
      if (done?.by && !done.isClean) await driver.end();
      if (done && !done.by) return done.isMissed ? "missed" : "passed";
      if (wasFresh || done?.isClean) return judgedBy(outcome);
      // Once more in a process without a past.
    }
  }

  /** The same with a process of the mutant's own, in which it is on from the start. */
  async #triedEarly(
    { root, flags }: Driver,
    id: number,
    tests: readonly Candidate[],
  ): Promise<Judged | undefined> {
    let left = tests;
    while (left.length > 0) {
      const driver = new Driver(root, flags);
      const outcome = await driver.order(
        this.#order(id, left, { isEarly: true }),
      );
      await driver.end();
      const judged = judgedBy(outcome);
      if (judged.test === undefined) return undefined;
      const at = left.findIndex(({ path, index }) =>
        path === judged.test?.path && index === judged.test.index
      );
      const alone = await driver.order(
        this.#order(NONE, [left[at]], { isEarly: true }),
      );
      await driver.end();
      if (judgedBy(alone).test === undefined) return judged;
      // It fails without the mutant.
      left = left.slice(at + 1);
    }
    return undefined;
  }

  #order(
    mutant: number,
    tests: readonly Candidate[],
    { isEarly = false, endsAtMiss = false },
  ): Order {
    const { factor, ms: more } = this.patience;
    return {
      kind: "judge",
      mutant,
      isEarly,
      endsAtMiss,
      tests: tests.map(({ path, index, ms }) => ({
        path,
        index,
        limit: Math.round(ms * factor + more),
      })),
    };
  }
}

/** The verdict of an order that a test, or the end of the process, ended early; no test if all passed. */
function judgedBy({ answers, ended }: Outcome): Judged {
  const done = answers.find((answer) => answer.kind === "done");
  const test = done?.by ?? ended?.test;
  return {
    fate: ended?.isTooLong || done?.isTooLong ? "hung" : "caught",
    test,
    by: test?.path,
    error: done?.error ?? "the process ended",
  };
}
