/**
 * Resolves what shows the machine: show and why.
 *
 * @module
 */
import type { ActionOf, ShownView } from "../actions.ts";
import { fail } from "../problem.ts";
import { statementRow, VIEW_WORDS } from "../statements.ts";
import type { LineOf } from "../syntax/lines.ts";
import type { RegisterPattern, ViewRef } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { matchesPattern } from "./pattern.ts";
import { registerOf, viewIndex } from "./registers.ts";

/** `show [VIEW …] [R …]` */
export function resolveShow(
  c: Context,
  { views, registers }: LineOf<"show">,
): ActionOf<"show"> {
  const shown = viewsOf(c, views);
  const has = (name: string): boolean =>
    views.some((view) => view.name === name);
  const place = {
    hasUser: has("user"),
    hasKvm: has("kvm"),
  };
  return {
    kind: "show",
    views: shown,
    registers: registers.flatMap((pattern) =>
      c.attempt(() => patternOf(c, pattern, place)) ?? []
    ),
  };
}

function viewsOf(c: Context, views: readonly ViewRef[]): ShownView[] {
  let vcpu: number | undefined;
  return views.flatMap((view) =>
    c.attempt(() => {
      const index = view.at && viewIndex(c, view);
      if (index === undefined || view.name === "cpu" || view.name === "kvm") {
        return { name: view.name, index };
      }
      if (c.isComplete && vcpu !== undefined && index !== vcpu) {
        fail({
          code: "not-possible",
          span: view.span,
          message:
            `a table shows one vCPU, and this one already shows vCPU ${vcpu}`,
          hint: "only `kvm@v` can be given for several vCPUs",
        });
      }
      vcpu ??= index;
      return { name: view.name, index };
    }) ?? []
  );
}

function patternOf(
  c: Context,
  { text, index, span }: RegisterPattern,
  { hasUser, hasKvm }: { readonly hasUser: boolean; readonly hasKvm: boolean },
): string {
  const { arch } = c;
  if (text.includes("*")) {
    if (index) {
      fail({
        code: "unexpected",
        span: index.span,
        message: "a pattern takes no index",
      });
    }
    const names = arch.registers.all.flatMap(({ name, short }) => [
      name,
      short,
    ]);
    const all = [...names, ...arch.kvmNames];
    if (all.some((name) => matchesPattern(name, text))) return text;
    fail({
      code: "unknown-register",
      span,
      message: `\`${text}\` matches no register of ${arch.name}`,
    });
  }
  if (hasKvm && !index && arch.kvmNames.includes(text)) return text;
  const words = [...VIEW_WORDS, ...statementRow("show")?.words ?? []];
  const info = registerOf(
    c,
    { name: { text, span }, index, span },
    { userToo: hasUser, words },
  );
  return info.short;
}
