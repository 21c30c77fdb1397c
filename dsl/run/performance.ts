/**
 * One action that is being carried out: what it may use, and what it leads to.
 *
 * @module
 */
import type { Machine, UserResult } from "../../engine/mod.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Scope } from "../resolve/scope.ts";
import type { Failure, Output, Skip } from "../result.ts";
import type { Span } from "../source.ts";
import { errnoText } from "../values.ts";
import type { LastOperation, Session } from "./session.ts";

/** One action that is being carried out. */
export class Performance {
  /** What it printed. */
  readonly outputs: Output[] = [];
  /** What failed. */
  readonly failures: Failure[] = [];
  /** Why what follows is skipped. */
  skip: Skip | undefined;

  constructor(
    readonly session: Session,
    /** The statement. */
    readonly span: Span,
    /** Names that `let` and `for` bound; `let` adds to it. */
    readonly scope: Scope,
  ) {}

  /** A user operation: remembers its result, and fails for one before it that nothing answered. */
  operate(operation: (machine: Machine) => UserResult): void {
    const { session, span, scope } = this;
    const failure = unanswered(session);
    if (failure) this.failures.push(failure);
    session.setOperation(undefined);
    const { machine } = session;
    machine.journal.begin(span);
    const result = operation(machine);
    session.setOperation({
      span,
      result,
      why: whyRefused(machine, result),
      answered: false,
      // Only a refusal that nothing answers tells them.
      values: result.result === 0 ? undefined : scope.describe(),
      order: session.order,
    });
  }
}

/** A refused user operation that nothing answered, as a failure; undefined if there is none. */
export function unanswered({ lastOperation }: Session): Failure | undefined {
  if (!lastOperation || lastOperation.answered) return undefined;
  return lastOperation.result.result === 0
    ? undefined
    : refusedFailure(lastOperation);
}

/** A diagnostic with the values that names had. */
export function noted(diagnostic: Diagnostic, values: string): Diagnostic {
  const { notes = [], span } = diagnostic;
  return {
    ...diagnostic,
    notes: [...notes, { span, message: `with ${values}` }],
  };
}

/** Why the kernel refused the current operation, with the rule; undefined if it did not, or no event tells. */
function whyRefused(
  { journal }: Machine,
  { result }: UserResult,
): string | undefined {
  if (result === 0) return undefined;
  const event = journal.current().findLast(({ kind }) => kind === "refused");
  return event?.kind === "refused" ? `${event.why} (${event.rule})` : undefined;
}

function refusedFailure(
  { span, result, why, values, order }: LastOperation,
): Failure {
  const errno = errnoText(result.result);
  // A debugger's own refusals: it had no register left, or none that covers the range.
  const byDebugger = result.operation.startsWith("debug ") &&
    result.operation !== "debug raw";
  const diagnostic: Diagnostic = {
    code: "refused",
    span,
    message: `${
      byDebugger ? "the debugger could not do" : "the kernel refused"
    } \`${result.operation}\`: ${errno}${why === undefined ? "" : `, ${why}`}`,
    hint: `add \`expect error ${errno}\` if this is meant`,
  };
  return {
    kind: "expectation",
    diagnostic: values === undefined ? diagnostic : noted(diagnostic, values),
    expected: "success",
    found: errno,
    order,
  };
}
