/**
 * `expect`: what is compared with what, and what is said when it does not hold.
 *
 * @module
 */
import {
  exceptionsTaken,
  lastAccess,
  trapCount,
  type ViewValue,
  warnings,
} from "../../engine/mod.ts";
import type { Expected, ExpectedField } from "../action_parts.ts";
import type { Note } from "../diagnostics.ts";
import { namedNumber } from "../notation.ts";
import { fail } from "../problem.ts";
import { compare } from "../resolve/expressions.ts";
import { fieldSeen, registerSeen, subjectOf } from "../seen.ts";
import type { Failure } from "../result.ts";
import type { Span } from "../source.ts";
import type { Comparison } from "../syntax/nodes.ts";
import {
  differingFields,
  errnoText,
  fieldText,
  hex,
  viewText,
} from "../values.ts";
import type { Session } from "./session.ts";
import { viewed } from "./viewed.ts";

/** A failure whose statement has no number yet. */
export type Unmet = Omit<Failure, "order"> & {
  /** What was found, as a sentence: `hw@0 DBGBCR0_EL1.LBN is 2`. */
  readonly saw: string;
};

/** What was found instead, as a failure. */
function unmet(
  span: Span,
  { what, expected, found, said = `is ${found}`, fields = [], notes = [] }: {
    /** What is compared: the subject of the message. */
    what: string;
    expected: string;
    found: string;
    /** What is said about it. */
    said?: string;
    fields?: readonly string[];
    notes?: readonly Note[];
  },
): Unmet {
  const saw = `${what} ${said}`;
  return {
    kind: "expectation",
    expected,
    found,
    saw,
    diagnostic: {
      code: "expectation",
      span,
      message: `${saw}, expected ${expected}`,
      notes: [...fields.map((message) => ({ span, message })), ...notes],
    },
  };
}

/** An expected value: alone, or with its comparison if it is not `==`. */
function wanted(operator: Comparison, text: string): string {
  return operator === "==" ? text : `${operator} ${text}`;
}

/** What an expectation of `undef` expects. */
function wantedUndef(operator: Comparison): string {
  return operator === "==" ? "undef" : "defined";
}

/**
 * Checks one expectation.
 *
 * @param span the statement
 * @returns undefined if it holds
 */
export function checkExpectation(
  session: Session,
  expected: Expected,
  span: Span,
): Unmet | undefined {
  const events = () => session.machine.journal.sinceRun();
  switch (expected.kind) {
    case "view":
      return checkView(session, expected, span);
    case "number": {
      const { name, left, operator, value } = expected;
      if (compare(left, operator, value)) return undefined;
      return unmet(span, {
        what: name === undefined ? "the expression" : `\`${name}\``,
        expected: wanted(operator, hex(value)),
        found: hex(left),
      });
    }
    case "read":
      return checkRead(session, expected, span);
    case "exit":
      return checkExit(session, expected, span);
    case "exceptions": {
      const found = exceptionsTaken(events()).map(({ exception }) => exception);
      const { kinds } = expected;
      if (found.join() === kinds.join()) return undefined;
      return unmet(span, {
        ...taken(found),
        expected: kinds.join(", "),
      });
    }
    case "exception-count":
      return compareCount(expected, span, {
        what: "the number of exceptions",
        found: exceptionsTaken(events()).length,
      });
    case "exception":
      return checkException(session, expected, span);
    case "no-exception": {
      const found = exceptionsTaken(events()).map(({ exception }) => exception);
      if (found.length === 0) return undefined;
      return unmet(span, { ...taken(found), expected: "no exception" });
    }
    case "ok":
      return checkOperation(session, span, "success");
    case "error":
      return checkOperation(session, span, expected.errno);
    case "trap":
    case "no-trap": {
      const last = lastAccess(events());
      if (last === undefined) {
        failNotPossible(
          span,
          "there was no guest access since the last run began",
        );
      }
      if (last.trapped === (expected.kind === "trap")) return undefined;
      return unmet(span, {
        what: `the ${last.access.access} of ${last.access.register}`,
        expected: expected.kind === "trap" ? "a trap" : "no trap",
        found: last.trapped ? "trapped" : "not trapped",
        said: last.trapped ? "trapped" : "did not trap",
      });
    }
    case "warning":
    case "no-warning": {
      const warned = warnings(session.machine.journal.recent());
      const isWanted = expected.kind === "warning";
      if (warned.length > 0 === isWanted) return undefined;
      const found = warned.map(({ message }) => message).join("; ") ||
        "no warning";
      return unmet(span, {
        what: "the kernel",
        expected: isWanted ? "a warning" : "no warning",
        found,
        said: `printed ${found}`,
      });
    }
    case "loss":
    case "no-loss": {
      const lost = session.machine.journal.recent().filter((event) =>
        event.kind === "lost"
      );
      const isWanted = expected.kind === "loss";
      if (lost.length > 0 === isWanted) return undefined;
      const found = lost.map(({ what }) => what).join(", ") || "nothing";
      return unmet(span, {
        what: "the restore",
        expected: isWanted ? "a loss" : "no loss",
        found,
        said: lost.length > 0
          ? `lost ${found}`
          : "lost nothing since the last run began",
      });
    }
    case "traps":
      return compareCount(expected, span, {
        what: "the number of traps",
        found: trapCount(events()),
      });
    case "cost": {
      const { vcpu, counter } = expected;
      return compareCount(expected, span, {
        what: `the counter \`${counter}\` of vCPU ${vcpu}`,
        found: session.machine.cost(vcpu, counter),
      });
    }
    default:
      return expected satisfies never;
  }
}

function failNotPossible(span: Span, message: string): never {
  fail({ code: "not-possible", span, message });
}

function compareCount(
  { operator, count }: {
    readonly operator: Comparison;
    readonly count: bigint;
  },
  span: Span,
  { what, found }: { readonly what: string; readonly found: number },
): Unmet | undefined {
  if (compare(BigInt(found), operator, count)) return undefined;
  const expected = wanted(operator, `${count}`);
  return unmet(span, { what, expected, found: `${found}` });
}

function checkView(
  session: Session,
  { seen, operator, value: expected }: Extract<
    Expected,
    { readonly kind: "view" }
  >,
  span: Span,
): Unmet | undefined {
  const { arch } = session;
  const register = registerSeen(arch, seen);
  const field = fieldSeen(arch, seen);
  const subject = subjectOf(arch, seen);
  const value = viewed(session, seen);
  if (expected === "undef") {
    if ((value.kind === "undef") === (operator === "==")) return undefined;
    return unmet(span, {
      what: subject,
      expected: wantedUndef(operator),
      found: viewText(value),
    });
  }
  if (field) {
    const { layout, field: { name } } = field;
    const found = value.kind === "value"
      ? layout.get(value.value, name)
      : undefined;
    if (found !== undefined && compare(found, operator, expected)) {
      return undefined;
    }
    return unmet(span, {
      what: `${subject}.${name}`,
      expected: wanted(operator, fieldText(expected, field.field)),
      ...(found === undefined ? missing(value) : {
        found: `${fieldText(found, field.field)} (register ${viewText(value)})`,
      }),
    });
  }
  if (value.kind === "value" && compare(value.value, operator, expected)) {
    return undefined;
  }
  return unmet(span, {
    what: subject,
    expected: wanted(operator, hex(expected)),
    ...missing(value),
    fields: value.kind === "value" && operator === "==" && register
      ? differingFields(register, value.value, expected)
      : [],
  });
}

/** A view's value, or why it has none. */
function missing(value: ViewValue): { found: string; said?: string } {
  return value.kind === "none"
    ? noValue(value.why)
    : { found: viewText(value) };
}

/** There is no value. */
function noValue(why: string): { found: string; said: string } {
  return { found: `– (${why})`, said: `has no value (${why})` };
}

/** What the guest took. */
function taken(kinds: readonly string[]): {
  what: string;
  found: string;
  said: string;
} {
  const found = kinds.join(", ") || "no exception";
  return { what: "the guest", found, said: `took ${found}` };
}

/** What `as` named: a value, undefined, or refused by the kernel. */
function checkRead(
  session: Session,
  { name, operator, value: expected }: Extract<
    Expected,
    { readonly kind: "read" }
  >,
  span: Span,
): Unmet | undefined {
  const value = session.readNamed(name);
  const refused = value === undefined ? session.refusal(name) : undefined;
  const holds = expected === "undef"
    ? refused === undefined && (value === undefined) === (operator === "==")
    : value !== undefined && compare(value, operator, expected);
  if (holds) return undefined;
  return unmet(span, {
    what: `\`${name}\``,
    expected: expected === "undef"
      ? wantedUndef(operator)
      : wanted(operator, hex(expected)),
    ...(refused
      ? noValue(refused.why)
      : { found: value === undefined ? "undef" : hex(value) }),
    notes: refused?.notes,
  });
}

/** The first named field that differs, or undefined. */
function differingValue(
  values: Readonly<Record<string, bigint>>,
  fields: readonly ExpectedField[],
): { name: string; expected: string; found: string; span?: Span } | undefined {
  for (const { name, value, span } of fields) {
    const found = values[name];
    if (found !== value) {
      return {
        name,
        expected: namedNumber(name, value),
        found: found === undefined ? "not there" : namedNumber(name, found),
        span,
      };
    }
  }
  return undefined;
}

function checkExit(
  session: Session,
  { reason, fields }: Extract<Expected, { readonly kind: "exit" }>,
  span: Span,
): Unmet | undefined {
  const { lastRun } = session.machine;
  if (lastRun === undefined) failNotPossible(span, "nothing has run yet");
  if (lastRun.exit !== reason) {
    const details = Object.entries(lastRun.values).map(([name, value]) =>
      `${name}=${namedNumber(name, value)}`
    ).join(" ");
    return unmet(span, {
      what: `the exit of vCPU ${lastRun.vcpu}`,
      expected: reason,
      found: details === "" ? lastRun.exit : `${lastRun.exit} (${details})`,
    });
  }
  const wrong = differingValue(lastRun.values, fields);
  return wrong && unmet(wrong.span ?? span, {
    what: `\`${wrong.name}\` of the exit`,
    ...wrong,
  });
}

function checkException(
  session: Session,
  { exception, fields }: Extract<Expected, { readonly kind: "exception" }>,
  span: Span,
): Unmet | undefined {
  const all = exceptionsTaken(session.machine.journal.sinceRun());
  const same = all.filter((event) => event.exception === exception);
  if (same.length === 0) {
    return unmet(span, {
      ...taken(all.map((event) => event.exception)),
      expected: exception,
    });
  }
  let wrong: ReturnType<typeof differingValue>;
  for (const event of same) {
    wrong = differingValue(event.values, fields);
    if (wrong === undefined) return undefined;
  }
  return wrong && unmet(wrong.span ?? span, {
    what: `\`${wrong.name}\` of the \`${exception}\` exception`,
    ...wrong,
  });
}

function checkOperation(
  session: Session,
  span: Span,
  expected: string,
): Unmet | undefined {
  const last = session.lastOperation;
  if (last === undefined) {
    failNotPossible(span, "there was no user operation before");
  }
  session.answerOperation();
  const found = errnoText(last.result.result);
  if (found === expected) return undefined;
  return unmet(span, {
    what: `the result of \`${last.result.operation}\``,
    expected,
    found,
  });
}
