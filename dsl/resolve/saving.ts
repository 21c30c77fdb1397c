/**
 * What userspace does with the VM as a whole: capabilities, saving, restoring.
 *
 * @module
 */
import type { UserOperation } from "../action_parts.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import { suggestion } from "../suggest.ts";
import type { Argument, Expr, Name, UserNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Options } from "./options.ts";
import { otherArch, wordOf } from "./words.ts";

/** Words of what concerns no vCPU alone. */
type WholeVm = "enable" | "save" | "restore";

/** Rejects `@v`. */
function refuseVcpu(at: Expr | undefined, word: WholeVm): void {
  if (at === undefined) return;
  fail({
    code: "unexpected",
    span: at.span,
    message: `\`user ${word}\` is of the whole VM, and takes no \`@v\``,
  });
}

/** Rejects saving and restoring where the architecture has none. */
export function refuseUnsaved(
  { arch }: Context,
  word: string,
  span: Span,
): void {
  if (arch.vmms.length > 0) return;
  const other = otherArch(arch, ({ vmms }) => vmms.length > 0);
  fail({
    code: "wrong-arch",
    span,
    message: `\`${word}\` is for ${other?.name}; this is ${arch.name}`,
  });
}

/** `vmm=…` of a statement; the first one if it is not given. */
export function vmmGiven(
  c: Context,
  args: readonly Argument[],
  word: string,
): string {
  const rows = [{ name: "vmm", kind: "word", words: c.arch.vmms }] as const;
  return new Options(c, args, rows, word).word("vmm") ?? c.arch.vmms[0];
}

/** `user enable CAPABILITY`, `user save as NAME [vmm=…]` and `user restore NAME`. */
export function wholeVm(
  c: Context,
  vcpu: Expr | undefined,
  node: Extract<UserNode, { readonly kind: WholeVm }>,
): UserOperation {
  c.attempt(() => refuseVcpu(vcpu, node.kind));
  if (node.kind === "enable") {
    const text = node.capability.text.replace(/^KVM_CAP_/i, "");
    const capability = wordOf({ ...node.capability, text }, {
      what: "a capability that can be enabled",
      arch: c.arch,
      list: ({ enabled }) => enabled,
    });
    return { kind: "enable", capability };
  }
  refuseUnsaved(c, `user ${node.kind}`, node.span);
  if (node.kind === "restore") {
    return { kind: "restore", name: savedName(c, node.name) };
  }
  const vmm = vmmGiven(c, node.args, "save");
  return { kind: "save", name: node.as.text, vmm };
}

/** The name of a saved VM. */
function savedName(c: Context, { text, span }: Name): string {
  const { situation } = c;
  if (situation.isSaved({ text, span })) return text;
  const other = situation.definition(text);
  if (other === undefined && situation.mayDefine(text)) {
    c.isComplete = false;
    return text;
  }
  fail({
    code: "unknown-name",
    span,
    message: `no VM is saved as \`${text}\``,
    hint: `\`user save as ${text}\` saves it`,
    ...(other
      ? {
        notes: [{ span: other.span, message: "the name is of something else" }],
      }
      : suggestion(
        text,
        [...situation.names()].filter((name) =>
          situation.definition(name)?.isSaved
        ),
      )),
  });
}
