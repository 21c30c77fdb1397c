/**
 * Lookahead as text: what each place of the grammar can begin with, for a parser that is made without its grammar.
 *
 * The text is JSON: for each rule, in the order of their definition, a list of places; a place is its key in
 * chevrotain's table of the rule, its kind, and its ways on, a text that is read when a parser comes by: ways are
 * divided by bars, and a way is 1 if it can be empty, else 0, and the tokens that it can begin with, by their numbers
 * in `TOKENS`.
 *
 * @module
 */
import {
  type Chooser,
  chooserAt,
  type First,
  type LookaheadOnDemand,
  type Place,
} from "./lookahead.ts";
import { TOKENS } from "../tokens.ts";

/** A parser's choosers: by the number of the rule, then by the key of the place. */
export type Choosers = Chooser[][];

const KINDS = { optional: 0, alternatives: 1, gated: 2 } as const;

type PlaceEntry = readonly [key: number, kind: number, ways: string];

function kindOf({ kind, gated }: Place): number {
  return KINDS[gated ? "gated" : kind];
}

/** A way on, with the tokens that a lexer gives. */
function wayOf({ types, nullable }: First): string {
  const tokens = [...TOKENS.keys()].filter((index) =>
    types[TOKENS[index].tokenTypeIdx!]
  );
  return [nullable ? 1 : 0, ...tokens].join(" ");
}

/**
 * Writes down what choosers choose by.
 *
 * @throws {RangeError} if a chooser is not of the strategy
 */
export function writeLookahead(
  choosers: Choosers,
  strategy: LookaheadOnDemand,
): string {
  const rules = Array.from(
    choosers,
    (ofRule): PlaceEntry[] =>
      Object.entries(ofRule ?? []).map(([key, chooser]) => {
        const place = strategy.placeOf(chooser);
        if (!place) throw new RangeError(`no place has the key ${key}`);
        return [
          Number(key),
          kindOf(place),
          place.firsts().map(wayOf).join("|"),
        ];
      }),
  );
  return JSON.stringify(rules);
}

function firstOf(way: string): First {
  const [nullable, ...tokens] = way.split(" ").map(Number);
  const types: boolean[] = [];
  for (const token of tokens) types[TOKENS[token].tokenTypeIdx!] = true;
  return { types, nullable: nullable === 1 };
}

/** The choosers that were written down. */
export function readLookahead(written: string): Choosers {
  const rules: readonly (readonly PlaceEntry[])[] = JSON.parse(written);
  return rules.map((places) => {
    const ofRule: Chooser[] = [];
    for (const [key, kind, ways] of places) {
      ofRule[key] = chooserAt({
        kind: kind === KINDS.optional ? "optional" : "alternatives",
        gated: kind === KINDS.gated,
        firsts: () => ways.split("|").map(firstOf),
      });
    }
    return ofRule;
  });
}
