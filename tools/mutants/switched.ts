/**
 * Writes many mutants of a file into one text, each with a switch, so that one process can try them all.
 *
 * @module
 */
import { parse } from "@babel/parser";
import { type Mutant, type Scope, scopeText } from "./operators.ts";

/** A mutant with its number in the run. */
export interface Numbered {
  readonly id: number;
  readonly mutant: Mutant;
}

interface Switch {
  readonly id: number;
  readonly scope: Scope;
  /** The text of the scope with the change. */
  readonly text: string;
}

/** The ones that lie wholly inside or wholly outside of each other, from the outermost inwards. */
function nested(switches: readonly Switch[]): readonly Switch[] {
  const sorted = switches.toSorted((a, b) =>
    a.scope.start - b.scope.start || b.scope.end - a.scope.end
  );
  const open: Switch[] = [];
  const result: Switch[] = [];
  for (const one of sorted) {
    while (open.length > 0 && open.at(-1)!.scope.end <= one.scope.start) {
      open.pop();
    }
    if (open.length > 0 && open.at(-1)!.scope.end < one.scope.end) continue;
    open.push(one);
    result.push(one);
  }
  return result;
}

/** A text from `start` to `end` with the switches in it, which are nested and sorted. */
function rendered(
  text: string,
  start: number,
  end: number,
  switches: readonly Switch[],
): string {
  let result = "";
  let from = start;
  for (let i = 0; i < switches.length;) {
    const { id, scope, text: changed } = switches[i];
    let next = i + 1;
    while (
      next < switches.length && switches[next].scope.start < scope.end
    ) next++;
    const usual = rendered(
      text,
      scope.start,
      scope.end,
      switches.slice(i + 1, next),
    );
    result += text.slice(from, scope.start) +
      (scope.isStatement
        ? `if (__at(${id})) {${changed}} else {${usual}}`
        : `(__at(${id}) ? (${changed}) : (${usual}))`);
    from = scope.end;
    i = next;
  }
  return result + text.slice(from, end);
}

/**
 * A file's text with a switch for each mutant.
 *
 * @param runtime the address of switch.ts
 * @returns the text, and the numbers of the mutants in it: some places have no room for a switch
 */
export function switched(
  text: string,
  mutants: readonly Numbered[],
  runtime: string,
): { readonly text: string; readonly ids: ReadonlySet<number> } {
  const switches = nested(mutants.flatMap(({ id, mutant }) => {
    const { scope } = mutant;
    return scope ? [{ id, scope, text: scopeText(text, mutant, scope) }] : [];
  }));
  if (switches.length === 0) return { text, ids: new Set() };
  // At the end: imports come first wherever they are, and lines stay.
  const result = rendered(text, 0, text.length, switches) +
    `\nimport { at as __at } from ${JSON.stringify(runtime)};\n`;
  parse(result, { sourceType: "module", plugins: ["typescript"] });
  return { text: result, ids: new Set(switches.map(({ id }) => id)) };
}
