/**
 * Texts that belong together, checked one after the other, as a prompt does: each knows the names and the machine of
 * those before it.
 *
 * @module
 */
import type { Diagnostic } from "./diagnostics.ts";
import { inOrder } from "./diagnostics.ts";
import type { Reading } from "./load.ts";
import { Checker } from "./resolve/checker.ts";
import type { Line } from "./syntax/lines.ts";

/** A line that was checked, with what is known after it. */
export interface KnownLine {
  /** The line. */
  readonly line: Line;
  /** What is known after it; for `IncrementalChecker.known`. */
  readonly known: Checker;
}

/** The lines of a text, or what is wrong with it. */
export type Checked =
  | { readonly ok: true; readonly lines: readonly KnownLine[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Checks texts one after the other. A text with a mistake changes nothing. */
export class IncrementalChecker {
  /** What is known now: a value of `KnownLine.known`, or the one that it began with. */
  known: Checker = new Checker({ unbalanced: false, report: () => {} });

  /** Checks the next text, and knows nothing more until `known` is set to what is known after one of its lines. */
  check({ file, unbalanced, report, diagnostics }: Reading): Checked {
    const lines: KnownLine[] = [];
    if (file && !unbalanced) {
      let { known } = this;
      for (const line of file.lines) {
        known = known.fork(report);
        known.lines([line], false);
        lines.push({ line, known });
      }
    }
    return file === undefined || diagnostics.length > 0
      ? { ok: false, diagnostics: inOrder(diagnostics) }
      : { ok: true, lines };
  }
}
