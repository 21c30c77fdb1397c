/**
 * The chain of events that led to a value, as text.
 *
 * @module
 */
import { placeOf } from "../render.ts";
import type { Output, UnmetLink, WhyLink } from "../result.ts";
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
function origin(
  { statement, instruction }: Pick<WhyLink, "statement" | "instruction">,
): string[] {
  const lines: string[] = [];
  if (instruction) lines.push(statementText(instruction));
  if (statement) {
    const text = statementText(statement);
    lines.push(instruction ? `in ${text}` : text);
  }
  return lines;
}

/** Below the head of a link: its rule's sentence, where that was read, and the statements. */
function below(
  link: WhyLink | UnmetLink,
  { theme, columns }: Page,
): string[] {
  const { sentence, confidence, source } = link;
  return [
    ...fill(sentence, columns - INDENT.length).map((line) => INDENT + line),
    ...[sourceLine(confidence, source), ...origin(link)].flatMap((text) =>
      fill(text, columns - INDENT.length, 2).map((line) =>
        theme.quiet(INDENT + line)
      )
    ),
  ];
}

/** The rule of a condition that was not met, and the instruction that it is about. */
function unmetLines(link: UnmetLink, page: Page): string[] {
  return [`  ${link.condition.rule}`, ...below(link, page)];
}

/** A register that changes by writes alone; flags change by exceptions and returns as well, which no event tells. */
function isWritten({ condition: { place } }: UnmetLink): boolean {
  return place !== undefined && place.name !== "PSTATE" &&
    place.name !== "RFLAGS";
}

/** The chain as lines, newest first: what happened, by which rule, where that was read, and the statement. */
export function renderWhy(
  { subject, value, isThere, unmet, chain }: Extract<Output, { kind: "why" }>,
  { theme, columns }: Page,
): string[] {
  const joined = !isThere || unmet || subject.startsWith("the last ")
    ? ":"
    : " is";
  const lines = fill(`${subject}${joined} ${value}`, columns, 2).map(
    theme.heading,
  );
  if (!isThere) return lines;
  if (unmet) lines.push(...unmetLines(unmet, { theme, columns }));
  if (chain.length === 0) {
    if (!unmet) lines.push("  nothing has changed it");
    else if (isWritten(unmet)) lines.push("  nothing changed it before");
  }
  for (const link of chain) {
    const { event } = link;
    const { subject: actor, verb, what } = eventText(event);
    const head = `${event.rule}  ${actor} ${verb}: ${what}`;
    lines.push(
      ...fill(head, columns - 2, INDENT.length - 2).map((line) => `  ${line}`),
      ...below(link, { theme, columns }),
    );
  }
  return lines;
}
