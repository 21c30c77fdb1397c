/**
 * The chain of events behind a value, as text.
 *
 * @module
 */
import { placeOf } from "../render.ts";
import type { Output } from "../result.ts";
import { textOf } from "../source.ts";
import { eventText } from "./event.ts";
import { oneLine } from "./line.ts";
import type { Page } from "./theme.ts";

/** The chain as lines, newest first: what happened, by which rule, and the statement that caused it. */
export function renderWhy(
  { subject, value, chain }: Extract<Output, { kind: "why" }>,
  { theme }: Page,
): string[] {
  const lines = [theme.heading(`${subject} is ${value}`)];
  if (chain.length === 0) lines.push("  nothing happened to it");
  for (const { event, sentence, statement } of chain) {
    const { subject: actor, verb, what } = eventText(event);
    lines.push(`  ${event.rule}  ${actor} ${verb}: ${what}`);
    lines.push(`    ${sentence}`);
    if (statement) {
      const text = oneLine(textOf(statement));
      lines.push(theme.quiet(`    ${placeOf(statement)}: ${text}`));
    }
  }
  return lines;
}
