/**
 * What each word of a document is, for highlighting: the lexer's tokens, and names by what the tree has them for.
 *
 * @module
 */
import type { Line } from "../dsl/syntax/lines.ts";
import { endOf, scan } from "../dsl/syntax/scan.ts";
import {
  BadNumber,
  BadString,
  Comment,
  End,
  KEYWORDS,
  NumberToken,
  StringToken,
  View,
} from "../dsl/syntax/tokens.ts";
import type { IToken } from "chevrotain";
import type { SemanticTokensLegend } from "vscode-languageserver";
import { type Chunk, chunkText } from "./chunks.ts";
import { allParts, type Part } from "./locate.ts";

/** The types of words, by number. */
const TYPES = [
  "keyword",
  "comment",
  "string",
  "number",
  "operator",
  "variable",
  "property",
  "enumMember",
  "type",
  "function",
  "namespace",
] as const;

type Type = typeof TYPES[number];

/** Modifiers, by bit: a name is defined here; a register is the model's own. */
const MODIFIERS = ["declaration", "defaultLibrary"] as const;

/** What the numbers of the tokens mean. */
export const LEGEND: SemanticTokensLegend = {
  tokenTypes: [...TYPES],
  tokenModifiers: [...MODIFIERS],
};

const DECLARATION = 1;
const DEFAULT_LIBRARY = 2;

/** What a word is. */
interface Kind {
  readonly type: Type;
  readonly modifiers: number;
}

function kind(type: Type, modifiers = 0): Kind {
  return { type, modifiers };
}

/** What the tree has a word for; undefined if it says nothing more than the lexer. */
function kindInTree(parts: readonly Part[]): Kind | undefined {
  const { key, node } = parts.at(-1)!;
  const around = parts.at(-2)?.node;
  const isWord = typeof node.text === "string";
  if (!isWord) return undefined;
  if (node.kind === "name") return kind("variable");
  const owner = parts.at(-2)?.key;
  switch (key) {
    case "name":
      if (around?.kind === "let" || around?.kind === "choose") {
        return kind("variable", DECLARATION);
      }
      if (owner === "target") return kind("property");
      if (owner === "register") return kind("variable", DEFAULT_LIBRARY);
      return around?.kind === "arch" || around?.kind === "name"
        ? kind("type")
        : undefined;
    case "variable":
    case "as":
      return kind("variable", DECLARATION);
    case "field":
      return kind("property");
    case "profile":
    case "vendor":
    case "release":
    case "from":
    case "to":
      return kind("type");
    case "row":
      return kind("function");
    case "properties":
    case "kinds":
    case "exception":
    case "reason":
    case "errno":
    case "mode":
    case "capability":
    case "counter":
      return kind("enumMember");
    case "patterns":
    case "registers":
      return kind("variable", DEFAULT_LIBRARY);
    default:
      return undefined;
  }
}

/** What the lexer says of a token. */
function kindOf({ tokenType }: IToken): Kind | undefined {
  switch (tokenType) {
    case Comment:
      return kind("comment");
    case StringToken:
    case BadString:
      return kind("string");
    case NumberToken:
    case BadNumber:
      return kind("number");
    default:
      if (tokenType.CATEGORIES?.includes(View)) return kind("namespace");
      if (KEYWORDS_TYPES.has(tokenType)) return kind("keyword");
      return tokenType.CATEGORIES?.some(({ name }) =>
          name === "Operator" || name === "Comparison"
        )
        ? kind("operator")
        : undefined;
  }
}

const KEYWORDS_TYPES = new Set(KEYWORDS.values());

/** The tokens of a chunk, five numbers each as the protocol has them, from the chunk's beginning. */
interface ChunkTokens {
  readonly data: readonly number[];
  /** Line ends in the chunk. */
  readonly lines: number;
  /** Line of the last token, and its column. */
  readonly lastLine: number;
  readonly lastColumn: number;
}

const KEPT = new WeakMap<Chunk, ChunkTokens>();

/** What the tree has the words of lines for, by where they begin. */
function kindsInTree(
  lines: readonly Line[],
  chunk: Chunk,
): ReadonlyMap<number, Kind> {
  const kinds = new Map<number, Kind>();
  for (const parts of allParts(lines, chunk.source)) {
    const found = kindInTree(parts);
    const { start } = parts.at(-1)!.node.span as { readonly start: number };
    if (found) kinds.set(start - chunk.origin, found);
  }
  return kinds;
}

function tokensOfChunk(chunk: Chunk): ChunkTokens {
  const kept = KEPT.get(chunk);
  if (kept) return kept;
  const text = chunkText(chunk);
  const inTree = kindsInTree(chunk.lines, chunk);
  const data: number[] = [];
  let line = 0;
  let lineStart = 0;
  let lastLine = 0;
  let lastColumn = 0;
  for (const tokens of scan({ name: "", text }, { comments: true })) {
    for (const token of tokens) {
      if (token.tokenType === End) {
        if (token.image === ";") continue;
        line++;
        lineStart = endOf(token);
        continue;
      }
      const found = inTree.get(token.startOffset) ?? kindOf(token);
      if (!found) continue;
      const column = token.startOffset - lineStart;
      data.push(
        line - lastLine,
        line === lastLine ? column - lastColumn : column,
        token.image.length,
        TYPES.indexOf(found.type),
        found.modifiers,
      );
      lastLine = line;
      lastColumn = column;
    }
  }
  const made = { data, lines: line, lastLine, lastColumn };
  KEPT.set(chunk, made);
  return made;
}

/** Lines from the last token of some chunks to their end. */
function linesAfter(chunks: readonly Chunk[]): number {
  let lines = 0;
  for (let at = chunks.length - 1; at >= 0; at--) {
    const tokens = tokensOfChunk(chunks[at]);
    lines += tokens.lines;
    if (tokens.data.length > 0) return lines - tokens.lastLine;
  }
  return lines;
}

/**
 * The tokens of chunks, as the protocol has them.
 *
 * @param before the chunks before them: the first token is counted from the last one of those
 */
export function semanticTokens(
  chunks: readonly Chunk[],
  before: readonly Chunk[] = [],
): number[] {
  const all: number[] = [];
  // A chunk begins on a line of its own.
  let behind = linesAfter(before);
  for (const chunk of chunks) {
    const { data, lines, lastLine } = tokensOfChunk(chunk);
    if (data.length === 0) {
      behind += lines;
      continue;
    }
    const at = all.length;
    for (const number of data) all.push(number);
    all[at] += behind;
    behind = lines - lastLine;
  }
  return all;
}

function countNumbers(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, one) => sum + tokensOfChunk(one).data.length, 0);
}

/** What must be exchanged in the tokens of some chunks so that they are those of others. */
export function tokensDelta(
  before: readonly Chunk[],
  after: readonly Chunk[],
): { start: number; deleteCount: number; data: number[] }[] {
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && before[first] === after[first]) first++;
  if (first === before.length && first === after.length) return [];
  let same = 0;
  while (
    same < shorter - first && before.at(-1 - same) === after.at(-1 - same)
  ) same++;
  // The first token after what changed is counted from there.
  while (same > 0) {
    same--;
    if (tokensOfChunk(after[after.length - 1 - same]).data.length > 0) break;
  }
  const kept = after.slice(0, first);
  return [{
    start: countNumbers(kept),
    deleteCount: countNumbers(before.slice(first, before.length - same)),
    data: semanticTokens(after.slice(first, after.length - same), kept),
  }];
}
