import { assert, assertEquals } from "@std/assert";
import {
  Alternation,
  EOF,
  type IProduction,
  LLkLookaheadStrategy,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  type Rule,
  Terminal,
} from "chevrotain";
import { LookaheadOnDemand } from "./lookahead.ts";
import { DregsParser } from "../parser.ts";
import { TOKENS } from "../tokens.ts";

/** A lookahead function of either kind. */
type Choose = (this: unknown, gates: unknown) => number | boolean | undefined;

/** A place where the grammar chooses. */
interface Place {
  readonly rule: Rule;
  readonly production: Alternation | Option | Repetition | RepetitionMandatory;
}

function* placesIn(
  rule: Rule,
  definition: readonly IProduction[],
): Generator<Place> {
  for (const production of definition) {
    if (production instanceof NonTerminal || production instanceof Terminal) {
      continue;
    }
    if (
      production instanceof Alternation || production instanceof Option ||
      production instanceof Repetition ||
      production instanceof RepetitionMandatory
    ) yield { rule, production };
    const { definition } = production as unknown as {
      definition: IProduction[];
    };
    yield* placesIn(rule, definition);
  }
}

/** The places of the whole grammar. */
function places(): Place[] {
  const rules = Object.values(new DregsParser().getGAstProductions());
  return rules.flatMap((rule) => [...placesIn(rule, rule.definition)]);
}

const REPETITIONS = [
  [Option, "Option"],
  [Repetition, "Repetition"],
  [RepetitionMandatory, "RepetitionMandatory"],
] as const;

Deno.test("lookahead: chooses as chevrotain's own, at every place for every token and gate", () => {
  const own = new LLkLookaheadStrategy({ maxLookahead: 1 });
  const ours = new LookaheadOnDemand();
  let chosen = 0;
  const all = places();
  assert(all.length > 30);
  for (const { rule, production } of all) {
    const { idx: prodOccurrence } = production;
    const common = {
      rule,
      prodOccurrence,
      maxLookahead: 1,
      dynamicTokensEnabled: false,
    };
    const name =
      `${rule.name} ${production.constructor.name} ${prodOccurrence}`;
    for (const hasPredicates of [false, true]) {
      const functions = [own, ours].map((strategy) => {
        if (production instanceof Alternation) {
          return strategy.buildLookaheadForAlternation({
            ...common,
            hasPredicates,
          });
        }
        const [, prodType] = REPETITIONS.find(([type]) =>
          production instanceof type
        )!;
        return strategy.buildLookaheadForOptional({ ...common, prodType });
      });
      // Each alternative's gate in turn is closed; -1: none.
      const count = production instanceof Alternation
        ? production.definition.length
        : 0;
      const closable = hasPredicates ? count : 0;
      for (let closed = -1; closed < closable; closed++) {
        const gates = Array.from({ length: count }, (_, index) => ({
          ALT: () => {},
          GATE: index === closed ? () => false : undefined,
        }));
        for (const tokenType of [...TOKENS, EOF]) {
          const token = { tokenType, tokenTypeIdx: tokenType.tokenTypeIdx };
          const parser = { LA: () => token, LA_FAST: () => token };
          const [wanted, found] = functions.map((one) =>
            (one as Choose).call(parser, gates)
          );
          assertEquals(found, wanted, `${name} at ${tokenType.name}`);
          if (wanted !== undefined && wanted !== false) chosen++;
        }
      }
    }
  }
  assert(chosen > 1000);
});
