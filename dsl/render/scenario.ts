/**
 * How a scenario went, as text.
 *
 * @module
 */
import { type Event, kernelWithVendor } from "../../engine/mod.ts";
import { placeOf, renderDiagnostic } from "../render.ts";
import {
  headline,
  type Output,
  type Running,
  type ScenarioResult,
} from "../result.ts";
import { renderCost } from "./cost.ts";
import { oneLine } from "./line.ts";
import { renderMap } from "./map.ts";
import { hex } from "../notation.ts";
import { citationText } from "./rule.ts";
import { renderTable } from "./table.ts";
import type { Page } from "./theme.ts";
import { renderTrace } from "./trace.ts";
import { fill } from "./value.ts";
import { renderWhy } from "./why.ts";

/** What everything below the status line is indented by. */
const INDENT = "  ";

/** The kernel with its vendor, `linux-6.1 svm`. */
export function kernelText(
  { profile, vendor }: Pick<ScenarioResult, "profile" | "vendor">,
): string {
  return kernelWithVendor(profile, vendor);
}

/** One output of a statement as lines. */
export function renderOutput(
  output: Output,
  kernel: string,
  page: Page,
): string[] {
  switch (output.kind) {
    case "table":
      return renderTable(output.table, kernel, page);
    case "map":
      return renderMap(output.map, page);
    case "cost":
      return renderCost(output.costs, page);
    case "why":
      return renderWhy(output, page);
    case "trace":
      return renderTrace(output, page);
    default:
      return output satisfies never;
  }
}

/** A `warn`, `stopped`, `lost` or `unpredictable` event that a person should see. */
export function renderNotice(event: Event, { theme }: Page): string {
  switch (event.kind) {
    case "warn":
      return theme.quiet(
        `warning: ${event.message} (${citationText(event.rule)})`,
      );
    case "stopped":
      return theme.quiet(
        `stopped: ${event.message} (${citationText(event.rule)})`,
      );
    case "lost":
      return theme.quiet(
        `lost: ${event.what} of vCPU ${event.vcpu}: ${hex(event.old)} → ${
          hex(event.new)
        } (${citationText(event.rule)})`,
      );
    case "unpredictable":
      return theme.quiet(
        `unpredictable: ${event.what}; here: ${event.outcome} (${
          citationText(event.rule)
        })`,
      );
    default:
      throw new RangeError(`An event ${event.kind} is no notice`);
  }
}

/** `ok  name`, `FAIL name` or `skip name`; the last with its reason if it has no place, see `skipText()`. */
export function statusLine(
  { status, name, skip }: ScenarioResult,
  { theme }: Page,
): string {
  const text = oneLine(name);
  switch (status) {
    case "passed":
      return `${theme.good("ok")}  ${text}`;
    case "failed":
    case "error":
      return `${theme.bad("FAIL")} ${text}`;
    case "skipped":
      return theme.quiet(
        skip?.span === undefined
          ? `skip ${text}: ${skip?.reason ?? ""}`
          : `skip ${text}`,
      );
    default:
      return status satisfies never;
  }
}

/** Where and why a statement skipped the rest; undefined if none did. */
export function skipText({ skip }: ScenarioResult): string | undefined {
  return skip?.span && `${placeOf(skip.span)}: ${oneLine(skip.reason)}`;
}

/** The same as lines; after a failure it is said that the rest was skipped. */
function skipLines(result: ScenarioResult, { theme, columns }: Page): string[] {
  const text = skipText(result);
  if (text === undefined) return [];
  const said = result.status === "skipped" ? text : `${text}: rest skipped`;
  return fill(said, columns - INDENT.length, INDENT.length).map(theme.quiet);
}

/** Notices that say the same are one line, with how often. */
function noticeLines(notices: readonly Event[], page: Page): string[] {
  const counts = new Map<string, number>();
  for (const event of notices) {
    const text = renderNotice(event, page);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) =>
    count === 1 ? text : `${text}, ${count} times`
  );
}

/** What a scenario shows while it runs; its status comes at its end. */
export function renderRunning(
  running: Running,
  outputs: readonly Output[],
  isFirst: boolean,
  page: Page,
): string[] {
  const { theme } = page;
  const head = isFirst ? [theme.quiet(`...  ${oneLine(running.name)}`)] : [];
  return [...head, ...outputLines(outputs, running, page)];
}

/** Outputs as lines, below their scenario's. */
function outputLines(
  outputs: readonly Output[],
  of: Running,
  page: Page,
): string[] {
  const kernel = kernelText(of);
  const inner = { ...page, columns: page.columns - INDENT.length };
  return outputs.flatMap((output) => renderOutput(output, kernel, inner)).map((
    line,
  ) => INDENT + line);
}

/** Of several failures, how many there are and the one to look at first. */
function headlineLines(
  { failures }: ScenarioResult,
  { theme, columns }: Page,
): string[] {
  const first = headline(failures);
  if (first === undefined || failures.length < 2) return [];
  const { span, message } = first.diagnostic;
  const text = `${failures.length} failures. Start with ${placeOf(span)}: ${
    oneLine(message)
  }`;
  return fill(text, columns - INDENT.length, INDENT.length).map(theme.bad);
}

/** A scenario's status, the headline of its failures, what it shows, notices, and each failure with its place. */
export function renderScenario(result: ScenarioResult, page: Page): string[] {
  const below = [
    ...noticeLines(result.notices, page),
    ...result.failures.flatMap(({ diagnostic }) =>
      renderDiagnostic(diagnostic, page.theme).split("\n")
    ),
    ...skipLines(result, page),
  ];
  return [
    statusLine(result, page),
    ...headlineLines(result, page).map((line) => INDENT + line),
    ...outputLines(result.outputs, result, page),
    ...below.map((line) => INDENT + line),
  ];
}
