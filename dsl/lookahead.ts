/**
 * Which way the grammar goes on, by the token that comes next: worked out for a place when the parser first comes
 * by it.
 *
 * Chevrotain's own strategy works out every place of the grammar when the parser is made, for any number of tokens:
 * a third of the parser's cost at a start, which comes by few places. A test holds that both choose the same at
 * every place for every token.
 *
 * @module
 */
import {
  Alternation,
  type ILookaheadStrategy,
  type IOrAlt,
  type IProduction,
  type IToken,
  LLkLookaheadStrategy,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  type Rule,
  Terminal,
} from "chevrotain";

/** A production with others in it. */
type Nested = IProduction & { readonly definition: IProduction[] };

/** The classes of productions, by what chevrotain calls them. */
const CLASSES = {
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
} as const;

/** What a sequence of productions can begin with. */
interface First {
  /** True at the numbers of token types, those of their categories too. */
  readonly types: boolean[];
  /** It can be empty: then any token may come next. */
  nullable: boolean;
}

/** What a parser offers to lookahead. */
interface Ahead {
  LA(howMuch: number): IToken;
}

/** What of a strategy's options is looked at. */
type AlternationOptions = Parameters<
  ILookaheadStrategy["buildLookaheadForAlternation"]
>[0];
type OptionalOptions = Parameters<
  ILookaheadStrategy["buildLookaheadForOptional"]
>[0];

/** The alternatives of an alternation, which its type does not tell from other productions. */
function alternatives({ definition }: Alternation): readonly Nested[] {
  return definition as readonly IProduction[] as readonly Nested[];
}

function addFirst(production: IProduction, first: First): void {
  if (production instanceof Terminal) {
    const { tokenTypeIdx, categoryMatches } = production.terminalType;
    first.types[tokenTypeIdx!] = true;
    for (const type of categoryMatches!) first.types[type] = true;
    first.nullable = false;
  } else if (production instanceof NonTerminal) {
    addSequence(production.referencedRule.definition, first);
  } else if (production instanceof Alternation) {
    let nullable = false;
    for (const { definition } of alternatives(production)) {
      addSequence(definition, first);
      nullable ||= first.nullable;
    }
    first.nullable = nullable;
  } else {
    addSequence((production as Nested).definition, first);
    const mayBeLeftOut = production instanceof Option ||
      production instanceof Repetition ||
      production instanceof RepetitionWithSeparator;
    if (mayBeLeftOut) first.nullable = true;
  }
}

function addSequence(sequence: readonly IProduction[], first: First): void {
  first.nullable = true;
  for (const production of sequence) {
    addFirst(production, first);
    if (!first.nullable) return;
  }
}

function firstOf(sequence: readonly IProduction[]): First {
  const first: First = { types: [], nullable: true };
  addSequence(sequence, first);
  return first;
}

/** The production of a class with this number within a rule. */
function find<T extends { idx: number }>(
  { definition }: { readonly definition: readonly IProduction[] },
  // deno-lint-ignore no-explicit-any -- a class, however it is constructed
  wanted: abstract new (...args: any[]) => T,
  idx: number,
): T | undefined {
  for (const production of definition) {
    if (production instanceof wanted && production.idx === idx) {
      return production;
    }
    if (production instanceof NonTerminal || production instanceof Terminal) {
      continue;
    }
    const found = find(production as Nested, wanted, idx);
    if (found) return found;
  }
  return undefined;
}

function within<T>(found: T | undefined, { name }: Rule): T {
  if (found === undefined) throw new RangeError(`${name} has no such place`);
  return found;
}

/** The strategy. */
export class LookaheadOnDemand implements ILookaheadStrategy {
  /** Checks the grammar, as chevrotain's own strategy does for one token. */
  validate(
    options: Parameters<ILookaheadStrategy["validate"]>[0],
  ): ReturnType<ILookaheadStrategy["validate"]> {
    return new LLkLookaheadStrategy({ maxLookahead: 1 }).validate(options);
  }

  /** Which alternative comes next. */
  buildLookaheadForAlternation(
    { rule, prodOccurrence, hasPredicates }: AlternationOptions,
  ): (alternatives?: IOrAlt<unknown>[]) => number | undefined {
    let firsts: readonly First[] | undefined;
    let choices: number[] | undefined;
    const prepare = (): readonly First[] => {
      const place = within(find(rule, Alternation, prodOccurrence), rule);
      firsts = alternatives(place).map(({ definition }) => firstOf(definition));
      if (!hasPredicates && firsts.every(({ nullable }) => !nullable)) {
        const table: number[] = [];
        for (const [index, { types }] of firsts.entries()) {
          types.forEach((_, type) => table[type] ??= index);
        }
        choices = table;
      }
      return firsts;
    };
    return function (this: Ahead, offered) {
      const sets = firsts ?? prepare();
      const next = this.LA(1).tokenTypeIdx;
      if (choices) return choices[next];
      for (let i = 0; i < sets.length; i++) {
        if (offered?.[i].GATE?.call(this) === false) continue;
        if (sets[i].nullable || sets[i].types[next]) return i;
      }
      return undefined;
    };
  }

  /** Whether an optional part comes next. */
  buildLookaheadForOptional(
    { rule, prodOccurrence, prodType }: OptionalOptions,
  ): () => boolean {
    let first: First | undefined;
    const prepare = (): First => {
      const wanted = CLASSES[prodType as keyof typeof CLASSES];
      const place = within(find(rule, wanted, prodOccurrence), rule);
      return firstOf(place.definition);
    };
    return function (this: Ahead) {
      first ??= prepare();
      return first.nullable || first.types[this.LA(1).tokenTypeIdx] === true;
    };
  }
}
