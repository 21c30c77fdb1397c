/**
 * Names: where they are defined and used, and other names for them.
 *
 * @module
 */
import { type Span, textOf } from "../dsl/source.ts";
import type { Location, TextEdit } from "vscode-languageserver";
import {
  analyseNow,
  type Analysis,
  edited,
  isSeparate,
  problemsOf,
} from "./analysis.ts";
import { locationIn, messageOf } from "./diagnostics.ts";
import {
  offsetOf,
  type OpenDocument,
  type Place,
  placeAt,
  rangeOf,
} from "./document.ts";
import { uriOf } from "./files.ts";
import { usesIn } from "./knowledge.ts";
import { type Part, partsAt } from "./locate.ts";

/** Why a name cannot be changed; for people. */
export class RenameProblem extends Error {
  override name = "RenameProblem";
}

/** A name's definition and its uses. */
interface Occurrences {
  readonly definition: Span;
  readonly uses: readonly Span[];
}

function isSame(a: Span, b: Span): boolean {
  return a.source === b.source && a.start === b.start;
}

function holds(span: Span, { source, offset }: Place): boolean {
  return span.source === source && span.start <= offset && offset <= span.end;
}

/** The place of a name that the innermost parts at a place define. */
function definedAt(parts: readonly Part[]): Span | undefined {
  const own = parts.at(-1);
  const owner = parts.at(-2)?.node.kind;
  if (own === undefined) return undefined;
  const defines = own.key === "variable" || own.key === "as" ||
    own.key === "name" && (owner === "let" || owner === "choose");
  return defines ? own.node.span as Span : undefined;
}

/** Index of the chunk that a span is in; -1 if it is in another file. */
function chunkOf({ chunks }: Analysis, { source, start }: Span): number {
  return chunks.findIndex((chunk) =>
    chunk.source === source && chunk.origin <= start &&
    start < chunk.origin + chunk.length
  );
}

function occurrencesAt(
  analysis: Analysis,
  place: Place,
): Occurrences | undefined {
  const near = usesIn(analysis, place.chunk);
  const definition = near.find(({ span }) => holds(span, place))?.definition ??
    definedAt(
      partsAt(analysis.chunks[place.chunk].lines, place.source, place.offset),
    );
  if (!definition) return undefined;
  // A name of a scenario is used in it only.
  const isNear = analysis.base !== undefined &&
    chunkOf(analysis, definition) === place.chunk &&
    analysis.chunks[place.chunk].lines.every(isSeparate);
  const all = isNear ? near : usesIn(analysis, undefined);
  return {
    definition,
    uses: all.filter((use) => isSame(use.definition, definition)).map((
      { span },
    ) => span),
  };
}

/** A span as a place for an editor. */
function locationOf(
  document: OpenDocument,
  analysis: Analysis,
  span: Span,
): Location {
  const chunk = chunkOf(analysis, span);
  return chunk < 0 ? locationIn(span) : {
    uri: document.uri,
    range: rangeOf(document, analysis, chunk, span),
  };
}

/** Where the name, or the included file, at an offset is defined. */
export function definitionAt(
  document: OpenDocument,
  analysis: Analysis,
  offset: number,
): Location | undefined {
  const place = placeAt(analysis, offset);
  const parts = partsAt(
    analysis.chunks[place.chunk].lines,
    place.source,
    place.offset,
  );
  const include = parts.find(({ node }) => node.kind === "include")?.node;
  if (include) {
    const file = include.file as
      | { readonly source: Span["source"] }
      | undefined;
    const start = { line: 0, character: 0 };
    return file &&
      { uri: uriOf(file.source.name), range: { start, end: start } };
  }
  const found = occurrencesAt(analysis, place);
  return found && locationOf(document, analysis, found.definition);
}

/** Where the name at an offset is used, and defined if that is wanted. */
export function referencesAt(
  document: OpenDocument,
  analysis: Analysis,
  offset: number,
  withDefinition: boolean,
): Location[] {
  const found = occurrencesAt(analysis, placeAt(analysis, offset));
  if (!found) return [];
  const { definition, uses } = found;
  return [...(withDefinition ? [definition] : []), ...uses].map((span) =>
    locationOf(document, analysis, span)
  );
}

/** The place of the name at an offset, if it is one that can be changed. */
export function renamableAt(
  analysis: Analysis,
  offset: number,
): { readonly place: Place; readonly span: Span } | undefined {
  const place = placeAt(analysis, offset);
  const found = occurrencesAt(analysis, place);
  const span = found &&
    [found.definition, ...found.uses].find((one) => holds(one, place));
  return span && { place, span };
}

/** How often each mistake is there. */
function countProblems(analysis: Analysis): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { diagnostic: { code } } of problemsOf(analysis)) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

/**
 * Gives the name at an offset another name.
 *
 * @returns the edits; undefined if there is no name
 * @throws {RenameProblem} if it cannot have that name
 */
export function renameAt(
  document: OpenDocument,
  analysis: Analysis,
  offset: number,
  newName: string,
): TextEdit[] | undefined {
  const found = occurrencesAt(analysis, placeAt(analysis, offset));
  if (!found) return undefined;
  const { definition, uses } = found;
  const spans = [definition, ...uses];
  const elsewhere = spans.find((span) => chunkOf(analysis, span) < 0);
  if (elsewhere) {
    throw new RenameProblem(
      `\`${textOf(definition)}\` is also in ${elsewhere.source.name}, ` +
        "which other files may include",
    );
  }
  const places = spans.map((span) => {
    const chunk = chunkOf(analysis, span);
    return {
      start: offsetOf(analysis, chunk, span.start),
      end: offsetOf(analysis, chunk, span.end),
    };
  }).sort((a, b) => a.start - b.start);
  refuseBroken(document, analysis, places, newName);
  return places.map(({ start, end }) => ({
    range: {
      start: document.lines.positionAt(start),
      end: document.lines.positionAt(end),
    },
    newText: newName,
  }));
}

/** Rejects a name with which the text has a mistake that it does not have now. @throws {RenameProblem} */
function refuseBroken(
  { text, name, reader }: OpenDocument,
  analysis: Analysis,
  places: readonly { readonly start: number; readonly end: number }[],
  newName: string,
): void {
  const first = places[0].start;
  const { end } = places.at(-1)!;
  let from = first;
  let part = "";
  for (const place of places) {
    part += text.slice(from, place.start) + newName;
    from = place.end;
  }
  const after = edited(
    analysis,
    { start: first, end, text: part },
    name,
    reader,
  ) ?? analyseNow(
    { name, text: text.slice(0, first) + part + text.slice(end) },
    reader,
  );
  const before = countProblems(analysis);
  for (const { diagnostic } of problemsOf(after)) {
    const left = (before.get(diagnostic.code) ?? 0) - 1;
    before.set(diagnostic.code, left);
    if (left < 0) throw new RenameProblem(messageOf(diagnostic));
  }
  // A name that means something else there may be no mistake: it must still be the same name.
  const now = placeAt(after, first);
  if (occurrencesAt(after, now)?.uses.length !== places.length - 1) {
    throw new RenameProblem(`\`${newName}\` means something else here`);
  }
}
