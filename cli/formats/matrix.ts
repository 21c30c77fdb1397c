/**
 * Text of several kernels: a row a scenario, a column a kernel.
 *
 * @module
 */
import { placeOf } from "../../dsl/render.ts";
import { oneLine } from "../../dsl/render/line.ts";
import type { Page } from "../../dsl/render/theme.ts";
import type { ScenarioResult } from "../../dsl/result.ts";
import type { Reporter } from "./reporter.ts";
import { tallyText } from "./text.ts";

const GAP = "  ";

/** Columns that names have at least; longer ones stand on a line of their own. */
const NAME_MIN = 16;

/** What stands in a column, by how it went. */
const CELLS = { passed: "ok", failed: "FAIL", error: "FAIL", skipped: "–" };

/** A kernel's name in two lines, so that columns are narrow: `watanabe` over `v7`. */
function headOf(profile: string): readonly [string, string] {
  const at = profile.lastIndexOf("-");
  return at < 0 ? ["", profile] : [profile.slice(0, at), profile.slice(at + 1)];
}

function cellWidth(profile: string): number {
  return Math.max(4, ...headOf(profile).map(({ length }) => length));
}

/** Characters of a message; it is told whole where the kernel is run alone. */
const MESSAGE_MAX = 120;

/** Where and what failed first, on one line; kernels that fail alike together. */
function reasonLines(
  results: readonly ScenarioResult[],
  { theme }: Page,
): string[] {
  const kernels = new Map<string, string[]>();
  for (const { profile, status, failures } of results) {
    if (status !== "failed" && status !== "error") continue;
    const [first] = failures;
    const { span, message } = first.diagnostic;
    const text = oneLine(message);
    const cut = text.length > MESSAGE_MAX
      ? `${text.slice(0, MESSAGE_MAX)}…`
      : text;
    const more = failures.length > 1 ? `, and ${failures.length - 1} more` : "";
    const reason = `${theme.place(placeOf(span))}: ${cut}${more}`;
    const alike = kernels.get(reason);
    if (alike) alike.push(profile);
    else kernels.set(reason, [profile]);
  }
  return [...kernels].flatMap(([reason, profiles]) => [
    theme.quiet(`${GAP}${profiles.join(", ")}:`),
    `${GAP}${GAP}${reason}`,
  ]);
}

/** A matrix; its head is repeated where other kernels come. */
export function matrixReporter(page: Page): Reporter {
  const { theme, columns } = page;
  let headed = "";
  return {
    begin: () => "",
    scenario(results) {
      const widths = results.map(({ profile }) => cellWidth(profile));
      const taken = widths.reduce((sum, width) => sum + width + GAP.length, 0);
      const nameWidth = Math.max(NAME_MIN, columns - taken);
      const line = (name: string, cells: readonly string[]): string =>
        [name.padEnd(nameWidth), ...cells].join(GAP).trimEnd();
      const lines: string[] = [];
      const kernels = results.map(({ profile }) => profile).join();
      if (kernels !== headed) {
        if (headed !== "") lines.push("");
        headed = kernels;
        const heads = results.map(({ profile }) => headOf(profile));
        for (const [index, label] of ["", results[0].arch].entries()) {
          const cells = heads.map((head, column) =>
            head[index].padEnd(widths[column])
          );
          lines.push(theme.heading(line(label, cells)));
        }
      }
      const name = oneLine(results[0].name);
      const isLong = name.length > nameWidth;
      if (isLong) lines.push(name);
      const cells = results.map(({ status }, column) => {
        const cell = CELLS[status].padEnd(widths[column]);
        return status === "passed"
          ? theme.good(cell)
          : status === "skipped"
          ? theme.quiet(cell)
          : theme.bad(cell);
      });
      lines.push(line(isLong ? "" : name, cells));
      lines.push(...reasonLines(results, page));
      return lines.map((text) => `${text}\n`).join("");
    },
    broken: () => "",
    end: (tally) => `${tallyText(tally)}\n`,
  };
}
