/**
 * `show [VIEW …] [R …]`, `show map`, `show cost`
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import { COSTS } from "../../engine/mod.ts";
import type { ShownView } from "../action_parts.ts";
import { spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { matchesPattern } from "../resolve/pattern.ts";
import { registerOf, viewIndex } from "../resolve/registers.ts";
import type { Performance } from "../run/performance.ts";
import { joined, type Span } from "../source.ts";
import { statementRow, VIEW_WORDS } from "../statements.ts";
import type { Node, RegisterPattern, ViewRef } from "../syntax/nodes.ts";
import { keywordType as kw, Star } from "../syntax/tokens.ts";
import { nodes, optional, sub, tokens } from "../syntax/tree/cst.ts";
import type { Parts } from "../syntax/tree/parts.ts";
import { buildTable, COLUMNS, type TableView } from "../table.ts";
import type { Form } from "./form.ts";

/** `show [VIEW …] [R …]`: the table; all views, all registers of interest if none is named. */
export interface ShowLine extends Node<"show"> {
  /** Views asked for. */
  readonly views: readonly ViewRef[];
  /** Registers asked for. */
  readonly registers: readonly RegisterPattern[];
}

/** `show map`: the picture of virtual and physical numbers. */
export type ShowMapLine = Node<"show-map">;

/** `show cost`: the counters. */
export type ShowCostLine = Node<"show-cost">;

/** The table is shown. */
export interface ShowAction {
  readonly kind: "show";
  readonly views: readonly ShownView[];
  /** Names and patterns, in any case. */
  readonly registers: readonly string[];
}

/** Virtual and physical numbers are shown. */
export interface ShowMapAction {
  readonly kind: "show-map";
}

/** The counters are shown. */
export interface ShowCostAction {
  readonly kind: "show-cost";
}

function buildShow(
  parts: Parts,
  node: CstNode,
  span: Span,
): ShowLine | ShowMapLine | ShowCostLine {
  const table = optional(node, "showTable");
  if (!table) {
    const map = tokens(node, "Keyword_map").length > 0;
    return { kind: map ? "show-map" : "show-cost", span };
  }
  const registers: RegisterPattern[] = [];
  for (const part of nodes(table, "pattern")) {
    const next = patternPart(parts, part);
    const last = registers.at(-1);
    const touches = last && !last.index && last.span.end === next.span.start;
    if (!touches) registers.push(next);
    else {
      registers[registers.length - 1] = {
        text: last.text + next.text,
        index: next.index,
        span: joined(last.span, next.span),
      };
    }
  }
  const views = nodes(table, "view").map((view) => parts.view(view));
  return { kind: "show", views, registers, span };
}

function patternPart(parts: Parts, node: CstNode): RegisterPattern {
  const star = tokens(node, "Star")[0];
  if (star) return { text: "*", index: undefined, span: parts.spanOf(star) };
  const { name, index, span } = parts.register(sub(node, "register"));
  return { text: name.text, index, span };
}

/** `show [VIEW …] [R …]` */
function resolveShow(
  c: Context,
  { views, registers }: ShowLine,
): ShowAction {
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

/** Words for what is no register, and how to see it. */
const NO_REGISTERS: ReadonlyMap<string, string> = new Map([
  [
    "exception",
    "`why exception` explains the last one, `expect exceptions KIND` tests those of the last run",
  ],
  ["exit", "`why exit` explains it, `expect exit REASON` tests it"],
  [
    "trap",
    "`show cost` counts traps, `expect traps == N` tests those of the last run",
  ],
  ["warning", "`expect no warning` tests that there was none"],
]);

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
  const hint = NO_REGISTERS.get(text.toLowerCase().replace(/s$/, ""));
  if (hint !== undefined) {
    fail({
      code: "unknown-register",
      span,
      message: `\`${text}\` is not a register`,
      hint,
    });
  }
  const words = [...VIEW_WORDS, ...statementRow("show")?.words ?? []];
  const info = registerOf(
    c,
    { name: { text, span }, index, span },
    { userToo: hasUser, words },
  );
  return info.short;
}

function performShow(
  { session: { machine, arch }, span, outputs }: Performance,
  { views, registers }: ShowAction,
): void {
  const last = (holds: (view: ShownView) => boolean) =>
    views.findLast((view) => view.index !== undefined && holds(view))?.index;
  const kvm = views.filter(({ name }) => name === "kvm");
  const vcpu = last(({ name }) => name !== "cpu" && name !== "kvm") ??
    kvm.find(({ index }) => index !== undefined)?.index ?? 0;
  const shown = [
    ...new Set(
      views.map(({ name }) => name).filter((name) => name !== "kvm"),
    ),
  ] as TableView[];
  shown.sort((a, b) => COLUMNS.indexOf(a) - COLUMNS.indexOf(b));
  const table = buildTable(arch, machine, {
    vcpu,
    cpu: last(({ name }) => name === "cpu") ?? machine.cpuOf(vcpu),
    views: shown,
    patterns: registers,
    kvm: [...new Set(kvm.map(({ index }) => index ?? vcpu))],
  });
  outputs.push({ kind: "table", span, table });
}

function performShowCost(
  { session: { machine }, span, outputs }: Performance,
): void {
  outputs.push({
    kind: "cost",
    span,
    costs: Array.from(
      { length: machine.vcpus },
      (_, v) =>
        Object.fromEntries(
          COSTS.map((name) => [name, machine.cost(v, name)]),
        ) as Record<typeof COSTS[number], number>,
    ),
  });
}

/** The form. */
export const showForm: Form<
  ShowLine | ShowMapLine | ShowCostLine,
  ShowAction | ShowMapAction | ShowCostAction
> = {
  begins: ["show"],
  grammar: {
    show: (g) => {
      g.CONSUME(kw("show"));
      g.OR([
        { ALT: () => g.CONSUME(kw("map")) },
        { ALT: () => g.CONSUME(kw("cost")) },
        {
          IGNORE_AMBIGUITIES: true,
          ALT: () => g.SUBRULE(g.rules.showTable),
        },
      ]);
    },
    showTable: (g) => {
      g.MANY(() => g.SUBRULE(g.view));
      g.MANY2(() => g.SUBRULE(g.rules.pattern));
    },
    /** Part of a pattern such as `dbgb*`: the parts touch. */
    pattern: (g) => {
      g.OR([
        { ALT: () => g.CONSUME(Star) },
        { ALT: () => g.SUBRULE(g.register) },
      ]);
    },
  },
  build: buildShow,
  resolve: {
    show: resolveShow,
    "show-map": () => ({ kind: "show-map" }),
    "show-cost": () => ({ kind: "show-cost" }),
  },
  perform: {
    show: performShow,
    "show-map"({ session, span, outputs }) {
      outputs.push({ kind: "map", span, map: session.machine.numberMap(0) });
    },
    "show-cost": performShowCost,
  },
  write: {
    show: ({ views, registers }) =>
      spaced(
        "show",
        views.map(({ name, index }) =>
          index === undefined ? name : `${name}@${index}`
        ),
        registers,
      ),
    "show-map": () => "show map",
    "show-cost": () => "show cost",
  },
  mayBeName: true,
};
