/**
 * The blocks of a document, as an outline, for folding, and to search by name.
 *
 * @module
 */
import { textOf } from "../dsl/source.ts";
import { type Line, wholeSpan } from "../dsl/syntax/lines.ts";
import {
  type DocumentSymbol,
  type FoldingRange,
  FoldingRangeKind,
  SymbolKind,
  type WorkspaceSymbol,
} from "vscode-languageserver";
import type { Analysis } from "./analysis.ts";
import { type OpenDocument, rangeOf } from "./document.ts";

/** What an outline calls a line, and of which kind it is; undefined for one that it leaves out. */
function heading(
  line: Line,
): { readonly name: string; readonly kind: SymbolKind } | undefined {
  switch (line.kind) {
    case "scenario":
      return {
        name: textOf(line.name.span).slice(1, -1) || "scenario",
        kind: SymbolKind.Function,
      };
    case "explore":
      return { name: "explore", kind: SymbolKind.Class };
    case "program":
    case "for":
    case "repeat":
    case "either":
    case "known":
      return {
        name: textOf(line.span).replace(/\s+/g, " ").trim(),
        kind: line.kind === "program"
          ? SymbolKind.Method
          : SymbolKind.Namespace,
      };
    case "let":
    case "choose":
      return { name: line.name.text, kind: SymbolKind.Variable };
    default:
      return undefined;
  }
}

/** The outline. */
export function symbolsOf(
  document: OpenDocument,
  analysis: Analysis,
): DocumentSymbol[] {
  const outline = (lines: readonly Line[], chunk: number): DocumentSymbol[] =>
    lines.flatMap((line) => {
      const body = "body" in line ? line.body?.lines ?? [] : [];
      const found = heading(line);
      const children = outline(body, chunk);
      if (!found) return children;
      return [{
        ...found,
        range: rangeOf(document, analysis, chunk, wholeSpan(line)),
        selectionRange: rangeOf(document, analysis, chunk, line.span),
        children,
      }];
    });
  return analysis.chunks.flatMap(({ lines }, chunk) => outline(lines, chunk));
}

/** Scenarios and explore blocks whose names contain the letters of a query in order. */
export function matchingSymbols(
  document: OpenDocument,
  analysis: Analysis,
  query: string,
): WorkspaceSymbol[] {
  const matches = (name: string): boolean => {
    let at = -1;
    return [...query.toLowerCase()].every((letter) =>
      (at = name.toLowerCase().indexOf(letter, at + 1)) >= 0
    );
  };
  const found: WorkspaceSymbol[] = [];
  const visit = (symbols: readonly DocumentSymbol[]): void => {
    for (const { name, kind, range, children = [] } of symbols) {
      const isNamed = kind === SymbolKind.Function ||
        kind === SymbolKind.Class;
      if (isNamed && matches(name)) {
        found.push({ name, kind, location: { uri: document.uri, range } });
      }
      visit(children);
    }
  };
  visit(symbolsOf(document, analysis));
  return found;
}

/** Blocks, and runs of comments, that can be folded. */
export function foldsOf(
  document: OpenDocument,
  analysis: Analysis,
): FoldingRange[] {
  const folds: FoldingRange[] = [];
  const visit = (lines: readonly Line[], chunk: number): void => {
    for (const line of lines) {
      if (!("body" in line) || !line.body) continue;
      const { start, end } = rangeOf(
        document,
        analysis,
        chunk,
        wholeSpan(line),
      );
      // The closing brace stays in sight.
      if (end.line - 1 > start.line) {
        folds.push({ startLine: start.line, endLine: end.line - 1 });
      }
      visit(line.body.lines, chunk);
    }
  };
  analysis.chunks.forEach(({ lines }, chunk) => visit(lines, chunk));
  return [...folds, ...commentFolds(document.text)];
}

function commentFolds(text: string): FoldingRange[] {
  const folds: FoldingRange[] = [];
  let first = -1;
  const lines = [...text.split("\n"), ""];
  lines.forEach((line, at) => {
    const isComment = /^\s*#/.test(line);
    if (isComment && first < 0) first = at;
    if (isComment || first < 0) return;
    if (at - 1 > first) {
      folds.push({
        startLine: first,
        endLine: at - 1,
        kind: FoldingRangeKind.Comment,
      });
    }
    first = -1;
  });
  return folds;
}
