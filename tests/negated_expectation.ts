/**
 * The contrary of an `expect`, for checking that a scenario notices.
 *
 * @module
 */
import type { Line, LineOf } from "../dsl/syntax/lines.ts";
import type {
  Argument,
  Comparison,
  ExpectationNode,
  Expr,
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
  fields: readonly Argument[],
): readonly (readonly Argument[])[] {
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
export function negations(
  expectation: ExpectationNode,
): readonly ExpectationNode[] {
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
        { ...expectation, reason: word(reason), args: [] },
        ...eachChanged(expectation.args).map((args) => ({
          ...expectation,
          args,
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
      return expectation.args.length === 0
        ? [{ kind: "no-exception", span }]
        : eachChanged(expectation.args).map((args) => ({
          ...expectation,
          args,
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
    case "loss":
      return [{ kind: "no-loss", span }];
    case "no-loss":
      return [{ kind: "loss", span }];
    default:
      return expectation satisfies never;
  }
}

/** Every `expect`, however deep. */
export function* expectStatements(
  lines: readonly Line[],
): Generator<LineOf<"expect">> {
  for (const line of lines) {
    switch (line.kind) {
      case "expect":
        yield line;
        break;
      case "for":
      case "scenario":
        yield* expectStatements(line.body.lines);
        break;
      default:
    }
  }
}

/** The statements with one of them, however deep, replaced. */
export function replaced(
  lines: readonly Line[],
  { was, by }: { was: Line; by: Line },
): Line[] {
  return lines.map((line) => {
    if (line === was) return by;
    if (line.kind !== "for" && line.kind !== "scenario") return line;
    const { body } = line;
    return {
      ...line,
      body: { ...body, lines: replaced(body.lines, { was, by }) },
    };
  });
}
