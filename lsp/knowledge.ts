/**
 * What the checker knows at places of a document: machine, names, and what names mean.
 *
 * @module
 */
import { Checker } from "../dsl/resolve/checker.ts";
import type { Observer } from "../dsl/resolve/observer.ts";
import { hasScenario } from "../dsl/resolve/places.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import type { Span } from "../dsl/source.ts";
import type { Architecture } from "../engine/mod.ts";
import type { Analysis } from "./analysis.ts";
import type { Place } from "./document.ts";

/** What is known before a line. */
export interface Known {
  readonly arch: Architecture;
  /** The kernel; the architecture's default if none was named. */
  readonly profile: string;
  /** Names that can be used, innermost first. */
  readonly names: readonly string[];
  /** Values of those that have one. */
  readonly values: ReadonlyMap<string, bigint>;
}

/** A name in an expression, and where it is defined. */
export interface Use {
  readonly span: Span;
  readonly definition: Span;
}

/** Checks chunks again, with an observer. */
function observe(
  { chunks, base }: Analysis,
  chunk: number | undefined,
  observer: Observer,
): void {
  const report = () => {};
  if (base && chunk !== undefined) {
    base.fork(report, observer).lines(chunks[chunk].lines, true);
    return;
  }
  const lines = chunks.flatMap((one) => one.lines);
  new Checker({ unbalanced: false, report, observer })
    .lines(lines, hasScenario(lines));
}

/** What is known before the line at a place. */
export function knownAt(
  analysis: Analysis,
  { chunk, source, offset }: Place,
): Known {
  const [first] = architectures();
  let known: Known = {
    arch: first,
    profile: first.defaultProfile,
    names: [],
    values: new Map(),
  };
  let profile: string | undefined;
  observe(analysis, chunk, {
    line(line, { arch = first, hasKernel, scope }) {
      if (line.span.source !== source || line.span.start > offset) return;
      if (!hasKernel) profile = undefined;
      const names = [...new Set(scope.names())];
      const values = new Map(names.flatMap((name) => {
        const value = scope.find(name)?.value;
        return value === undefined ? [] : [[name, value]];
      }));
      known = { arch, profile: profile ?? arch.defaultProfile, names, values };
      if (line.kind === "kernel") profile = line.profile.text;
    },
  });
  return known;
}

/** Names that are used in a chunk, or in the whole text; each place once. */
export function usesIn(
  analysis: Analysis,
  chunk: number | undefined,
): readonly Use[] {
  const found = new Map<string, Use>();
  observe(analysis, chunk, {
    use({ span }, { span: definition }) {
      const key = `${span.start} ${span.source.name} ${definition.start}`;
      if (!found.has(key)) found.set(key, { span, definition });
    },
  });
  return [...found.values()];
}
