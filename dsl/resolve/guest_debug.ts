/**
 * `user debug …`: KVM_SET_GUEST_DEBUG, as a debugger uses it or exactly as given.
 *
 * @module
 */
import type { DebuggerRequest, GuestDebugRequest } from "../../engine/mod.ts";
import type { UserOperation } from "../action_parts.ts";
import { fail } from "../problem.ts";
import { RAW } from "../statements.ts";
import type { Argument, DebugNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Options } from "./options.ts";
import { registerOf, wholeValue } from "./registers.ts";
import { watchOf } from "./watch.ts";

/** What userspace asks for. */
export function guestDebug(c: Context, request: DebugNode): UserOperation {
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
