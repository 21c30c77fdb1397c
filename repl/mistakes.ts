/**
 * How the interactive view shows mistakes.
 *
 * @module
 */
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { renderDiagnostic } from "../dsl/render.ts";
import { fill } from "../dsl/render/value.ts";
import type { Page } from "../dsl/render/theme.ts";
import { positionAt } from "../dsl/source.ts";
import { PROMPT } from "./prompt.ts";

/** Most expected words that are listed. */
const WORDS_MAX = 12;

/** Mistakes with the lines that they are in. */
export function mistakes(
  diagnostics: readonly Diagnostic[],
  { theme }: Page,
): string[] {
  return diagnostics.flatMap((one) => renderDiagnostic(one, theme).split("\n"));
}

/** A mistake in a text that is not a statement of its own. */
export function inShort(
  { code, message, hint }: Diagnostic,
  { theme }: Page,
): string[] {
  return [
    `${theme.error(`error[${code}]`)}: ${message}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
}

/** A mistake in the one line that stands above, marked below it; with the line where that is not possible. */
export function belowLine(diagnostic: Diagnostic, page: Page): string[] {
  const { theme, columns } = page;
  const { span, message, expected = [], code } = diagnostic;
  const hint = diagnostic.code === "too-late"
    ? "`goto 0` goes back to the beginning"
    : diagnostic.hint;
  const { line, column } = positionAt(span.source, span.start);
  const at = PROMPT.length + column - 1;
  const width = Math.max(1, span.end - span.start);
  const isInside = span.source.name.startsWith("#") && line === 1;
  if (!isInside || at + width >= columns) return mistakes([diagnostic], page);
  const lines = [
    " ".repeat(at) + theme.caret("^".repeat(width)),
    `${theme.error(`error[${code}]`)}: ${message}`,
  ];
  const words = expected.length > WORDS_MAX
    ? [...expected.slice(0, WORDS_MAX), "…"]
    : expected;
  if (words.length > 0) {
    const text = `expected ${words.join(", ")}`;
    lines.push(...fill(text, columns - 2, 2).map((l) => `  ${l}`));
  }
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines;
}
