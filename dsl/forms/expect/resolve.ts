/**
 * Resolves expectations.
 *
 * @module
 */
import { ERRNO, type ErrnoName } from "../../../engine/mod.ts";
import type { Expected, ExpectedField, Seen } from "../../action_parts.ts";
import { fail } from "../../problem.ts";
import { statementRow } from "../../statements.ts";
import type {
  Argument,
  Comparison,
  ExpectationNode,
  Expr,
  Name,
  Undef,
} from "../../syntax/nodes.ts";
import type { Context } from "../../resolve/context.ts";
import { Once, plainName } from "../../resolve/options.ts";
import { fieldValue, seenOf, wholeValue } from "../../resolve/registers.ts";
import { COUNTERS, ERRNOS, EXITS } from "../../resolve/vocabulary.ts";
import { failUnknown, listed, wordOf } from "../../resolve/words.ts";
import { fieldSeen, registerSeen } from "../../seen.ts";

/** Words after `expect` that are compared with a number, as a name is. */
const COUNTED = ["traps", "exceptions"];

/** What is expected. */
export function resolveExpected(c: Context, node: ExpectationNode): Expected {
  switch (node.kind) {
    case "view":
      return resolveView(c, node);
    case "expression":
      return resolveExpression(c, node, "expect");
    case "exit": {
      const reason = listed(node.reason, "an exit reason", EXITS);
      const fields = fieldsOf(c, node.args, c.arch.exitFields, "an exit");
      return { kind: "exit", reason, fields };
    }
    case "exceptions": {
      const kinds = node.kinds.flatMap((kind) =>
        c.attempt(() => exception(c, kind)) ?? []
      );
      return { kind: "exceptions", kinds };
    }
    case "exception": {
      const kind = exception(c, node.exception);
      const { exceptionFields } = c.arch;
      const fields = fieldsOf(c, node.args, exceptionFields, "an exception");
      return { kind: "exception", exception: kind, fields };
    }
    case "exception-count":
    case "traps":
      return {
        kind: node.kind,
        operator: node.operator,
        count: c.number(node.count) ?? 0n,
      };
    case "error":
      return {
        kind: "error",
        errno: listed(node.errno, "an error number", ERRNOS),
      };
    case "cost": {
      const vcpu = c.attemptVcpu(node.vcpu);
      const counter = listed(node.counter, "a counter", COUNTERS);
      return {
        kind: "cost",
        vcpu,
        counter,
        operator: node.operator,
        count: c.number(node.count) ?? 0n,
      };
    }
    case "no-exception":
    case "ok":
    case "trap":
    case "no-trap":
    case "warning":
    case "no-warning":
    case "loss":
    case "no-loss":
      return { kind: node.kind };
    default:
      return node satisfies never;
  }
}

/** `VIEW R[.field] OP VALUE` */
export function resolveView(
  c: Context,
  { seen: ref, operator, value }: Extract<
    ExpectationNode,
    { readonly kind: "view" }
  >,
): Extract<Expected, { readonly kind: "view" }> {
  const seen = seenOf(c, ref);
  if (value.kind === "undef") refuseOrder(value, operator);
  const wanted = value.kind === "undef"
    ? value.kind
    : viewedValue(c, value, seen);
  return { kind: "view", seen, operator, value: wanted };
}

/** What a view's value, or a field of it, is compared with. */
function viewedValue(c: Context, value: Expr, seen: Seen): bigint {
  const field = fieldSeen(c.arch, seen);
  const register = registerSeen(c.arch, seen);
  if (field) {
    const owner = seen.kvmName ?? register!.name;
    return fieldValue(c, value, owner, field.field);
  }
  return register && seen.kvmName === undefined
    ? wholeValue(c, value, register)
    : c.number(value) ?? 0n;
}

/** `undef` is equal or not. */
function refuseOrder({ span }: Undef, operator: Comparison): void {
  if (operator === "==" || operator === "!=") return;
  fail({
    code: "unexpected",
    span,
    message: `\`undef\` cannot be compared with \`${operator}\``,
    expected: ["==", "!="],
  });
}

/**
 * The test of an expression.
 *
 * @param statement its word: a name may be a misspelt word of its forms
 */
export function resolveExpression(
  c: Context,
  { left, operator, value }: Extract<
    ExpectationNode,
    { readonly kind: "expression" }
  >,
  statement: "expect" | "require",
): Extract<Expected, { readonly kind: "number" | "read" }> {
  if (value.kind === "undef") refuseOrder(value, operator);
  const name = left.kind === "name" ? left.text : undefined;
  if (left.kind === "name" && c.situation.isRead(left)) {
    // It may be undefined: what it is, is looked at when the expectation is checked.
    c.usesNames = true;
    const wanted = value.kind === "undef" ? value.kind : c.number(value) ?? 0n;
    return { kind: "read", name: left.text, operator, value: wanted };
  }
  // What can be before an operator; other words of `expect` are not alone there.
  const words = left.kind !== "name"
    ? []
    : statement === "expect"
    ? COUNTED
    : statementRow(statement)?.words ?? [];
  const number = c.number(left, words) ?? 0n;
  if (value.kind === "undef") {
    fail({
      code: "unexpected",
      span: value.span,
      message: "only what a guest reads or userspace gets can be `undef`",
      hint: "name it with `as`",
    });
  }
  return {
    kind: "number",
    name,
    left: number,
    operator,
    value: c.number(value) ?? 0n,
  };
}

function exception(c: Context, kind: Name) {
  if (kind.text === "none") {
    fail({
      code: "unknown-word",
      span: kind.span,
      message: "`none` is not an exception",
      expected: c.arch.exceptions,
      hint: "write `expect no exception`",
    });
  }
  return wordOf(kind, {
    what: "an exception",
    arch: c.arch,
    list: ({ exceptions }) => exceptions,
  });
}

/** Fields with a number each, of an exit or an exception. */
function fieldsOf(
  c: Context,
  args: readonly Argument[],
  known: readonly string[],
  owner: string,
): readonly ExpectedField[] {
  const given = new Once();
  return args.flatMap((arg) =>
    c.attempt(() => {
      const field = plainName(arg);
      const name = field.text.toLowerCase();
      given.take(field, name);
      if (!known.includes(name)) {
        failUnknown(field, {
          code: "unknown-field",
          message: `${owner} has no field \`${field.text}\``,
          words: known,
        });
      }
      const value = numberOrErrno(c, name, arg.value);
      return { name, value, span: arg.span };
    }) ?? []
  );
}

function numberOrErrno(c: Context, name: string, value: Expr): bigint {
  if (name === "errno" && value.kind === "name") {
    const number = ERRNO[value.text.toUpperCase() as ErrnoName];
    if (number !== undefined) return BigInt(number);
  }
  return c.number(value) ?? 0n;
}
