/**
 * What became of each mutant, and the file that a run goes on from.
 *
 * @module
 */
import type { Copy } from "./copy.ts";
import { type Candidate, candidatesOf, type TestFile } from "./coverage.ts";
import type { Order } from "./driver.ts";
import { type Mutant, nameOf } from "./operators.ts";
import type { Driver, Outcome } from "./process.ts";

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
  /** How the test failed. */
  readonly error?: string;
  /** Tests that reach the mutant and were left out, for they take too long together. */
  readonly untried?: number;
  readonly ms: number;
}

/** A test may take this many times as long as it does without a change, and so many milliseconds more. */
const PATIENCE = { factor: 5, ms: 5_000 };

/** Orders after which a process is replaced: it grows. */
const MOST_ORDERS = 100;

/** A verdict without the mutant's own name and texts. */
type Judged = Omit<Verdict, "name" | "before" | "after" | "ms">;

/** The first tests that take no longer than a budget together. */
function within(
  tests: readonly Candidate[],
  budget: number,
): readonly Candidate[] {
  let sum = 0;
  return tests.filter(({ ms }) => (sum += ms) <= budget);
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
    const { tests, isEarly } = candidatesOf(
      this.files,
      { id, path },
      this.#caught,
    );
    if (tests.length === 0) return { fate: "never run" };
    const chosen = within(tests, this.budget);
    const untried = tests.length - chosen.length;
    if (driver.orders >= MOST_ORDERS) await driver.end();
    let judged = await this.#tried(driver, id, chosen, isEarly);
    if (judged === "missed") {
      judged = await this.#tried(driver, id, chosen, true);
    }
    if (typeof judged === "object") return judged;
    return { fate: "survived", ...untried > 0 ? { untried } : {} };
  }

  /** One that has no switch: its file is changed. */
  async #alone(
    copy: Copy,
    driver: Driver,
    id: number,
    mutant: Mutant,
  ): Promise<Judged> {
    const tests = candidatesOf(
      this.files,
      { id, path: mutant.path },
      this.#caught,
    ).tests;
    if (tests.length === 0) return { fate: "never run" };
    const chosen = within(tests, this.budget);
    await copy.change(mutant);
    try {
      const judged = await this.#tried(driver, id, chosen, true);
      if (typeof judged === "object") return judged;
      return { fate: "survived", untried: tests.length - chosen.length };
    } finally {
      await copy.restore(mutant);
    }
  }

  /** How a test noticed, or that none did, or that one did not reach the mutant in this process; a process in which something was left over is not believed. */
  async #tried(
    driver: Driver,
    id: number,
    tests: readonly Candidate[],
    isEarly: boolean,
  ): Promise<Judged | "passed" | "missed"> {
    const order: Order = {
      kind: "judge",
      mutant: id,
      isEarly,
      tests: tests.map(({ path, index, ms }) => ({
        path,
        index,
        limit: Math.round(ms * this.patience.factor + this.patience.ms),
      })),
    };
    if (isEarly) await driver.end();
    while (true) {
      const wasFresh = driver.isFresh;
      const outcome = await driver.order(order);
      const done = outcome.answers.find((answer) => answer.kind === "done");
      if (isEarly || done?.by && !done.isClean) await driver.end();
      if (done && !done.by) return done.isMissed ? "missed" : "passed";
      if (wasFresh || done?.isClean) return judgedBy(outcome);
      // Once more in a process without a past.
    }
  }
}

/** The verdict of an order that a test, or the end of the process, ended early. */
function judgedBy({ answers, ended }: Outcome): Judged {
  const done = answers.find((answer) => answer.kind === "done");
  return {
    fate: ended?.isTooLong || done?.isTooLong ? "hung" : "caught",
    by: (done?.by ?? ended?.test)?.path,
    error: done?.error ?? "the process ended",
  };
}
