/**
 * Which way the grammar goes on, by the token that comes next: worked out for a place when the parser first comes
 * by it.
 *
 * Chevrotain's own strategy works out every place of the grammar when the parser is made, for any number of tokens:
 * a third of the parser's cost at a start, which comes by few places. A test holds that both choose the same at
 * every place for every token.
 *
 * What was worked out for all places can be kept as a text: a parser that is given it needs no grammar to choose.
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
export interface First {
  /** True at the numbers of token types, those of their categories too. */
  readonly types: boolean[];
  /** It can be empty: then any token may come next. */
  nullable: boolean;
}

/** A place where the grammar chooses. */
export interface Place {
  /** Between alternatives, or whether an optional part comes next. */
  readonly kind: "alternatives" | "optional";
  /** Some alternative has a gate. */
  readonly gated: boolean;
  /** What each alternative, or the optional part, can begin with. */
  readonly firsts: () => readonly First[];
}

/** Chooses at a place: the number of the alternative, or whether the optional part comes next. */
export type Chooser =
  | ((this: Ahead, alternatives?: IOrAlt<unknown>[]) => number | undefined)
  | ((this: Ahead) => boolean);

/** What a parser offers to lookahead. */
export interface Ahead {
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

/** Chooses between alternatives. */
function chooseAlternative(
  { firsts, gated }: Place,
): (this: Ahead, alternatives?: IOrAlt<unknown>[]) => number | undefined {
  let sets: readonly First[] | undefined;
  let choices: number[] | undefined;
  const prepare = (): readonly First[] => {
    sets = firsts();
    if (!gated && sets.every(({ nullable }) => !nullable)) {
      const table: number[] = [];
      for (const [index, { types }] of sets.entries()) {
        types.forEach((_, type) => table[type] ??= index);
      }
      choices = table;
    }
    return sets;
  };
  return function (offered) {
    const all = sets ?? prepare();
    const next = this.LA(1).tokenTypeIdx;
    if (choices) return choices[next];
    for (let i = 0; i < all.length; i++) {
      if (offered?.[i].GATE?.call(this) === false) continue;
      if (all[i].nullable || all[i].types[next]) return i;
    }
    return undefined;
  };
}

/** Chooses whether an optional part comes next. */
function chooseOptional({ firsts }: Place): (this: Ahead) => boolean {
  let first: First | undefined;
  return function () {
    first ??= firsts()[0];
    return first.nullable || first.types[this.LA(1).tokenTypeIdx] === true;
  };
}

/** The function that chooses at a place. */
export function chooserAt(place: Place): Chooser {
  return place.kind === "optional"
    ? chooseOptional(place)
    : chooseAlternative(place);
}

/** The strategy. */
export class LookaheadOnDemand implements ILookaheadStrategy {
  readonly #places = new WeakMap<Chooser, Place>();

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
    const place: Place = {
      kind: "alternatives",
      gated: hasPredicates,
      firsts: () => {
        const found = within(find(rule, Alternation, prodOccurrence), rule);
        return alternatives(found).map(({ definition }) => firstOf(definition));
      },
    };
    const chooser = chooseAlternative(place);
    this.#places.set(chooser, place);
    return chooser;
  }

  /** Whether an optional part comes next. */
  buildLookaheadForOptional(
    { rule, prodOccurrence, prodType }: OptionalOptions,
  ): () => boolean {
    const place: Place = {
      kind: "optional",
      gated: false,
      firsts: () => {
        const wanted = CLASSES[prodType as keyof typeof CLASSES];
        const found = within(find(rule, wanted, prodOccurrence), rule);
        return [firstOf(found.definition)];
      },
    };
    const chooser = chooseOptional(place);
    this.#places.set(chooser, place);
    return chooser;
  }

  /** The place that a function of this strategy chooses at; undefined for any other function. */
  placeOf(chooser: Chooser): Place | undefined {
    return this.#places.get(chooser);
  }
}
