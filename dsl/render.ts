/**
 * Diagnostics as text: one line `FILE:LINE:COLUMN: error[code]: message`, everything else indented below.
 *
 * @module
 */
import type { Diagnostic } from "./diagnostics.ts";
import { listed } from "./suggest.ts";
import { lineAt, positionAt, type Span } from "./source.ts";

/** Columns of the source line that are shown around a mistake in a very long line. */
const EXCERPT_MAX = 160;

/** How many expected words are listed before "…". */
const EXPECTED_MAX = 24;

/** How to style parts of a message: the identity without colour. */
export interface Style {
  /** `FILE:LINE:COLUMN`. */
  readonly place: (text: string) => string;
  /** `error[code]`. */
  readonly error: (text: string) => string;
  /** The carets. */
  readonly caret: (text: string) => string;
  /** `note`. */
  readonly note: (text: string) => string;
}

/** No colour. */
export const PLAIN: Style = {
  place: (text) => text,
  error: (text) => text,
  caret: (text) => text,
  note: (text) => text,
};

/** Characters that would move the cursor or hide text, made visible, one for one. */
function visible(text: string): string {
  // deno-lint-ignore no-control-regex -- showing them is the point
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g, "\ufffd");
}

/** `FILE:LINE:COLUMN`. */
export function placeOf({ source, start }: Span): string {
  const { line, column } = positionAt(source, start);
  return `${source.name}:${line}:${column}`;
}

/** The source line and the caret below it; tabs stay tabs, so that both line up. */
function excerpt(place: Span, style: Style): string[] {
  const line = lineAt(place.source, place.start);
  let from = 0;
  let text = line.text;
  const column = Math.min(place.start - line.start, text.length);
  if (text.length > EXCERPT_MAX) {
    from = Math.max(0, column - EXCERPT_MAX / 2);
    text = text.slice(from, from + EXCERPT_MAX);
  }
  const before = text.slice(0, column - from).replace(/[^\t]/gu, " ");
  const covered = text.slice(column - from, place.end - line.start - from);
  const carets = "^".repeat(Math.max(1, [...covered].length));
  return [visible(text), before + style.caret(carets)];
}

/** Expected words, as far as they are worth reading. */
export function expectedList(words: readonly string[]): string {
  return words.length > EXPECTED_MAX
    ? `${words.slice(0, EXPECTED_MAX).join(", ")}, …`
    : listed(words);
}

/** What could stand at the place of a mistake; empty where the message says it already. */
export function expectedWords(
  { message, expected = [] }: Diagnostic,
): readonly string[] {
  return message.startsWith("expected ") ? [] : expected;
}

/**
 * One diagnostic as text, without a line end.
 *
 * ```ts
 * import { renderDiagnostic } from "./render.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const source = { name: "a.dregs", text: "rnu" };
 * assertEquals(
 *   renderDiagnostic({
 *     code: "unknown-statement",
 *     span: { source, start: 0, end: 3 },
 *     message: "rnu is not a statement",
 *     hint: "did you mean run?",
 *   }),
 *   [
 *     "a.dregs:1:1: error[unknown-statement]: rnu is not a statement",
 *     "  rnu",
 *     "  ^^^",
 *     "  did you mean run?",
 *   ].join("\n"),
 * );
 * ```
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  style: Style = PLAIN,
): string {
  const { code, span, message, hint, notes = [] } = diagnostic;
  const expected = expectedWords(diagnostic);
  const head = `${style.place(placeOf(span))}: ${
    style.error(`error[${code}]`)
  }: ${visible(message)}`;
  const below = excerpt(span, style);
  if (expected.length > 0) below.push(`expected ${expectedList(expected)}`);
  if (hint !== undefined) below.push(visible(hint));
  for (const note of notes) {
    below.push(
      `${style.note("note")}: ${placeOf(note.span)}: ${visible(note.message)}`,
    );
  }
  for (let at = span.source.includedFrom; at; at = at.source.includedFrom) {
    below.push(`${style.note("note")}: ${placeOf(at)}: included from here`);
  }
  return [head, ...below.map((line) => `  ${line}`.trimEnd())].join("\n");
}

/** Several diagnostics, one after the other, each with its line end. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  style: Style = PLAIN,
): string {
  return diagnostics.map((one) => `${renderDiagnostic(one, style)}\n`).join("");
}
