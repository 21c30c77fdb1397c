/**
 * Lookahead as text: what each place of the grammar can begin with, for a parser that is made without its grammar.
 *
 * The text is JSON: for each rule, in the order of their definition, a list of places; a place is its key in
 * chevrotain's table of the rule, its kind, and for each way on whether it can be empty, then the tokens that it can
 * begin with, by their numbers in `TOKENS`.
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
import { TOKENS } from "./tokens.ts";

/** A parser's choosers: by the number of the rule, then by the key of the place. */
export type Choosers = Chooser[][];

const KINDS = { optional: 0, alternatives: 1, gated: 2 } as const;

type Way = readonly [nullable: 0 | 1, ...tokens: number[]];

type PlaceEntry = readonly [key: number, kind: number, ways: readonly Way[]];

function kindOf({ kind, gated }: Place): number {
  return KINDS[gated ? "gated" : kind];
}

/** Numbers of token types that stand for themselves, not for others: what a lexer can give. */
function wayOf({ types, nullable }: First): Way {
  const tokens = [...TOKENS.keys()].filter((index) =>
    types[TOKENS[index].tokenTypeIdx!]
  );
  return [nullable ? 1 : 0, ...tokens];
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
        return [Number(key), kindOf(place), place.firsts().map(wayOf)];
      }),
  );
  return JSON.stringify(rules);
}

function firstOf([nullable, ...tokens]: Way): First {
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
        firsts: () => ways.map(firstOf),
      });
    }
    return ofRule;
  });
}
