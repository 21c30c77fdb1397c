/**
 * The chain of events that led to a value, as text.
 *
 * @module
 */
import { placeOf } from "../render.ts";
import type { Output, WhyLink } from "../result.ts";
import { type Span, textOf } from "../source.ts";
import { eventText } from "./event.ts";
import { oneLine } from "./line.ts";
import { sourceLine } from "./rule.ts";
import type { Page } from "./theme.ts";
import { fill } from "./value.ts";

/** Below a link. */
const INDENT = "    ";

function statementText(statement: Span): string {
  return `${placeOf(statement)}: ${oneLine(textOf(statement))}`;
}

/** Where a link comes from: the guest's instruction if there is one, and the statement that carried it out. */
function origin({ statement, instruction }: WhyLink): string[] {
  const lines: string[] = [];
  if (instruction) lines.push(statementText(instruction));
  if (statement) {
    const text = statementText(statement);
    lines.push(instruction ? `in ${text}` : text);
  }
  return lines;
}

/** The chain as lines, newest first: what happened, by which rule, where that was read, and the statement. */
export function renderWhy(
  { subject, value, isThere, chain }: Extract<Output, { kind: "why" }>,
  { theme, columns }: Page,
): string[] {
  const joined = !isThere || subject.startsWith("the last ") ? ":" : " is";
  const lines = fill(`${subject}${joined} ${value}`, columns, 2).map(
    theme.heading,
  );
  if (!isThere) return lines;
  if (chain.length === 0) lines.push("  nothing happened to it");
  for (const link of chain) {
    const { event, sentence, confidence, source } = link;
    const { subject: actor, verb, what } = eventText(event);
    const head = `${event.rule}  ${actor} ${verb}: ${what}`;
    lines.push(
      ...fill(head, columns - 2, INDENT.length - 2).map((line) => `  ${line}`),
      ...fill(sentence, columns - INDENT.length).map((line) => INDENT + line),
      ...[sourceLine(confidence, source), ...origin(link)].flatMap((text) =>
        fill(text, columns - INDENT.length, 2).map((line) =>
          theme.quiet(INDENT + line)
        )
      ),
    );
  }
  return lines;
}
