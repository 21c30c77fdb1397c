/**
 * What running the scenarios of documents came to: lenses, diagnostics and hints. A result is forgotten when the text
 * of its scenario changes.
 *
 * @module
 */
import {
  type CodeLens,
  type Diagnostic,
  DiagnosticSeverity,
  type InlayHint,
  type Range,
} from "vscode-languageserver";
import type { Analysis } from "./analysis.ts";
import { DIAGNOSTIC_SOURCE } from "./diagnostics.ts";
import { type OpenDocument, rangeOf } from "./document.ts";
import {
  type Outcome,
  type RunKernel,
  type Runnable,
  runnablesOf,
  runNow,
  searchNow,
} from "./run.ts";
import type { Span } from "../dsl/source.ts";
import type { Line } from "../dsl/syntax/lines.ts";

/** What the commands of lenses are called. */
export const COMMANDS = {
  run: "dregs.run",
  runUnder: "dregs.runUnder",
} as const;

/** A document, and which of its runnables. */
export type RunArguments = readonly [uri: string, index: number];

/** Lines are the same while their text is. */
type Key = Line;

/** Results of one document. */
export class Results {
  readonly #outcomes = new WeakMap<Key, readonly Outcome[]>();
  /** Something was run: while nothing was, there is nothing to look for. */
  #hasRun = false;
  /** Runs for hints, which are under each scenario's own kernel. */
  readonly #hints = new WeakMap<Key, readonly Outcome[]>();

  /** Runs one of the runnables under each kernel, and keeps what came of it. */
  async run(
    document: OpenDocument,
    analysis: Analysis,
    index: number,
    kernels: readonly (RunKernel | undefined)[],
  ): Promise<readonly Outcome[]> {
    const runnable = runnablesOf(analysis)[index];
    if (!runnable) return [];
    const source = analysis.chunks[runnable.chunk].source;
    const file = { source, lines: runnable.lines };
    const { version } = document;
    const outcomes: Outcome[] = [];
    for (const kernel of kernels) {
      outcomes.push(
        ...(runnable.isExplore
          ? await searchNow(file, kernel, () => document.version === version)
          : runNow(file, kernel, false)),
      );
      // Other requests are answered between kernels.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    this.#outcomes.set(keyOf(runnable), outcomes);
    this.#hasRun = true;
    return outcomes;
  }

  /** Failures of what was run, as diagnostics. */
  diagnostics(document: OpenDocument, analysis: Analysis): Diagnostic[] {
    if (!this.#hasRun) return [];
    return runnablesOf(analysis).flatMap((runnable) => {
      const outcomes = this.#outcomes.get(keyOf(runnable)) ?? [];
      const { chunk } = runnable;
      return byMessage(outcomes).map(({ span, message, kernels }) => ({
        range: span.source === analysis.chunks[chunk].source
          ? rangeOf(document, analysis, chunk, span)
          : rangeOf(document, analysis, chunk, runnable.span),
        severity: DiagnosticSeverity.Warning,
        code: "expectation",
        source: DIAGNOSTIC_SOURCE,
        message: `on ${kernels.join(", ")}: ${message}`,
      }));
    });
  }

  /** Two lenses above each runnable, which `named()` gives their titles. */
  lenses(document: OpenDocument, analysis: Analysis): CodeLens[] {
    return runnablesOf(analysis).flatMap(({ chunk, span }, index) => {
      const range = rangeOf(document, analysis, chunk, span);
      const data: RunArguments = [document.uri, index];
      return [{ range, data }, { range, data: [...data, "others"] }];
    });
  }

  /** A lens with what it does, and what came of that. */
  named(analysis: Analysis, lens: CodeLens): CodeLens {
    const [uri, index, others] = lens.data as [...RunArguments, string?];
    const runnable = runnablesOf(analysis)[index];
    if (!runnable) return lens;
    const word = runnable.isExplore ? "search" : "run";
    const outcomes = this.#outcomes.get(keyOf(runnable));
    const title = others
      ? `${word} under other kernels`
      : outcomes
      ? `${word}: ${summary(outcomes)}`
      : word;
    const command = others ? COMMANDS.runUnder : COMMANDS.run;
    return { ...lens, command: { title, command, arguments: [uri, index] } };
  }

  /** After each `run` in a range: how it ended, and the registers that changed. */
  hints(
    document: OpenDocument,
    analysis: Analysis,
    { start, end }: Range,
  ): InlayHint[] {
    return runnablesOf(analysis).flatMap((runnable): InlayHint[] => {
      const { chunk, isExplore } = runnable;
      const whole = analysis.chunks[chunk];
      const from = document.lines.positionAt(analysis.starts[chunk]);
      const to = document.lines.positionAt(
        analysis.starts[chunk] + whole.length,
      );
      const isInSight = from.line <= end.line && to.line >= start.line;
      const hasMistake = analysis.checks[chunk].problems.length > 0 ||
        whole.syntax.length > 0;
      if (isExplore || !isInSight || hasMistake) return [];
      const key = keyOf(runnable);
      let outcomes = this.#hints.get(key);
      if (!outcomes) {
        outcomes = runNow(
          { source: whole.source, lines: runnable.lines },
          undefined,
          true,
        );
        this.#hints.set(key, outcomes);
      }
      return outcomes.flatMap(({ runs }) => runs).filter(({ span }) =>
        span.source === whole.source
      ).map(({ span, text }) => ({
        position: rangeOf(document, analysis, chunk, span).end,
        label: `→ ${text}`,
        paddingLeft: true,
      }));
    });
  }
}

/** What a result is kept by: its last line. */
function keyOf({ lines }: Runnable): Key {
  return lines.at(-1)!;
}

/** What failed at a place, and on which kernels the same. */
interface Failed {
  readonly span: Span;
  readonly message: string;
  readonly kernels: string[];
}

/** Failures, those that say the same of a place on several kernels as one; the registers are of the first. */
function byMessage(outcomes: readonly Outcome[]): readonly Failed[] {
  const found = new Map<string, Failed>();
  for (const { kernel, failed } of outcomes) {
    for (const { span, message, table } of failed) {
      const key = `${span.start} ${span.source.name} ${message}`;
      const same = found.get(key);
      if (same) same.kernels.push(kernel);
      else {
        found.set(key, {
          span,
          message: table === undefined ? message : `${message}\n\n${table}`,
          kernels: [kernel],
        });
      }
    }
  }
  return [...found.values()];
}

/** Whether a scenario fails, or cannot be run to its end. */
export function isBad({ status }: Outcome): boolean {
  return status === "failed" || status === "error";
}

/** `ok`, or under which kernels something failed. */
export function summary(outcomes: readonly Outcome[]): string {
  const bad = outcomes.filter(isBad);
  const skipped = outcomes.filter(({ status }) => status === "skipped");
  if (outcomes.length === 0 || skipped.length === outcomes.length) {
    return "skipped";
  }
  if (bad.length > 0) {
    const kernels = [...new Set(bad.map(({ kernel }) => kernel))];
    return `failed on ${kernels.join(", ")}`;
  }
  const open = outcomes.filter(({ status }) => status === "unfinished");
  return open.length > 0 ? "unfinished" : "ok";
}
