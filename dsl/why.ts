/**
 * `why`: the chain of events behind a value.
 *
 * @module
 */
import type { WhyStatement } from "./ast.ts";
import { fail } from "./problem.ts";
import type { Output } from "./result.ts";
import type { Scope } from "./bindings.ts";
import type { Session } from "./session.ts";

/** Explains a value. */
export function explainValue(
  _session: Session,
  statement: WhyStatement,
  _scope: Scope,
): Output {
  fail("not-modelled", statement.span, "why is not in this version yet");
}
