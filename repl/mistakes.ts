/**
 * How the interactive view shows mistakes.
 *
 * @module
 */
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { expectedWords, renderDiagnostic } from "../dsl/render.ts";
import { fill } from "../dsl/render/value.ts";
import type { Page } from "../dsl/render/theme.ts";
import { positionAt } from "../dsl/source.ts";
import { listed } from "../dsl/suggest.ts";
import { PROMPT } from "./prompt.ts";

/** Most expected words that are listed. */
const WORDS_MAX = 12;

/** Below the first line of a message. */
const INDENT = "  ";

/** A mistake with advice for a session, in which nothing can be moved and no option given. */
function inSession(diagnostic: Diagnostic): Diagnostic {
  const { code, span, notes = [] } = diagnostic;
  if (code === "limit") return { ...diagnostic, hint: undefined };
  // Within one text, a line can be moved.
  const isEarlier = notes.some((note) => note.span.source !== span.source);
  return code === "too-late" && isEarlier
    ? {
      ...diagnostic,
      hint: "`undo` or `goto 0` goes back to where it is allowed",
      notes: [],
    }
    : diagnostic;
}

/** A part of a message below its first line, in lines that fit. */
function below(text: string, { columns }: Page): string[] {
  return fill(text, columns - INDENT.length, INDENT.length).map((line) =>
    INDENT + line
  );
}

/** What could stand there, as far as it is worth reading. */
function expectedLines(diagnostic: Diagnostic, page: Page): string[] {
  const expected = expectedWords(diagnostic);
  if (expected.length === 0) return [];
  const text = expected.length > WORDS_MAX
    ? `${expected.slice(0, WORDS_MAX).join(", ")}, …`
    : listed(expected);
  return below(`expected ${text}`, page);
}

/** Mistakes with the lines that they are in. */
export function mistakes(
  diagnostics: readonly Diagnostic[],
  page: Page,
): string[] {
  return diagnostics.flatMap((one) => {
    const [head, source, carets, ...rest] = renderDiagnostic(
      inSession(one),
      page.theme,
    ).split("\n");
    return [
      ...fill(head, page.columns, INDENT.length),
      source,
      carets,
      ...rest.flatMap((line) => below(line.trimStart(), page)),
    ];
  });
}

/** A mistake in a text that is not a statement of its own. */
export function inShort(diagnostic: Diagnostic, page: Page): string[] {
  const { code, message, hint } = inSession(diagnostic);
  const head = `${page.theme.error(`error[${code}]`)}: ${message}`;
  return [
    ...fill(head, page.columns, INDENT.length),
    ...expectedLines(diagnostic, page),
    ...(hint === undefined ? [] : below(hint, page)),
  ];
}

/** A mistake in the one line that stands above, marked below it; with the line where that is not possible. */
export function belowLine(diagnostic: Diagnostic, page: Page): string[] {
  const { theme, columns } = page;
  const { span, message, code, hint } = inSession(diagnostic);
  const { line, column } = positionAt(span.source, span.start);
  const at = PROMPT.length + column - 1;
  const width = Math.max(1, span.end - span.start);
  const isInside = span.source.name.startsWith("#") && line === 1;
  if (!isInside || at + width >= columns) return mistakes([diagnostic], page);
  const lines = [
    " ".repeat(at) + theme.caret("^".repeat(width)),
    ...fill(`${theme.error(`error[${code}]`)}: ${message}`, columns, 2),
  ];
  lines.push(...expectedLines(diagnostic, page));
  if (hint !== undefined) lines.push(...below(hint, page));
  return lines;
}
