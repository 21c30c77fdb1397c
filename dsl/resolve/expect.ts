/**
 * Resolves expectations.
 *
 * @module
 */
import { ERRNO, type ErrnoName } from "../../engine/mod.ts";
import type { ActionOf, Expected, ExpectedField, Seen } from "../actions.ts";
import { fail } from "../problem.ts";
import { statementRow } from "../statements.ts";
import type { LineOf } from "../syntax/lines.ts";
import type {
  Argument,
  Comparison,
  ExpectationNode,
  Expr,
  Name,
  Undef,
} from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { resolveKernels } from "./kernel_terms.ts";
import { Once, plainName } from "./options.ts";
import { fieldValue, seenOf, wholeValue } from "./registers.ts";
import { COUNTERS, ERRNOS, EXITS } from "./vocabulary.ts";
import { failUnknown, listed, wordOf } from "./words.ts";
import { fieldSeen, registerSeen } from "../seen.ts";

/** `expect … [on KERNEL, …]` */
export function resolveExpect(
  c: Context,
  { expectation, on }: LineOf<"expect">,
): ActionOf<"expect"> | undefined {
  const expected = c.attempt(() => resolveExpected(c, expectation));
  const kernels = resolveKernels(c, on);
  return expected && { kind: "expect", expected, on: kernels };
}

/** `always expect …` and `finally expect …` */
export function resolveProperty(
  c: Context,
  { when, expectation, on, span }: LineOf<"property">,
): ActionOf<"property"> | undefined {
  if (expectation.kind !== "view") {
    fail({
      code: "misplaced",
      span,
      message: "`always` and `finally` must test a view",
      expected: ["VIEW R[.field] OP VALUE"],
    });
  }
  const expected = c.attempt(() => viewExpected(c, expectation));
  const kernels = resolveKernels(c, on);
  return expected && { kind: "property", when, expected, on: kernels };
}

/** Words after `expect` that are compared with a number, as a name is. */
const COUNTED = ["traps", "exceptions"];

function resolveExpected(c: Context, node: ExpectationNode): Expected {
  switch (node.kind) {
    case "view":
      return viewExpected(c, node);
    case "expression":
      return expression(c, node);
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
      return { kind: node.kind };
    default:
      return node satisfies never;
  }
}

function viewExpected(
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

function expression(
  c: Context,
  { left, operator, value }: Extract<
    ExpectationNode,
    { readonly kind: "expression" }
  >,
): Expected {
  if (value.kind === "undef") refuseOrder(value, operator);
  const name = left.kind === "name" ? left.text : undefined;
  if (left.kind === "name" && c.situation.isRead(left)) {
    // It may be undefined: what it is, is looked at when the expectation is checked.
    c.usesNames = true;
    const wanted = value.kind === "undef" ? value.kind : c.number(value) ?? 0n;
    return { kind: "read", name: left.text, operator, value: wanted };
  }
  const words = left.kind === "name"
    ? [...COUNTED, ...statementRow("expect")?.words ?? []]
    : [];
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
