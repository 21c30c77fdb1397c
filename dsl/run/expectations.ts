/**
 * `expect`: what is compared with what, and what is said when it does not hold.
 *
 * @module
 */
import {
  type CostName,
  COSTS,
  ERRNO,
  exceptionsTaken,
  lastAccess,
  trapCount,
  type ViewValue,
  warnings,
} from "../../engine/mod.ts";
import type {
  Comparison,
  Expectation,
  Expr,
  FieldSetting,
  Undef,
} from "../syntax/nodes.ts";
import { compare } from "../resolve/expressions.ts";
import type { Note } from "../diagnostics.ts";
import { fieldOf, fieldValue, smallNumber } from "../operands.ts";
import { namedNumber } from "../notation.ts";
import { fail } from "../problem.ts";
import type { Failure } from "../result.ts";
import type { Scope } from "../bindings.ts";
import type { Session } from "./session.ts";
import type { Span } from "../source.ts";
import { nearest } from "../suggest.ts";
import {
  differingFields,
  errnoText,
  fieldText,
  hex,
  viewText,
} from "../values.ts";
import { viewed } from "./viewed.ts";

/** What was found instead, as a failure. */
function unmet(
  span: Span,
  { what, expected, found, fields = [], notes = [] }: {
    what: string;
    expected: string;
    found: string;
    fields?: readonly string[];
    notes?: readonly Note[];
  },
): Failure {
  return {
    kind: "expectation",
    expected,
    found,
    diagnostic: {
      code: "expectation",
      span,
      message: `${what} is ${found}, expected ${expected}`,
      notes: [...fields.map((message) => ({ span, message })), ...notes],
    },
  };
}

/**
 * Checks one expectation.
 *
 * @returns undefined if it holds
 */
export function checkExpectation(
  session: Session,
  expectation: Expectation,
  scope: Scope,
): Failure | undefined {
  const value = (expr: Expr): bigint => session.value(expr, scope);
  const { span } = expectation;
  switch (expectation.kind) {
    case "view":
      return checkView(session, expectation, scope);
    case "expression":
      return checkNamed(session, expectation, scope);
    case "exit":
      return checkExit(session, expectation, scope);
    case "exceptions": {
      const taken = exceptionsTaken(session.machine.journal.sinceRun());
      const found = taken.map(({ exception }) => exception);
      const expected = expectation.kinds.map(({ text }) => text.toLowerCase());
      if (found.join() === expected.join()) return undefined;
      return unmet(span, {
        what: "what the guest took",
        expected: expected.join(", "),
        found: found.join(", ") || "nothing",
      });
    }
    case "exception-count": {
      const taken = exceptionsTaken(session.machine.journal.sinceRun());
      return compareCount(expectation, {
        what: "the number of exceptions",
        found: taken.length,
        expected: value(expectation.count),
      });
    }
    case "exception":
      return checkException(session, expectation, scope);
    case "no-exception": {
      const taken = exceptionsTaken(session.machine.journal.sinceRun());
      if (taken.length === 0) return undefined;
      return unmet(span, {
        what: "what the guest took",
        expected: "no exception",
        found: taken.map(({ exception }) => exception).join(", "),
      });
    }
    case "ok":
      return checkOperation(session, span, "success");
    case "error":
      return checkOperation(
        session,
        span,
        expectation.errno.text.toUpperCase(),
      );
    case "trap":
    case "no-trap": {
      const last = lastAccess(session.machine.journal.sinceRun());
      if (last === undefined) {
        fail("not-possible", span, "no guest access since the last run began");
      }
      if (last.trapped === (expectation.kind === "trap")) return undefined;
      return unmet(span, {
        what: `the ${last.access.access} of ${last.access.register}`,
        expected: expectation.kind === "trap" ? "trapped" : "not trapped",
        found: last.trapped ? "trapped" : "not trapped",
      });
    }
    case "warning":
    case "no-warning": {
      const warned = warnings(session.machine.journal.recent());
      const expected = expectation.kind === "warning";
      if (warned.length > 0 === expected) return undefined;
      return unmet(span, {
        what: "what the kernel warned of",
        expected: expected ? "something" : "nothing",
        found: warned.map(({ message }) => message).join("; ") || "nothing",
      });
    }
    case "traps":
      return compareCount(expectation, {
        what: "the number of traps",
        found: trapCount(session.machine.journal.sinceRun()),
        expected: value(expectation.count),
      });
    case "cost": {
      const { counter } = expectation;
      if (!isCost(counter.text)) {
        const near = nearest(counter.text, COSTS);
        fail("unknown-word", counter.span, `no counter ${counter.text}`, {
          expected: COSTS,
          hint: near && `did you mean ${near}?`,
        });
      }
      const v = expectation.vcpu === undefined
        ? 0
        : smallNumber(value(expectation.vcpu), span, {
          what: "the vCPU",
          min: 0,
          max: session.machine.vcpus - 1,
        });
      return compareCount(expectation, {
        what: `${counter.text} of vCPU ${v}`,
        found: session.machine.cost(v, counter.text),
        expected: value(expectation.count),
      });
    }
    default:
      return expectation satisfies never;
  }
}

function isCost(name: string): name is CostName {
  return COSTS.some((cost) => cost === name);
}

function compareCount(
  { span, operator }: { span: Span; operator: Comparison },
  { what, found, expected }: { what: string; found: number; expected: bigint },
): Failure | undefined {
  if (compare(BigInt(found), operator, expected)) return undefined;
  const shown = operator === "==" ? `${expected}` : `${operator} ${expected}`;
  return unmet(span, { what, expected: shown, found: `${found}` });
}

function checkView(
  session: Session,
  expectation: Extract<Expectation, { kind: "view" }>,
  scope: Scope,
): Failure | undefined {
  const { span, operator, field: fieldName } = expectation;
  const { subject, value, register } = viewed(session, expectation, scope);
  if (expectation.value.kind === "undef") {
    const same = value.kind === "undef";
    if (same === (operator === "==")) return undefined;
    return unmet(span, {
      what: subject,
      expected: operator === "==" ? "undef" : "defined",
      found: viewText(value),
    });
  }
  const lookup = (name: string) => session.lookup(name, scope);
  const evaluated = (expr: Expr): bigint => session.value(expr, scope);
  if (fieldName === undefined) {
    const expected = evaluated(expectation.value);
    if (value.kind === "value" && compare(value.value, operator, expected)) {
      return undefined;
    }
    return unmet(span, {
      what: subject,
      expected: operator === "=="
        ? hex(expected)
        : `${operator} ${hex(expected)}`,
      found: missing(value) ?? viewText(value),
      fields: value.kind === "value" && operator === "==" && register
        ? differingFields(register, value.value, expected)
        : [],
    });
  }
  if (register === undefined) {
    fail("unknown-field", fieldName.span, `${subject} has no fields`);
  }
  const { layout, field } = fieldOf(register, fieldName);
  const expected = fieldValue(
    register,
    field,
    expectation.value,
    evaluated,
    lookup,
  );
  const found = value.kind === "value"
    ? layout.get(value.value, field.name)
    : undefined;
  if (found !== undefined && compare(found, operator, expected)) {
    return undefined;
  }
  const wanted = fieldText(expected, field);
  return unmet(span, {
    what: `${subject}.${field.name}`,
    expected: operator === "==" ? wanted : `${operator} ${wanted}`,
    found: found === undefined
      ? missing(value) ?? viewText(value)
      : `${fieldText(found, field)} (register ${viewText(value)})`,
  });
}

/** Why a view has no value. */
function missing(value: ViewValue): string | undefined {
  return value.kind === "none" ? `– (${value.why})` : undefined;
}

function checkNamed(
  session: Session,
  expectation: Extract<Expectation, { kind: "expression" }>,
  scope: Scope,
): Failure | undefined {
  const { span, left, operator } = expectation;
  const right: Expr | Undef = expectation.value;
  const { reads } = session.machine;
  const isRead = left.kind === "name" &&
    scope.find(left.text) === undefined && reads.has(left.text);
  const what = left.kind === "name" ? left.text : "the expression";
  if (right.kind === "undef" || isRead && reads.get(what) === undefined) {
    if (!isRead) {
      if (left.kind === "name" && scope.find(what) === undefined) {
        session.value(left, scope);
      }
      fail("unexpected", span, `only what a read or get named can be undef`);
    }
    const value = reads.get(what);
    const refused = session.refusal(what);
    const holds = refused === undefined && right.kind === "undef" &&
      (value === undefined) === (operator === "==");
    if (holds) return undefined;
    return unmet(span, {
      what,
      expected: right.kind === "undef"
        ? operator === "==" ? "undef" : "defined"
        : operator === "=="
        ? hex(session.value(right, scope))
        : `${operator} ${hex(session.value(right, scope))}`,
      found: refused
        ? `– (${refused.why})`
        : value === undefined
        ? "undef"
        : hex(value),
      notes: refused?.notes,
    });
  }
  const found = session.value(left, scope);
  const expected = session.value(right, scope);
  if (compare(found, operator, expected)) return undefined;
  return unmet(span, {
    what,
    expected: operator === "=="
      ? hex(expected)
      : `${operator} ${hex(expected)}`,
    found: hex(found),
  });
}

/** The first named field that differs, or undefined. */
function differingValue(
  session: Session,
  values: Readonly<Record<string, bigint>>,
  settings: readonly FieldSetting[],
  known: readonly string[],
  scope: Scope,
): { name: string; expected: string; found: string; span: Span } | undefined {
  for (const { field, value, span } of settings) {
    const name = field.text.toLowerCase();
    if (!known.includes(name)) {
      const near = nearest(name, known);
      fail("unknown-field", field.span, `there is no field ${field.text}`, {
        expected: known,
        hint: near && `did you mean ${near}?`,
      });
    }
    const expected = valueOrErrno(session, name, value, scope);
    const found = values[name];
    if (found !== expected) {
      return {
        name,
        expected: namedNumber(name, expected),
        found: found === undefined ? "not there" : namedNumber(name, found),
        span,
      };
    }
  }
  return undefined;
}

function valueOrErrno(
  session: Session,
  name: string,
  expr: Expr,
  scope: Scope,
): bigint {
  if (name === "errno" && expr.kind === "name") {
    const number = ERRNO[expr.text.toUpperCase() as keyof typeof ERRNO];
    if (number !== undefined) return BigInt(number);
  }
  return session.value(expr, scope);
}

function checkExit(
  session: Session,
  { span, reason, fields }: Extract<Expectation, { kind: "exit" }>,
  scope: Scope,
): Failure | undefined {
  const { lastRun } = session.machine;
  if (lastRun === undefined) fail("not-possible", span, "nothing has run yet");
  if (lastRun.exit !== reason.text.toLowerCase()) {
    const details = Object.entries(lastRun.values).map(([name, value]) =>
      `${name}=${namedNumber(name, value)}`
    ).join(" ");
    return unmet(span, {
      what: `the exit of vCPU ${lastRun.vcpu}`,
      expected: reason.text,
      found: details === "" ? lastRun.exit : `${lastRun.exit} (${details})`,
    });
  }
  const wrong = differingValue(
    session,
    lastRun.values,
    fields,
    session.arch.exitFields,
    scope,
  );
  return wrong && unmet(wrong.span, {
    what: `${wrong.name} of the exit`,
    ...wrong,
  });
}

function checkException(
  session: Session,
  expectation: Extract<Expectation, { kind: "exception" }>,
  scope: Scope,
): Failure | undefined {
  const { span, exception, fields } = expectation;
  const taken = exceptionsTaken(session.machine.journal.sinceRun());
  const kind = exception.text.toLowerCase();
  const same = taken.filter((event) => event.exception === kind);
  if (same.length === 0) {
    return unmet(span, {
      what: "what the guest took",
      expected: kind,
      found: taken.map((event) => event.exception).join(", ") || "nothing",
    });
  }
  let wrong: ReturnType<typeof differingValue>;
  for (const event of same) {
    wrong = differingValue(
      session,
      event.values,
      fields,
      session.arch.exceptionFields,
      scope,
    );
    if (wrong === undefined) return undefined;
  }
  return wrong && unmet(wrong.span, {
    what: `${wrong.name} of the ${kind} exception`,
    ...wrong,
  });
}

function checkOperation(
  session: Session,
  span: Span,
  expected: string,
): Failure | undefined {
  const last = session.lastOperation;
  if (last === undefined) {
    fail("not-possible", span, "no user operation came before");
  }
  session.answerOperation();
  const found = errnoText(last.result.result);
  if (found === expected) return undefined;
  return unmet(span, {
    what: `the result of ${last.result.operation}`,
    expected,
    found,
  });
}
