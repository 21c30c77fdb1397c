/**
 * Carries lines out on a session, with loops and included files.
 *
 * @module
 */
import {
  type Event,
  kernelWithVendor,
  type RunResult,
} from "../../engine/mod.ts";
import { fail, Problem } from "../problem.ts";
import { Context } from "../resolve/context.ts";
import type { KernelTerm } from "../action_parts.ts";
import { covers, resolveKernels } from "../resolve/kernel_terms.ts";
import { refuseBackwards } from "../resolve/ranges.ts";
import { Scope } from "../resolve/scope.ts";
import type { HypervisorNeeded } from "../resolve/without_hypervisor.ts";
import {
  byStatement,
  type Failure,
  type Output,
  type Skip,
} from "../result.ts";
import type { Span } from "../source.ts";
import type { Line, OpenerOf, PlainLine } from "../syntax/lines.ts";
import { actionOf, liveSituation } from "./live.ts";
import { failureOf, perform } from "./perform.ts";
import { noted, unanswered } from "./performance.ts";
import type { ActionWatch } from "../watch.ts";
import type { Session } from "./session.ts";

/** Counts what is carried out, against the limit. */
export class Budget {
  #left: number;
  readonly #limit: number;

  /** @param limit most statements and loop iterations */
  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** Takes one statement or one loop iteration. */
  spend(span: Span): void {
    if (this.#left-- > 0) return;
    fail({
      code: "limit",
      span,
      message:
        `more statements and loop iterations than the limit, ${this.#limit}`,
      hint: "`--limit N` allows more",
    });
  }
}

/** What carrying lines out collects. */
export interface Collected {
  /** What they printed. */
  readonly outputs: Output[];
  /** There are more outputs, which may be told while lines are carried out. */
  readonly tell?: () => void;
  /** Told of each action. */
  readonly watch?: ActionWatch;
  /** What failed. */
  readonly failures: Failure[];
  /** Warnings, and reliance on what the architecture leaves open. */
  readonly notices: Event[];
  /** The last run of each vCPU that ran. */
  readonly runs: Map<number, RunResult>;
  /** Why the rest is skipped. */
  skip: Skip | undefined;
}

/** Nothing collected yet. */
export function emptyCollection(): Collected {
  return {
    outputs: [],
    failures: [],
    notices: [],
    runs: new Map(),
    skip: undefined,
  };
}

/** What carrying out a line of a session led to. */
export interface CarriedOut {
  /** What it printed. */
  readonly outputs: readonly Output[];
  /** What failed. */
  readonly failures: readonly Failure[];
  /** Warnings, and reliance on what the architecture leaves open. */
  readonly notices: readonly Event[];
  /** A requirement that does not hold: what follows is skipped. */
  readonly skip: Skip | undefined;
  /** False if it could not be carried out to its end. */
  readonly completed: boolean;
}

/**
 * Carries out one line of a session that lives on, a loop or an include too; no `scenario`.
 *
 * @param limit most loop iterations and statements
 */
export function carryOut(
  session: Session,
  line: Line,
  scope: Scope,
  limit: number,
): CarriedOut {
  const collected = emptyCollection();
  const completed = runLines(
    session,
    [line],
    scope,
    new Budget(limit),
    collected,
  );
  return { ...collected, completed };
}

/**
 * Carries out what stands before something else, such as an `explore` block.
 *
 * @returns what failed, and why what follows is skipped
 */
export function runBefore(
  session: Session,
  lines: readonly Line[],
  scope: Scope,
  limit: number,
): { readonly failures: readonly Failure[]; readonly skip: Skip | undefined } {
  const collected = emptyCollection();
  runLines(session, lines, scope, new Budget(limit), collected);
  const failure = unanswered(session);
  const failures = byStatement(
    failure ? [...collected.failures, failure] : collected.failures,
  );
  return { failures, skip: collected.skip };
}

/**
 * Carries lines out.
 *
 * @returns false after one that could not be carried out, since what follows would mean something else, or that skips
 *   the rest
 */
export function runLines(
  session: Session,
  lines: readonly Line[],
  scope: Scope,
  budget: Budget,
  collected: Collected,
): boolean {
  for (const line of lines) {
    try {
      budget.spend(line.span);
      switch (line.kind) {
        case "for":
          if (!runLoop(session, line, scope, budget, collected)) return false;
          continue;
        case "include": {
          const inside = line.file?.lines ?? [];
          if (!runLines(session, inside, scope, budget, collected)) {
            return false;
          }
          continue;
        }
        case "scenario":
        case "explore":
        case "program":
        case "repeat":
        case "either":
        case "known":
        case "broken":
          throw new RangeError(`${line.kind} is not carried out on a session`);
        default:
          if (!runOne(session, line, scope, collected)) return false;
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      collected.failures.push(
        ...withValues([failureOf(error.diagnostic)], scope),
      );
      return false;
    }
  }
  return true;
}

function runLoop(
  session: Session,
  line: OpenerOf<"for">,
  scope: Scope,
  budget: Budget,
  collected: Collected,
): boolean {
  const c = new Context(session.arch, liveSituation(session, scope));
  const { from, to } = loopRange(c, line);
  for (let i = from; i <= to; i++) {
    budget.spend(line.span);
    const inner = new Scope(scope);
    inner.define(line.variable, i, { isCounter: true });
    if (!runLines(session, line.body.lines, inner, budget, collected)) {
      return false;
    }
  }
  return true;
}

/** First and last value of a loop's variable. @throws {Problem} if one has no value, or the range runs backwards */
export function loopRange(
  c: Context,
  { from: first, to: last }: OpenerOf<"for">,
): { readonly from: bigint; readonly to: bigint } {
  const range = { from: c.number(first)!, to: c.number(last)! };
  refuseBackwards(range, { first, last });
  return range;
}

function runOne(
  session: Session,
  line: PlainLine,
  scope: Scope,
  collected: Collected,
): boolean {
  const { outputs, failures, notices, runs, tell } = collected;
  const others = othersOf(session, line, scope);
  if (others) {
    session.passOverExpectation(others);
    return true;
  }
  const settled = actionOf(session, line, scope);
  const { action, problems } = settled;
  if (!action) {
    if (settled.needed && session.settings.profile !== undefined) {
      collected.skip = withoutHypervisor(session, settled.needed);
    } else failures.push(...withValues(problems.map(failureOf), scope));
    return false;
  }
  collected.watch?.before(action, line.span, session);
  const done = perform(session, action, line.span, scope);
  const hasFailed = done.failures.length > 0;
  collected.watch?.after(action, line.span, session, hasFailed);
  outputs.push(...done.outputs);
  if (done.outputs.length > 0) tell?.();
  failures.push(...withValues(done.failures, scope));
  notices.push(...session.notices());
  if (action.kind === "run" && session.machine.lastRun) {
    runs.set(session.machine.lastRun.vcpu, session.machine.lastRun);
  }
  collected.skip = done.skip;
  return done.skip === undefined &&
    !done.failures.some(({ kind }) => kind === "error");
}

/** A machine without a hypervisor was asked for, and the scenario needs one. */
function withoutHypervisor(
  { kernelChoice: { profile, vendor } }: Session,
  { reason, diagnostic: { span } }: HypervisorNeeded,
): Skip {
  const kernel = kernelWithVendor(profile, vendor);
  return {
    cause: "require",
    reason: `${reason}; the kernel is ${kernel}`,
    summary: reason,
    span,
  };
}

/**
 * The kernels of a line that is an expectation for others than this one and has a name in it. What the name stands for
 * need not have a value under this one.
 */
function othersOf(
  session: Session,
  line: PlainLine,
  scope: Scope,
): readonly KernelTerm[] | undefined {
  if (line.kind !== "expect" || line.on.length === 0) return undefined;
  if (line.resolved !== undefined) return undefined;
  const c = new Context(session.arch, liveSituation(session, scope));
  const on = resolveKernels(c, line.on);
  return covers(on, session.heldTo) ? undefined : on;
}

/** In a loop, a failure tells the values of the names; a refusal had those of its own time. */
function withValues(
  failures: readonly Failure[],
  scope: Scope,
): readonly Failure[] {
  if (failures.length === 0) return failures;
  const values = scope.describe();
  if (values === undefined) return failures;
  return failures.map((failure) =>
    failure.diagnostic.code === "refused"
      ? failure
      : { ...failure, diagnostic: noted(failure.diagnostic, values) }
  );
}
