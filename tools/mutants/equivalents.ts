/**
 * Mutants that change nothing that can be observed, with the reason.
 *
 * @module
 */
import { applied, type Mutant } from "./operators.ts";

/** A line of tests/mutants/equivalents.json. */
export interface Equivalent {
  readonly path: string;
  /** The line as it stands, without the spaces around it: it is found again when lines move. */
  readonly line: string;
  /** The same line with the change. */
  readonly changed: string;
  readonly reason: string;
}

/** The line that an offset is in. */
function lineAt(text: string, offset: number): string {
  const from = text.lastIndexOf("\n", offset - 1) + 1;
  const to = text.indexOf("\n", offset);
  return text.slice(from, to < 0 ? undefined : to).trim();
}

/** The line of a mutant, as it stands and changed. */
export function linesOf(
  text: string,
  mutant: Mutant,
): { readonly line: string; readonly changed: string } {
  return {
    line: lineAt(text, mutant.start),
    changed: lineAt(applied(text, mutant), mutant.start),
  };
}

/** The reason why a mutant changes nothing, if it is known. */
export function equivalentOf(
  known: readonly Equivalent[],
  text: string,
  mutant: Mutant,
): Equivalent | undefined {
  const { line, changed } = linesOf(text, mutant);
  return known.find((one) =>
    one.path === mutant.path && one.line === line && one.changed === changed
  );
}
