/**
 * The contrary of an `expect`, for checking that a scenario notices.
 *
 * @module
 */
import type {
  Comparison,
  Expectation,
  ExpectStatement,
  Expr,
  FieldSetting,
  Statement,
} from "../dsl/syntax/nodes.ts";

const CONTRARY: Readonly<Record<Comparison, Comparison>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

/** What makes another value: no neighbour of the first, which another exception of the same run might have. */
const FAR = 1n << 32n;

/** Another value than the expression's. */
function changed(value: Expr): Expr {
  const { span } = value;
  return {
    kind: "binary",
    operator: "^",
    left: value,
    right: { kind: "number", value: FAR, span },
    span,
  };
}

/** One setting's value changed, each in turn. */
function eachChanged(
  fields: readonly FieldSetting[],
): readonly (readonly FieldSetting[])[] {
  return fields.map((_, changedIndex) =>
    fields.map((setting, index) =>
      index === changedIndex
        ? { ...setting, value: changed(setting.value) }
        : setting
    )
  );
}

/**
 * What must not hold if `expectation` does. More than one where it says several things: each of an exit's or an
 * exception's fields on its own.
 */
export function negations(expectation: Expectation): readonly Expectation[] {
  const { span } = expectation;
  const word = (text: string) => ({ text, span });
  switch (expectation.kind) {
    case "view":
    case "expression":
    case "exception-count":
    case "traps":
    case "cost":
      return [{ ...expectation, operator: CONTRARY[expectation.operator] }];
    case "exit": {
      const reason = expectation.reason.text === "idle" ? "debug" : "idle";
      return [
        { ...expectation, reason: word(reason), fields: [] },
        ...eachChanged(expectation.fields).map((fields) => ({
          ...expectation,
          fields,
        })),
      ];
    }
    case "exceptions": {
      const { kinds } = expectation;
      return [
        { ...expectation, kinds: [...kinds, kinds[0]] },
        ...kinds.length > 1
          ? [{ ...expectation, kinds: kinds.slice(1) }]
          : [{ kind: "no-exception", span } as const],
      ];
    }
    case "exception":
      return expectation.fields.length === 0
        ? [{ kind: "no-exception", span }]
        : eachChanged(expectation.fields).map((fields) => ({
          ...expectation,
          fields,
        }));
    case "no-exception":
      return [{
        kind: "exception-count",
        operator: ">",
        count: { kind: "number", value: 0n, span },
        span,
      }];
    case "ok":
      return [{ kind: "error", errno: word("EINVAL"), span }];
    case "error":
      return [{ kind: "ok", span }, {
        kind: "error",
        errno: word(expectation.errno.text === "EPERM" ? "EINVAL" : "EPERM"),
        span,
      }];
    case "trap":
      return [{ kind: "no-trap", span }];
    case "no-trap":
      return [{ kind: "trap", span }];
    case "warning":
      return [{ kind: "no-warning", span }];
    case "no-warning":
      return [{ kind: "warning", span }];
    default:
      return expectation satisfies never;
  }
}

/** Every `expect`, however deep. */
export function* expectStatements(
  statements: readonly Statement[],
): Generator<ExpectStatement> {
  for (const statement of statements) {
    switch (statement.kind) {
      case "expect":
        yield statement;
        break;
      case "for":
      case "scenario":
        yield* expectStatements(statement.body.statements);
        break;
      default:
    }
  }
}

/** The statements with one of them, however deep, replaced. */
export function replaced(
  statements: readonly Statement[],
  { was, by }: { was: Statement; by: Statement },
): Statement[] {
  return statements.map((statement) => {
    if (statement === was) return by;
    if (statement.kind !== "for" && statement.kind !== "scenario") {
      return statement;
    }
    const { body } = statement;
    return {
      ...statement,
      body: { ...body, statements: replaced(body.statements, { was, by }) },
    };
  });
}
