/**
 * Cost counters as text, a column for each vCPU.
 *
 * @module
 */
import { type CostName, COSTS } from "../../engine/mod.ts";
import type { Page } from "./theme.ts";

/** Columns of a counter's name. */
const NAME = 10;

/** The counters as lines; groups of vCPUs below each other where they do not fit. */
export function renderCost(
  costs: readonly Readonly<Record<CostName, number>>[],
  { columns, theme }: Page,
): string[] {
  const heads = costs.map((_, vcpu) => `vCPU ${vcpu}`);
  const widths = costs.map((cost, vcpu) =>
    Math.max(
      heads[vcpu].length,
      ...COSTS.map((name) => `${cost[name]}`.length),
    ) + 2
  );
  const lines: string[] = [];
  let first = 0;
  while (first < costs.length) {
    let end = first;
    let taken = NAME;
    while (
      end < costs.length && (end === first || taken + widths[end] <= columns)
    ) {
      taken += widths[end++];
    }
    const cells = (text: (vcpu: number) => string): string =>
      widths.slice(first, end).map((width, index) =>
        text(first + index).padStart(width)
      ).join("");
    lines.push(
      theme.heading(`${"cost".padEnd(NAME)}${cells((vcpu) => heads[vcpu])}`),
    );
    for (const name of COSTS) {
      lines.push(
        name.padEnd(NAME) + cells((vcpu) => `${costs[vcpu][name]}`),
      );
    }
    first = end;
  }
  return lines;
}
