/**
 * Diagnostics as data: a stable code, a place, what was found, what was expected, a hint. `render.ts` turns
 * them into text; no code parses a message.
 *
 * @module
 */
import type { Span } from "./source.ts";

/** What kind of mistake it is. Stable: scripts and tests may rely on it. */
export type DiagnosticCode =
  // Reading the text.
  | "not-text"
  | "stray-character"
  | "malformed-number"
  | "number-too-large"
  | "unclosed-string"
  | "bad-escape"
  | "unclosed-brace"
  | "stray-brace"
  | "too-deep"
  | "limit"
  // Shape.
  | "unknown-statement"
  | "unexpected"
  | "missing-block"
  | "stray-block"
  | "unknown-option"
  | "duplicate-option"
  | "missing-option"
  | "not-a-word"
  | "unknown-word"
  | "reserved-name"
  | "no-name"
  | "spaces-around-minus"
  // Files.
  | "include-not-found"
  | "include-cycle"
  // Meaning.
  | "wrong-arch"
  | "unknown-profile"
  | "unknown-register"
  | "index-out-of-range"
  | "unknown-field"
  | "unknown-value"
  | "ambiguous-value"
  | "value-too-wide"
  | "out-of-range"
  | "bad-size"
  | "bad-address"
  | "unknown-name"
  | "already-defined"
  | "shadowing"
  | "too-late"
  | "misplaced"
  | "overflow"
  | "division-by-zero"
  // Running.
  | "expectation"
  | "refused"
  | "no-value"
  | "not-modelled"
  | "not-possible";

/** A further place that belongs to a diagnostic. */
export interface Note {
  /** Where it is. */
  readonly span: Span;
  /** What is wrong. */
  readonly message: string;
}

/** One mistake of the author. */
export interface Diagnostic {
  /** What kind of mistake it is. */
  readonly code: DiagnosticCode;
  /** Where it is. */
  readonly span: Span;
  /** The wrong thing first; no period. */
  readonly message: string;
  /** What could have stood there, in the words of the language. */
  readonly expected?: readonly string[];
  /** What to do about it: the nearest word, another spelling. */
  readonly hint?: string;
  /** What could stand at the place instead, if the hint names it. */
  readonly suggestion?: string;
  /** Further places. */
  readonly notes?: readonly Note[];
}

/** Diagnostics by place: included files where they are included, then by offset. */
export function inOrder(
  diagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => compareSpans(a.span, b.span));
}

/** The places by which a span is reached, outermost first. */
function chain(place: Span): readonly Span[] {
  const spans = [place];
  for (let at = place.source.includedFrom; at; at = at.source.includedFrom) {
    spans.unshift(at);
  }
  return spans;
}

function compareSpans(a: Span, b: Span): number {
  const [left, right] = [chain(a), chain(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i].source !== right[i].source) break;
    if (left[i].start !== right[i].start) {
      return left[i].start - right[i].start;
    }
  }
  return left.length - right.length;
}
