/**
 * What userspace does with the VM as a whole: capabilities, saving, restoring.
 *
 * @module
 */
import type { UserOperation } from "../action_parts.ts";
import { fail } from "../problem.ts";
import { suggestion } from "../suggest.ts";
import type { Argument, Expr, Name, UserNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { countsOf } from "./counts.ts";
import { Options } from "./options.ts";
import { failIfOther, wordOf } from "./words.ts";

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

/** `vmm=…` of a statement; the first one if it is not given. */
export function vmmGiven(
  c: Context,
  args: readonly Argument[],
  word: string,
): string {
  const { arch } = c;
  for (const { target, value } of args) {
    if (target.name.text !== "vmm" || value.kind !== "name") continue;
    if (arch.vmms.includes(value.text)) continue;
    failIfOther(value, "a VMM", {
      arch,
      holds: ({ vmms }) => vmms.includes(value.text),
    });
  }
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
  if (node.kind === "restore") {
    const counts = countsOf(c, node.args, (arch) => arch.restoredOn);
    checkMachine(c, node.args, counts);
    return { kind: "restore", name: savedName(c, node.name), counts };
  }
  const vmm = vmmGiven(c, node.args, "save");
  return { kind: "save", name: node.as.text, vmm };
}

/** The machine of the new VM as a whole. */
function checkMachine(
  { arch, situation, isComplete }: Context,
  args: readonly Argument[],
  counts: Readonly<Record<string, number>>,
): void {
  if (args.length === 0 || !isComplete) return;
  const initial = arch.hostCounts.flatMap(({ name, initial }) =>
    initial === undefined ? [] : [[name, initial] as const]
  );
  const all = {
    ...Object.fromEntries([...initial, ...situation.hostCounts]),
    ...counts,
  };
  const problem = arch.checkHost(all, situation.model);
  if (problem === undefined) return;
  fail({ code: "out-of-range", span: args[0].span, message: problem });
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
