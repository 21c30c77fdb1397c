/**
 * Where each rule is cited: by code, by tests and by scenarios.
 *
 * @module
 */
import type { RuleId } from "../../engine/mod.ts";
import { citedLines } from "./scan.ts";

/** What cites a rule, in the order in which it is listed. */
export const CITING_KINDS = ["code", "tests", "scenarios"] as const;

/** Kind of a file that cites rules. */
export type CitingKind = typeof CITING_KINDS[number];

/** The lines that cite each rule, by the file's path from the root of the checkout. */
export type CitationIndex = Readonly<
  Record<string, Readonly<Record<RuleId, readonly number[]>>>
>;

/** A file that cites a rule. */
export interface CitingFile {
  /** From the root of the checkout. */
  readonly path: string;
  /** From 1, in order. */
  readonly lines: readonly number[];
}

/** The files that cite a rule, by kind and then by path. */
export type CitedBy = Readonly<Record<CitingKind, readonly CitingFile[]>>;

/** Folders that have files which cite rules. */
export const CITING_FOLDERS: readonly string[] = [
  "cli",
  "conform",
  "dsl",
  "engine",
  "repl",
  "scenarios",
  "tests",
];

/** Files that name rules without being about one: the books, what handles ids, lists of ids, and made-up events. */
const NAMES_ONLY: readonly RegExp[] = [
  /^engine\/(events|rule_book|rule_entry)\.ts$/,
  /^engine\/\w+\/rule_book(\/|\.ts$|_test\.ts$)/,
  /^dsl\/render\/(rule|rule_test|samples)\.ts$/,
  /^dsl\/explore\/found_failures\.ts$/,
  /^cli\/(citations|rules)(\/|\.ts$|_test\.ts$)/,
  /^tests\/(citations_test|cited_subjects|docs_rules_test|outside|rule_book_test|rule_sources_test)\.ts$/,
];

/** What a file counts as; undefined if its citations do not count. */
export function citingKind(path: string): CitingKind | undefined {
  if (NAMES_ONLY.some((pattern) => pattern.test(path))) return undefined;
  if (/^scenarios\/.*\.dregs$/.test(path)) return "scenarios";
  if (/^tests\/(?!recordings\/).*\.ts$|_test\.ts$/.test(path)) return "tests";
  return /^(cli|conform|dsl|engine|repl)\/.*\.ts$/.test(path)
    ? "code"
    : undefined;
}

/**
 * The index of some files.
 *
 * @param files texts by path from the root of the checkout; those whose citations do not count are left out
 */
export function citationIndex(
  files: ReadonlyMap<string, string>,
): CitationIndex {
  return Object.fromEntries(
    [...files].filter(([path]) => citingKind(path) !== undefined)
      .map(([path, text]) => [path, citedLines(text)] as const)
      .filter(([, lines]) => lines.size > 0)
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([path, lines]) => [path, Object.fromEntries(lines)]),
  );
}

/** Where a rule is cited. Citations of a part of it (`arm64:A/12.2` of `arm64:A/12`) are those of the part. */
export function citedBy(index: CitationIndex, id: RuleId): CitedBy {
  const files: Record<CitingKind, CitingFile[]> = {
    code: [],
    tests: [],
    scenarios: [],
  };
  for (const [path, cited] of Object.entries(index)) {
    const lines = cited[id];
    const kind = citingKind(path);
    if (lines && kind) files[kind].push({ path, lines });
  }
  return files;
}
