/**
 * Which rules a text cites: ids with their architecture, alone or as a range.
 *
 * @module
 */
import type { ArchName, RuleId } from "../../engine/mod.ts";

/** What a text cites. */
export interface Citations {
  /** Each rule once, ranges written out, in the order of the text. */
  readonly ids: readonly RuleId[];
  /** What looks like a range and is none, such as one that ends before it begins. */
  readonly malformed: readonly string[];
}

/** An id's name after its architecture: `D9`, `E/2.13`, `D/12a`, `A/9.w1`. */
const NAME = String.raw`[A-Z](?:\/\d+[a-z]?|\d*)(?:\.[0-9a-z]+)*`;

/** A space, or a line end with what the next line of a comment begins with. */
const GAP = String.raw`\s+(?:(?:\*|#|//)\s+)?`;

/**
 * An id and, for a range, its end: `x86:D6-D9`, `x86:D6-x86:D9`, `x86:D6 to x86:D9`. An end without its
 * architecture has a number, so that no word of a sentence is taken for one.
 */
const CITATION = new RegExp(
  String.raw`\b(arm64|x86):(${NAME})` +
    String.raw`(?:(?:[-\u2013]|${GAP}to${GAP})` +
    String
      .raw`(?:(arm64|x86):(${NAME})|([A-Z]\/?\d(?:[0-9a-z.]*[0-9a-z])?)\b))?`,
  "g",
);

/** One citation in a text. */
interface Citation {
  readonly whole: string;
  /** Offset in the text. */
  readonly index: number;
  /** Empty if it is malformed. */
  readonly ids: readonly RuleId[];
}

function* citationsIn(text: string): Generator<Citation> {
  for (const match of text.matchAll(CITATION)) {
    const [whole, arch, first, endArch, endWithArch, endAlone] = match;
    const last = endWithArch ?? endAlone;
    const names = last === undefined
      ? [first]
      : endArch !== undefined && endArch !== arch
      ? []
      : range(first, last);
    const ids = names.map((name): RuleId => `${arch as ArchName}:${name}`);
    yield { whole, index: match.index, ids };
  }
}

/** Finds the rules that a text cites. */
export function citations(text: string): Citations {
  const ids = new Set<RuleId>();
  const malformed: string[] = [];
  for (const { whole, ids: cited } of citationsIn(text)) {
    if (cited.length === 0) malformed.push(whole.replace(/\s+/g, " "));
    for (const id of cited) ids.add(id);
  }
  return { ids: [...ids], malformed };
}

/**
 * The lines on which a text cites each rule.
 *
 * @returns line numbers from 1, each once, in order; of a citation that goes over a line end, the first line
 */
export function citedLines(text: string): Map<RuleId, number[]> {
  const found = new Map<RuleId, number[]>();
  let line = 1;
  let at = 0;
  for (const { index, ids } of citationsIn(text)) {
    for (; at < index; at++) if (text[at] === "\n") line++;
    for (const id of ids) {
      const lines = found.get(id);
      if (lines === undefined) found.set(id, [line]);
      else if (lines.at(-1) !== line) lines.push(line);
    }
  }
  return found;
}

/** The names from one to another; empty if they are no range of one series. */
function range(first: string, last: string): string[] {
  const [, series, from] = /^(.*?)(\d+)$/.exec(first) ?? [];
  const [, lastSeries, to] = /^(.*?)(\d+)$/.exec(last) ?? [];
  if (series === undefined || series !== lastSeries) return [];
  const count = Number(to) - Number(from) + 1;
  if (count < 2) return [];
  return Array.from(
    { length: count },
    (_, n) => `${series}${Number(from) + n}`,
  );
}

/** Whether a citation is of a rule, or of a part of it (`arm64:A/12.2` of `arm64:A/12`). */
export function isCitationOf(cited: RuleId, id: RuleId): boolean {
  return cited === id || cited.startsWith(`${id}.`) ||
    cited.startsWith(`${id}/`);
}
