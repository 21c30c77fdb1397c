/**
 * Carries actions out on a session's machine: what a scenario and the interactive view share. What each does is in its
 * form.
 *
 * @module
 */
import type { Action } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { PERFORMERS } from "../forms/tables.ts";
import { Problem } from "../problem.ts";
import type { Scope } from "../resolve/scope.ts";
import type { Failure, Output, Skip } from "../result.ts";
import type { Span } from "../source.ts";
import { Performance } from "./performance.ts";
import type { Session } from "./session.ts";

/** What one action led to. */
export interface Executed {
  /** What it printed. */
  readonly outputs: readonly Output[];
  /** What failed. */
  readonly failures: readonly Failure[];
  /** A requirement that does not hold: what follows is skipped. */
  readonly skip: Skip | undefined;
}

/**
 * Carries out one action.
 *
 * @param span the statement
 * @param scope names that `let` and `for` bound; `let` adds to it
 * @returns what it printed, and what failed; on a failure of kind `error` nothing was changed by it
 */
export function perform(
  session: Session,
  action: Action,
  span: Span,
  scope: Scope,
): Executed {
  const performance = new Performance(session, span, scope);
  const { outputs, failures } = performance;
  session.beginStatement();
  if (session.hasMachine) session.machine.journal.begin(span);
  try {
    PERFORMERS[action.kind](performance, action as never);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failures.push(failureOf(error.diagnostic));
  }
  if (session.settings.trace && session.hasMachine) {
    const events = session.machine.journal.current();
    if (events.length > 0) outputs.unshift({ kind: "trace", span, events });
  }
  return { outputs, failures, skip: performance.skip };
}

/** A mistake as a failure: the scenario ends with it. */
export function failureOf(diagnostic: Diagnostic): Failure {
  return {
    diagnostic,
    kind: "error",
    expected: undefined,
    found: undefined,
    order: Infinity,
  };
}
