/**
 * What is wrong with a text, kept by chunk, so that an edit costs what it touches.
 *
 * @module
 */
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { type Reader, readSteps } from "../dsl/load.ts";
import { Checker } from "../dsl/resolve/checker.ts";
import { hasScenario } from "../dsl/resolve/places.ts";
import type { Source } from "../dsl/source.ts";
import type { Line } from "../dsl/syntax/lines.ts";
import {
  type Chunk,
  chunksOf,
  chunkStarts,
  type Edit,
  editChunks,
  wholeChunk,
} from "./chunks.ts";

/** What checking a chunk gave. */
interface ChunkCheck {
  readonly problems: readonly Diagnostic[];
  /** Names of its scenarios. */
  readonly names: readonly string[];
}

/** A text that was read and checked. */
export interface Analysis {
  readonly chunks: readonly Chunk[];
  /** Where each chunk begins. */
  readonly starts: readonly number[];
  /** What checking each chunk gave. */
  readonly checks: readonly ChunkCheck[];
  /** What the lines outside scenarios say; undefined if a chunk cannot be checked without the others. */
  readonly base: Checker | undefined;
}

/** A diagnostic with where it is in the text that was analysed. */
export interface Placed {
  readonly diagnostic: Diagnostic;
  /** Source of the chunk that it is in. */
  readonly source: Source;
  /** What must be added to an offset in that source. */
  readonly shift: number;
}

/** Everything that is wrong, in the order of the text. */
export function* problemsOf(
  { chunks, starts, checks }: Analysis,
): Generator<Placed> {
  for (const [index, { source, origin, syntax }] of chunks.entries()) {
    const shift = starts[index] - origin;
    for (const diagnostic of syntax) yield { diagnostic, source, shift };
    for (const diagnostic of checks[index].problems) {
      yield { diagnostic, source, shift };
    }
  }
}

/** Whether a line is a machine of its own, which says nothing of other lines. */
export function isSeparate(line: Line): boolean {
  return line.kind === "scenario" || line.kind === "for";
}

function hasClash(checks: readonly ChunkCheck[]): boolean {
  const seen = new Set<string>();
  for (const { names } of checks) {
    for (const name of names) {
      if (seen.has(name)) return true;
      seen.add(name);
    }
  }
  return false;
}

/** Takes each diagnostic once: a file that is included twice has the same ones. */
function once(): (diagnostic: Diagnostic) => boolean {
  const seen = new Set<string>();
  return ({ code, span: { source, start } }) => {
    const key = `${code} ${start} ${source.name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}

/** Checks chunks one after the other, each knowing what those before it say, and pauses after each. */
function* checkAll(
  chunks: readonly Chunk[],
  unbalanced: boolean,
): Generator<void, Pick<Analysis, "checks" | "base">> {
  const lines = chunks.flatMap((chunk) => chunk.lines);
  const withScenarios = hasScenario(lines);
  const isNew = once();
  for (const { syntax } of chunks) syntax.forEach(isNew);
  let problems: Diagnostic[] = [];
  const checker = new Checker({
    unbalanced,
    report: (diagnostic) => {
      if (isNew(diagnostic)) problems.push(diagnostic);
    },
  });
  const firstSeparate = lines.findIndex(isSeparate);
  const lastOther = lines.findLastIndex((line) => !isSeparate(line));
  const mayBeApart = withScenarios && !unbalanced && lastOther < firstSeparate;
  let base = mayBeApart ? checker.fork(() => {}) : undefined;
  const checks: ChunkCheck[] = [];
  for (const chunk of chunks) {
    problems = [];
    const known = checker.scenarioNames.size;
    checker.lines(chunk.lines, withScenarios);
    const names = [...checker.scenarioNames.keys()].slice(known);
    checks.push({ problems, names });
    if (mayBeApart && !chunk.lines.every(isSeparate)) {
      base = checker.fork(() => {});
    }
    yield;
  }
  return { checks, base };
}

/** Reads and checks a text, pausing between statements. */
export function* analyse(
  source: Source,
  reader: Reader,
): Generator<void, Analysis> {
  const { file, unbalanced, diagnostics } = yield* readSteps(source, {
    reader,
  });
  const lines = file?.lines ?? [];
  // What stands after a `choose` is checked for each of its values.
  const chunks = lines.some(({ kind }) => kind === "choose")
    ? [wholeChunk(source, lines, diagnostics)]
    : chunksOf(source, lines, diagnostics);
  return {
    chunks,
    starts: chunkStarts(chunks),
    ...(yield* checkAll(chunks, unbalanced)),
  };
}

/** Reads and checks a text at once. */
export function analyseNow(source: Source, reader: Reader): Analysis {
  const steps = analyse(source, reader);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Applies an edit to a text that was analysed.
 *
 * @returns undefined if the text must be analysed as a whole
 */
export function edited(
  { chunks, checks, base }: Analysis,
  edit: Edit,
  name: string,
  reader: Reader,
): Analysis | undefined {
  if (!base) return undefined;
  const after = editChunks(chunks, edit, name, reader);
  if (!after) return undefined;
  const { first, last } = after;
  const before = chunks.slice(
    first,
    last - after.chunks.length + chunks.length,
  );
  const made = after.chunks.slice(first, last);
  // What stands outside scenarios may say something about all of them, and what may stand there depends on whether
  // there are any.
  if (!after.chunks.some(({ lines }) => hasScenario(lines))) return undefined;
  if (![...before, ...made].every(({ lines }) => lines.every(isSeparate))) {
    return undefined;
  }
  const fresh = made.map(({ lines, syntax }): ChunkCheck => {
    const problems: Diagnostic[] = [];
    const isNew = once();
    syntax.forEach(isNew);
    const checker = base.fork((diagnostic) => {
      if (isNew(diagnostic)) problems.push(diagnostic);
    });
    checker.lines(lines, true);
    return { problems, names: [...checker.scenarioNames.keys()] };
  });
  const all = [
    ...checks.slice(0, first),
    ...fresh,
    ...checks.slice(first + before.length),
  ];
  // A file that is included twice has its mistakes once.
  const isElsewhere = made.some(({ source, syntax }, index) =>
    [...syntax, ...fresh[index].problems].some(({ span }) =>
      span.source !== source
    )
  );
  if (isElsewhere || hasClash(all)) return undefined;
  return {
    chunks: after.chunks,
    starts: chunkStarts(after.chunks),
    checks: all,
    base,
  };
}
