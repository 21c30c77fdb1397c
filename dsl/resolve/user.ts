/**
 * Resolves what userspace does: ioctls of a vCPU.
 *
 * @module
 */
import type { DebuggerRequest, GuestDebugRequest } from "../../engine/mod.ts";
import type { ActionOf, UserOperation } from "../actions.ts";
import { fail } from "../problem.ts";
import { RAW } from "../statements.ts";
import type {
  Argument,
  DebugNode,
  Expr,
  Name,
  UserNode,
} from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { watchOf } from "./machine.ts";
import { Options } from "./options.ts";
import { registerOf, wholeValue, written } from "./registers.ts";
import { wordOf } from "./words.ts";

/** `user@v …` */
export function resolveUser(
  c: Context,
  vcpu: Expr | undefined,
  node: UserNode,
): ActionOf<"user"> {
  const v = c.attemptVcpu(vcpu);
  return { kind: "user", vcpu: v, operation: operation(c, node) };
}

function operation(c: Context, node: UserNode): UserOperation {
  switch (node.kind) {
    case "get": {
      const register = registerOf(c, node.register, { userToo: true });
      return { kind: "get", register: register.id, as: node.as?.text };
    }
    case "set":
      return setOf(c, node);
    case "init":
      return { kind: "init" };
    case "check":
      return {
        kind: "check",
        capability: capabilityNamed(c, node.capability),
        as: node.as?.text,
      };
    case "debug":
      return debug(c, node.request);
    default:
      return node satisfies never;
  }
}

/** A capability that KVM_CHECK_EXTENSION is asked for, as the architecture's list has it. */
export function capabilityNamed({ arch }: Context, name: Name): string {
  return wordOf(name, {
    what: "a capability",
    arch,
    list: ({ capabilities }) => capabilities,
  });
}

function setOf(
  c: Context,
  { register, value, args }: Extract<UserNode, { readonly kind: "set" }>,
): UserOperation {
  if (register.name.text.toLowerCase() !== "pc" || register.index) {
    const info = registerOf(c, register, { userToo: true });
    const { value: whole } = written(c, info, {
      value,
      args,
      span: register.span,
    });
    return { kind: "set", register: info.id, value: whole };
  }
  if (args.length > 0) {
    fail({
      code: "unknown-field",
      span: args[0].target.span,
      message: "`pc` has no fields",
      expected: ["a value"],
    });
  }
  if (!value) {
    const { source, end } = register.span;
    fail({
      code: "unexpected",
      span: { source, start: end, end },
      message: "`user set pc` needs a value",
      expected: ["a value"],
    });
  }
  return { kind: "set-pc", value: c.codeAddress(value) };
}

function debug(c: Context, request: DebugNode): UserOperation {
  return request.kind === "raw"
    ? { kind: "guest-debug", request: raw(c, request.args) }
    : { kind: "debugger", request: debugger_(c, request) };
}

function debugger_(
  c: Context,
  request: Exclude<DebugNode, { readonly kind: "raw" }>,
): DebuggerRequest {
  switch (request.kind) {
    case "break":
      return { action: "break", address: c.codeAddress(request.address) };
    case "watch": {
      const watch = watchOf(c, request, {
        sizes: c.arch.watchSizes,
        accesses: ["load", "store", "access"],
      });
      c.attempt(() => refuseAccess(c, request.args, watch.on));
      return { action: "watch", ...watch };
    }
    default:
      return { action: request.kind };
  }
}

/** What a debugger's watchpoint watches: x86 has none for loads alone. Rule x86:A/2. */
function refuseAccess(
  { arch }: Context,
  args: readonly Argument[],
  on: "load" | "store" | "access",
): void {
  if (arch.watchAccesses.includes(on)) return;
  const { value } = args.find(({ target }) => target.name.text === "on")!;
  fail({
    code: "wrong-arch",
    span: value.span,
    message: `${arch.name} has no watchpoint with \`on=${on}\``,
    expected: arch.watchAccesses,
  });
}

/** `debug raw [control=V] [R=VALUE …] [inject=db|bp] [blockirq=1]` */
function raw(c: Context, args: readonly Argument[]): GuestDebugRequest {
  const isOwn = ({ target }: Argument): boolean =>
    RAW.some(({ name }) => name === target.name.text);
  const options = new Options(c, args.filter(isOwn), RAW, "debug raw");
  const registers = new Map<number, bigint>();
  for (const { target, value } of args.filter((arg) => !isOwn(arg))) {
    c.attempt(() => {
      const info = registerOf(c, target);
      // Which one an index without a value means is not known.
      const isFixed = !target.index || c.isComplete;
      if (isFixed && registers.has(info.id)) {
        fail({
          code: "duplicate-option",
          span: target.span,
          message: `\`${info.short}\` is given twice`,
        });
      }
      registers.set(info.id, wholeValue(c, value, info));
    });
  }
  return {
    control: options.number("control") ?? 0,
    inject: options.word<"db" | "bp">("inject"),
    blockirq: options.number("blockirq") === 1,
    registers: [...registers].map(([register, value]) => ({
      register,
      value,
    })),
  };
}
