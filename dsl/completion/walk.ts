/**
 * Walks the recorded grammar along a line: which tokens it allows at a place, and by which rules.
 *
 * Gates are not recorded, so that the walk allows a little more than the parser; where a word is a keyword of one
 * way and any name of another, the keyword's way is taken, as the parser does.
 *
 * @module
 */
import {
  Alternation,
  Alternative,
  type IProduction,
  type IToken,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  type Rule,
  Terminal,
  tokenMatcher,
} from "chevrotain";
import { numbered } from "../syntax/grammar/line_parser.ts";
import { theParser } from "../syntax/parser.ts";
import type { Consumed, Expected } from "./expected.ts";

/** What is left to do of a sequence of productions, and then of those around it. */
interface Place {
  readonly sequence: readonly IProduction[];
  readonly index: number;
  readonly rules: readonly string[];
  readonly then: Place | undefined;
}

/** An expected token with the place after it. */
interface Step {
  readonly terminal: Terminal;
  readonly rules: readonly string[];
  readonly next: Place;
}

/** Adds the tokens that can come at a place. */
function expand(place: Place | undefined, into: Step[]): void {
  if (place === undefined) return;
  const { sequence, index, rules, then } = place;
  if (index >= sequence.length) {
    expand(then, into);
    return;
  }
  const production = sequence[index];
  const next: Place = { sequence, index: index + 1, rules, then };
  const inside = (
    definition: readonly IProduction[],
    after: Place,
  ): Place => ({
    sequence: definition,
    index: 0,
    rules,
    then: after,
  });
  if (production instanceof Terminal) {
    into.push({ terminal: production, rules, next });
  } else if (production instanceof NonTerminal) {
    expand({
      sequence: production.referencedRule.definition,
      index: 0,
      rules: [...rules, production.nonTerminalName],
      then: next,
    }, into);
  } else if (production instanceof Alternation) {
    for (const alternative of production.definition) {
      expand(inside([alternative], next), into);
    }
  } else if (production instanceof Alternative) {
    expand(inside(production.definition, next), into);
  } else if (production instanceof Option) {
    expand(inside(production.definition, next), into);
    expand(next, into);
  } else if (production instanceof Repetition) {
    expand(inside(production.definition, place), into);
    expand(next, into);
  } else if (production instanceof RepetitionMandatory) {
    const { definition } = production;
    const again = inside([new Repetition({ definition })], next);
    expand(inside(definition, again), into);
  } else {
    throw new RangeError("The grammar has a production that is not walked");
  }
}

/** One way through the grammar, as far as the tokens went. */
interface Way {
  readonly place: Place;
  readonly before: Consumed | undefined;
}

/** Ways that one token leads on. */
function along(ways: readonly Way[], token: IToken): Way[] {
  const exact: Way[] = [];
  const byCategory: Way[] = [];
  for (const { place, before } of ways) {
    const steps: Step[] = [];
    expand(place, steps);
    for (const { terminal, rules, next } of steps) {
      if (!tokenMatcher(token, terminal.terminalType)) continue;
      const consumed: Consumed = { token, rules, previous: before };
      const isExact = terminal.terminalType === token.tokenType;
      (isExact ? exact : byCategory).push({ place: next, before: consumed });
    }
  }
  return exact.length > 0 ? exact : byCategory;
}

/**
 * What may come after tokens.
 *
 * @param rule where to begin: `statement`, or a part of one
 * @returns nothing if the grammar does not allow the tokens
 */
export function expectedAfter(
  rule: string,
  tokens: readonly IToken[],
): readonly Expected[] {
  const start: Rule | undefined = theParser().getGAstProductions()[rule];
  if (start === undefined) throw new RangeError(`The grammar has no ${rule}`);
  let ways: readonly Way[] = [{
    place: {
      sequence: start.definition,
      index: 0,
      rules: [rule],
      then: undefined,
    },
    before: undefined,
  }];
  for (const token of numbered(tokens)) ways = along(ways, token);
  return ways.flatMap(({ place, before }) => {
    const steps: Step[] = [];
    expand(place, steps);
    return steps.map(({ terminal, rules }) => ({
      type: terminal.terminalType,
      label: terminal.label,
      rules,
      before,
    }));
  });
}
