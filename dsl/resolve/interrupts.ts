/**
 * Interrupts that userspace makes pending.
 *
 * @module
 */
import type { UserOperation } from "../action_parts.ts";
import { fail } from "../problem.ts";
import type { UserNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { otherArch } from "./words.ts";

/** `user interrupt VECTOR` and `user nmi`. */
export function pendingInterrupt(
  c: Context,
  node: Extract<UserNode, { readonly kind: "interrupt" | "nmi" }>,
): UserOperation {
  const { arch } = c;
  const { interrupts } = arch;
  if (interrupts === undefined) {
    const other = otherArch(arch, (one) => one.interrupts !== undefined);
    fail({
      code: "wrong-arch",
      span: node.span,
      message:
        `\`user ${node.kind}\` is an operation of ${other?.name}; this is ${arch.name}`,
    });
  }
  if (node.kind === "nmi") return { kind: "nmi", vector: interrupts.nmi };
  const { first, last } = interrupts;
  const vector = c.attempt(() =>
    c.small(node.vector, {
      what: "an interrupt's vector",
      min: BigInt(first),
      max: BigInt(last),
    })
  );
  return { kind: "interrupt", vector: vector ?? first };
}
