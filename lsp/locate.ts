/**
 * What stands at a place in a tree.
 *
 * @module
 */
import type { Source, Span } from "../dsl/source.ts";
import type { Line } from "../dsl/syntax/lines.ts";

/** A part of the tree, and the property of the part around it that holds it. */
export interface Part {
  readonly key: string;
  readonly node: Readonly<Record<string, unknown>>;
}

/** Properties that lead out of the tree of a text. */
const ELSEWHERE: ReadonlySet<string> = new Set(["resolved", "file", "source"]);

function isSpan(value: unknown): value is Span {
  return typeof value === "object" && value !== null && "source" in value &&
    "start" in value && "end" in value;
}

/** The place of a part; of one without a place of its own, undefined. */
function spanOf(node: Readonly<Record<string, unknown>>): Span | undefined {
  return isSpan(node.span) ? node.span : undefined;
}

function holds({ start, end }: Span, offset: number): boolean {
  return start <= offset && offset <= end;
}

/**
 * The parts of lines that stand around an offset, outermost first. At the border of two parts, it is the one that
 * begins there.
 */
export function partsAt(
  lines: readonly Line[],
  source: Source,
  offset: number,
): readonly Part[] {
  let best: Part[] = [];
  const walk = (key: string, value: unknown, around: readonly Part[]) => {
    if (typeof value !== "object" || value === null || isSpan(value)) return;
    if (Array.isArray(value)) {
      for (const one of value) walk(key, one, around);
      return;
    }
    const node = value as Readonly<Record<string, unknown>>;
    const span = spanOf(node);
    if (span && span.source !== source) return;
    const body = "body" in node &&
      node.body as { readonly span: Span } | undefined;
    const isInside = span === undefined || holds(span, offset) ||
      body && holds(body.span, offset);
    if (!isInside) return;
    const path = [...around, { key, node }];
    if (span && holds(span, offset)) best = path;
    for (const [name, inner] of Object.entries(node)) {
      if (!ELSEWHERE.has(name)) walk(name, inner, path);
    }
  };
  walk("lines", lines, []);
  return best;
}

/** All parts of lines, each with the parts around it. */
export function* allParts(
  lines: readonly Line[],
  source: Source,
): Generator<readonly Part[]> {
  function* walk(
    key: string,
    value: unknown,
    around: readonly Part[],
  ): Generator<readonly Part[]> {
    if (typeof value !== "object" || value === null || isSpan(value)) return;
    if (Array.isArray(value)) {
      for (const one of value) yield* walk(key, one, around);
      return;
    }
    const node = value as Readonly<Record<string, unknown>>;
    const span = spanOf(node);
    if (span && span.source !== source) return;
    const path = [...around, { key, node }];
    if (span) yield path;
    for (const [name, inner] of Object.entries(node)) {
      if (!ELSEWHERE.has(name)) yield* walk(name, inner, path);
    }
  }
  yield* walk("lines", lines, []);
}
