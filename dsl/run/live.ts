/**
 * From a line to its action while the session runs, when every name has a value or never will.
 *
 * @module
 */
import type { Action } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { fail, Problem } from "../problem.ts";
import { Context, type Situation } from "../resolve/context.ts";
import { resolveLine } from "../resolve/line.ts";
import {
  type HypervisorNeeded,
  hypervisorNeeded,
} from "../resolve/without_hypervisor.ts";
import type { Definition, Scope } from "../resolve/scope.ts";
import { suggestion } from "../suggest.ts";
import type { PlainLine } from "../syntax/lines.ts";
import type { Expr, Name, NameExpr } from "../syntax/nodes.ts";
import type { Session } from "./session.ts";

/** The situation of a session: names from `let`, `for` and `choose` in a scope, those from `as` in the machine. */
export function liveSituation(session: Session, scope: Scope): Situation {
  return new LiveSituation(session, scope);
}

class LiveSituation implements Situation {
  readonly #session: Session;
  readonly #scope: Scope;

  constructor(session: Session, scope: Scope) {
    this.#session = session;
    this.#scope = scope;
  }

  get vcpus(): number {
    return this.#session.vcpus;
  }

  get cpus(): number {
    return this.#session.cpus;
  }

  get hostCounts(): ReadonlyMap<string, number> {
    return new Map(Object.entries(this.#session.presentHost.counts));
  }

  get model(): string | undefined {
    return this.#session.host.model;
  }

  valueOf({ text, span }: NameExpr): bigint {
    const value = this.#scope.find(text)?.value ??
      this.#session.readNamed(text);
    if (value !== undefined) return value;
    const { why, notes } = this.#session.missing(text);
    fail({
      code: "no-value",
      span,
      message: `\`${text}\` has no value: ${why}`,
      notes,
    });
  }

  definition(text: string): Definition | undefined {
    return this.#scope.find(text);
  }

  isRead({ text }: NameExpr): boolean {
    return this.#scope.find(text) === undefined && this.#session.hasRead(text);
  }

  isSaved({ text }: Name): boolean {
    return this.#session.hasSaved(text);
  }

  /** The checks have looked at every name. */
  mayDefine(): boolean {
    return true;
  }

  names(): Iterable<string> {
    return this.#scope.names();
  }
}

/** An action, or why there is none. */
export type Settled =
  | { readonly action: Action; readonly problems: readonly [] }
  | {
    readonly action: undefined;
    readonly problems: readonly Diagnostic[];
    /** It needs a hypervisor, and there is none. */
    readonly needed?: HypervisorNeeded;
  };

/** The action of a line that the checks have accepted. */
export function actionOf(
  session: Session,
  line: PlainLine,
  scope: Scope,
): Settled {
  let action = line.resolved;
  if (!action) {
    const c = new Context(session.arch, liveSituation(session, scope));
    action = c.attempt(() => resolveLine(c, line));
    if (!action || c.problems.length > 0) {
      return { action: undefined, problems: c.problems };
    }
  }
  // Another kernel than the text names may have been asked for.
  const needed = session.profile.isBare
    ? hypervisorNeeded(action, line.span)
    : undefined;
  return needed
    ? { action: undefined, problems: [needed.diagnostic], needed }
    : { action, problems: [] };
}

/**
 * The value of an expression that the checks have accepted.
 *
 * @throws {Problem} if it has none
 */
export function valueOf(session: Session, expr: Expr, scope: Scope): bigint {
  return new Context(session.arch, liveSituation(session, scope)).number(expr)!;
}

/** The action of a line, when it has to have one. @throws {Problem} if it has none */
export function mustAct(
  session: Session,
  line: PlainLine,
  scope: Scope,
): Action {
  const settled = actionOf(session, line, scope);
  if (settled.action) return settled.action;
  throw settled.needed ?? new Problem(settled.problems[0]);
}

/**
 * The situation outside all scenarios, where there are names and no machine.
 *
 * A name may be undefined in spite of the checks: an editor runs what it can of a text that has mistakes.
 */
export function outsideSituation(scope: Scope): Situation {
  return {
    vcpus: undefined,
    cpus: undefined,
    hostCounts: new Map(),
    model: undefined,
    valueOf: ({ text, span }) => {
      const value = scope.find(text)?.value;
      if (value !== undefined) return value;
      fail({
        code: "unknown-name",
        span,
        message: `\`${text}\` is not defined`,
        ...suggestion(text, [...scope.names()]),
      });
    },
    definition: (text) => scope.find(text),
    isRead: () => false,
    isSaved: () => false,
    mayDefine: () => true,
    names: () => scope.names(),
  };
}
