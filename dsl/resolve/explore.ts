/**
 * Resolves the lines that only an `explore` block has.
 *
 * @module
 */
import { FAIL_POINTS, MIGRATE, PREEMPT, VCPUS_MAX } from "../../engine/mod.ts";
import type { Action, ActionOf } from "../actions.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import { statementOptions } from "../statements.ts";
import type { LineOf, ModeLine, OpenerOf } from "../syntax/lines.ts";
import type { Expr, Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { resolveGuest } from "./guest.ts";
import { oneOf, Options } from "./options.ts";
import { resolveUser } from "./user.ts";
import { propertyNames } from "./vocabulary.ts";
import { listed } from "./words.ts";

/** Most turns of a `repeat`. */
const REPEAT_MAX = 10_000n;

/** Most values of a `choose`. */
const VALUES_MAX = 10_000n;

/** A range that ends before it begins is a mistake. */
export function refuseBackwards(
  { from, to }: { readonly from: bigint; readonly to: bigint },
  { first, last }: { readonly first: Expr; readonly last: Expr },
): void {
  if (from <= to) return;
  fail({
    code: "out-of-range",
    span: { ...first.span, end: last.span.end },
    message: `the range ${from}..${to} runs backwards`,
  });
}

/** `choose x in A..B` or `choose x in A, B, C` */
export function resolveChoose(
  c: Context,
  { values, isRange }: LineOf<"choose">,
): ActionOf<"choose"> {
  const known = values.map((value) => c.number(value));
  if (known.some((value) => value === undefined)) {
    return { kind: "choose", values: [] };
  }
  const all = known as bigint[];
  if (!isRange) return { kind: "choose", values: [...new Set(all)] };
  const [from, to] = all;
  const [first, last] = values;
  refuseBackwards({ from, to }, { first, last });
  if (to - from >= VALUES_MAX) {
    fail({
      code: "limit",
      span: { ...first.span, end: last.span.end },
      message: `the range ${from}..${to} has more than ${VALUES_MAX} values`,
    });
  }
  const count = Number(to - from) + 1;
  return {
    kind: "choose",
    values: Array.from({ length: count }, (_, i) => from + BigInt(i)),
  };
}

/** `repeat N { … }`: how often. */
export function resolveRepeat(
  c: Context,
  { count }: OpenerOf<"repeat">,
): number {
  return c.small(count, { what: "`repeat`", min: 1n, max: REPEAT_MAX });
}

/** `vcpu N { … }`, `user N { … }`, `host N { … }`: whose program it is. */
export function resolveProgram(
  c: Context,
  { of, index }: OpenerOf<"program">,
): number {
  if (of === "host") return c.cpu(index);
  return c.small(index, {
    what: "a vCPU's number",
    max: BigInt(VCPUS_MAX - 1),
  });
}

/** A program has no expectation that could ask for a name. */
function refuseAs(as: Name | undefined): void {
  if (!as) return;
  fail({
    code: "misplaced",
    span: as.span,
    message: "`as` is not supported in an explored program",
  });
}

/** A line of `vcpu N { … }`; its vCPU is 0. */
export function resolveInstruction(
  c: Context,
  { instruction }: LineOf<"instruction">,
): ActionOf<"guest"> {
  c.attempt(() => refuseAs(instruction.as));
  return resolveGuest(c, undefined, instruction);
}

/** A line of `user N { … }`; its vCPU is 0. */
export function resolveUserLine(
  c: Context,
  { operation, span }: LineOf<"user-line">,
): ActionOf<"user"> {
  if (operation.kind === "get") c.attempt(() => refuseAs(operation.as));
  const action = resolveUser(c, undefined, operation);
  const { kind } = action.operation;
  if (kind === "set-pc" || kind === "check") failNotInProgram(span);
  return action;
}

function failNotInProgram(span: Span): never {
  fail({
    code: "misplaced",
    span,
    message: "not supported in an explored program",
    hint: "write it before `explore { … }`, with `user@v`",
  });
}

/** `preempt …`, `migrate …`, `fail …` */
export function resolveMode(
  c: Context,
  { kind, mode, span }: ModeLine,
): Action {
  switch (kind) {
    case "preempt":
      return { kind, mode: oneOf(mode, PREEMPT, kind) };
    case "migrate":
      return { kind, mode: oneOf(mode, MIGRATE, kind) };
    case "fail": {
      const { name } = c.arch;
      if (name !== "arm64") {
        fail({
          code: "wrong-arch",
          span,
          message: `\`fail\` is for arm64; this is ${name}`,
        });
      }
      return { kind, at: oneOf(mode, FAIL_POINTS, kind) };
    }
    default:
      return kind satisfies never;
  }
}

/** `never PROPERTY, …` */
export function resolveNever(
  c: Context,
  { properties }: LineOf<"never">,
): ActionOf<"never"> {
  const names = propertyNames();
  return {
    kind: "never",
    properties: properties.flatMap((name) =>
      c.attempt(() => listed(name, "a property", names)) ?? []
    ),
  };
}

/** `bound states=N depth=N` */
export function resolveBound(
  c: Context,
  { args }: LineOf<"bound">,
): ActionOf<"bound"> {
  const options = new Options(c, args, statementOptions("bound"), "bound");
  return {
    kind: "bound",
    states: options.number("states"),
    depth: options.number("depth"),
  };
}
