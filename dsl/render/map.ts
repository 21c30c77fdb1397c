/**
 * The picture of the guest's breakpoint numbers over the machine's.
 *
 * @module
 */
import type { NumberMap } from "../../engine/mod.ts";
import type { Page } from "./theme.ts";

/** Columns of a number: two digits, a mark, a space. */
const CELL = 4;

/** `guest  0   1 …`: one cell a physical number. */
function row(label: string, cells: readonly string[]): string {
  const texts = cells.map((text) => text.padEnd(CELL)).join("");
  return `  ${label.padEnd(9)}${texts}`.trimEnd();
}

/** `2`, `2, 3` or `2..5` for runs. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) =>
    first === last ? `${first}` : `${first}..${last}`
  ).join(", ");
}

/** The picture as lines; a sentence where the architecture has no such difference. */
export function renderMap(
  map: NumberMap | undefined,
  { theme }: Page,
): string[] {
  if (map === undefined) {
    return ["guest and physical numbers are the same on this architecture"];
  }
  const { guestCount, hostCount, physical, sink } = map;
  const above: (number | undefined)[] = Array(hostCount).fill(undefined);
  const without: number[] = [];
  for (let n = 0; n < guestCount; n++) {
    const to = physical[n];
    if (to === undefined || to >= hostCount) without.push(n);
    else above[to] = n;
  }
  const virtualText = (n: number | undefined): string =>
    n === undefined ? "" : `${n}${n >= map.guestContextFrom ? "*" : ""}`;
  const physicalText = (_: unknown, n: number): string =>
    `${n}${n >= map.hostContextFrom ? "*" : n === sink ? "~" : ""}`;
  const lines = [
    theme.heading(
      `breakpoints: guest ${guestCount}, machine ${hostCount} (* context-aware${
        sink === undefined ? "" : ", ~ sink"
      })`,
    ),
    row("guest", above.map(virtualText)),
    row("", above.map((n) => n === undefined ? "" : "│")),
    row("machine", above.map(physicalText)),
  ];
  if (without.length > 0) {
    lines.push(`  no physical number: guest ${ranges(without)}`);
  }
  const unused = above.flatMap((n, index) => n === undefined ? [index] : []);
  if (unused.length > 0) {
    lines.push(`  unused by the guest: ${ranges(unused)}`);
  }
  if (sink !== undefined) {
    lines.push(
      `  a link to a breakpoint that the guest does not have goes to ${sink}`,
    );
  }
  lines.push(
    map.emulated
      ? "  numbers differ: every access to a debug register traps"
      : "  numbers are the same: accesses need not trap",
    `watchpoints: guest ${map.guestWatchpoints}, machine ${map.hostWatchpoints}, numbers are the same`,
  );
  return lines;
}
