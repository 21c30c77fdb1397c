/**
 * Quick fixes: what a diagnostic suggests instead of what is there.
 *
 * @module
 */
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Range,
} from "vscode-languageserver";
import { type Analysis, problemsOf } from "./analysis.ts";
import type { OpenDocument } from "./document.ts";

function overlap(a: Range, b: Range): boolean {
  const isBefore = (one: Range, other: Range): boolean =>
    one.end.line < other.start.line ||
    one.end.line === other.start.line &&
      one.end.character < other.start.character;
  return !isBefore(a, b) && !isBefore(b, a);
}

/** The fixes for what is wrong in a range. */
export function quickFixes(
  { lines, uri }: OpenDocument,
  analysis: Analysis,
  { range, context }: CodeActionParams,
): CodeAction[] {
  const fixes: CodeAction[] = [];
  for (const { diagnostic, source, shift } of problemsOf(analysis)) {
    const { span, suggestion } = diagnostic;
    if (suggestion === undefined || span.source !== source) continue;
    const place = {
      start: lines.positionAt(span.start + shift),
      end: lines.positionAt(span.end + shift),
    };
    if (!overlap(place, range)) continue;
    const isFixed = context.diagnostics.filter((one) =>
      one.code === diagnostic.code && overlap(one.range, place)
    );
    fixes.push({
      title: `replace with \`${suggestion}\``,
      kind: CodeActionKind.QuickFix,
      diagnostics: isFixed,
      isPreferred: true,
      edit: { changes: { [uri]: [{ range: place, newText: suggestion }] } },
    });
  }
  return fixes;
}
