/**
 * Interrupts and other events that userspace makes pending.
 *
 * @module
 */
import type { UserEventName } from "../../engine/mod.ts";
import type { UserOperation } from "../action_parts.ts";
import { fail } from "../problem.ts";
import type { UserNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { otherArch } from "./words.ts";

/** `user interrupt NUMBER`, `user nmi` and `user serror`. */
export function pendingEvent(
  c: Context,
  node: Extract<UserNode, { readonly kind: "interrupt" | UserEventName }>,
): UserOperation {
  const { arch } = c;
  const { first, last, others } = arch.interrupts;
  if (node.kind === "interrupt") {
    const vector = c.attempt(() =>
      c.small(node.vector, {
        what: "an interrupt's number",
        min: BigInt(first),
        max: BigInt(last),
      })
    );
    return { kind: "interrupt", vector: vector ?? first };
  }
  const { kind } = node;
  const vector = others[kind];
  if (vector !== undefined) return { kind, vector };
  const other = otherArch(
    arch,
    ({ interrupts }) => interrupts.others[kind] !== undefined,
  );
  fail({
    code: "wrong-arch",
    span: node.span,
    message:
      `\`user ${kind}\` is an operation of ${other?.name}; this is ${arch.name}`,
  });
}
