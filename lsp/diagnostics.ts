/**
 * Diagnostics for an editor.
 *
 * @module
 */
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { expectedList, expectedWords, placeOf } from "../dsl/render.ts";
import { positionAt, type Span } from "../dsl/source.ts";
import {
  type Diagnostic as Reported,
  DiagnosticSeverity,
  type Location,
} from "vscode-languageserver";
import { problemsOf } from "./analysis.ts";
import type { OpenDocument } from "./document.ts";
import { uriOf } from "./files.ts";

/** What diagnostics are said to come from. */
export const DIAGNOSTIC_SOURCE = "dregs";

/** The message, what was expected and the hint, a line each. */
export function messageOf(diagnostic: Diagnostic): string {
  const { message, hint } = diagnostic;
  const expected = expectedWords(diagnostic);
  return [
    message,
    ...(expected.length > 0 ? [`expected ${expectedList(expected)}`] : []),
    ...(hint === undefined ? [] : [hint]),
  ].join("\n");
}

/** A place in a file that is not open, as an editor counts. */
export function locationIn({ source, start, end }: Span): Location {
  const position = (offset: number) => {
    const { line } = positionAt(source, offset);
    const from = source.text.lastIndexOf("\n", offset - 1) + 1;
    return { line: line - 1, character: offset - from };
  };
  return {
    uri: uriOf(source.name),
    range: { start: position(start), end: position(end) },
  };
}

/** Everything that is wrong in a document. */
export function diagnosticsOf(document: OpenDocument): Reported[] {
  const { analysis, lines, uri } = document;
  if (!analysis) return [];
  return [...problemsOf(analysis)].map(({ diagnostic, source, shift }) => {
    const here = (place: Span): Location["range"] => ({
      start: lines.positionAt(place.start + shift),
      end: lines.positionAt(place.end + shift),
    });
    const locationOf = (place: Span): Location =>
      place.source === source ? { uri, range: here(place) } : locationIn(place);
    const { span, code, notes = [] } = diagnostic;
    let own = span;
    while (own.source !== source && own.source.includedFrom) {
      own = own.source.includedFrom;
    }
    const isOwn = own === span;
    return {
      range: here(own),
      severity: DiagnosticSeverity.Error,
      code,
      source: DIAGNOSTIC_SOURCE,
      message: isOwn
        ? messageOf(diagnostic)
        : `${placeOf(span)}: ${messageOf(diagnostic)}`,
      relatedInformation: [
        ...(isOwn
          ? []
          : [{ location: locationIn(span), message: "the mistake is here" }]),
        ...notes.map((note) => ({
          location: locationOf(note.span),
          message: note.message,
        })),
      ],
    };
  });
}
