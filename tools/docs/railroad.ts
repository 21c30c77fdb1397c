/**
 * Railroad diagrams of the grammar, as SVG: one for each statement, and one for each part that several of them have.
 *
 * They are drawn from the grammar that the parser records. Conditions that the grammar checks besides (gates) are not in
 * it.
 *
 * @module
 */
import type { IProduction, Rule, TokenType } from "chevrotain";
import {
  Alternation,
  type Alternative,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  Terminal,
} from "chevrotain";
import railroadDiagrams from "railroad-diagrams";
import { STATEMENTS } from "../../dsl/statements.ts";
import { DregsParser } from "../../dsl/syntax/parser.ts";
import {
  Inline,
  KEYWORDS,
  Name,
  TOKENS,
  wordsOfType,
} from "../../dsl/syntax/tokens.ts";

/** What the package has of a part of a diagram: it prints itself as SVG. */
interface Drawn {
  toString(): string;
}

/** What is used of the package, which has no types of its own. */
interface Railroad {
  Diagram(...items: Drawn[]): Drawn;
  Sequence(...items: Drawn[]): Drawn;
  Choice(normal: number, ...items: Drawn[]): Drawn;
  Optional(item: Drawn): Drawn;
  OneOrMore(item: Drawn): Drawn;
  ZeroOrMore(item: Drawn): Drawn;
  Terminal(text: string): Drawn;
  NonTerminal(text: string): Drawn;
  Skip(): Drawn;
}

const R = railroadDiagrams as unknown as Railroad;

/** Rules that only choose among statements. */
const CHOOSERS: readonly string[] = ["line", "statement"];

/** In each file, since a picture in a page does not see the page's style. */
const STYLE = `<style>
svg { background: #f7f5f2; }
path { stroke-width: 2; stroke: #333; fill: none; }
text { font: bold 14px monospace; text-anchor: middle; fill: #111; }
rect { stroke-width: 2; stroke: #333; fill: #fff; }
rect[rx] { fill: #dff0d8; }
</style>
`;

/** A diagram by the name of its file, without folder and extension. */
export type Diagrams = ReadonlyMap<string, string>;

/** The name of a rule as files have it. */
export function fileOf(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** All diagrams. */
export function railroads(): Diagrams {
  const drawing = new Drawing(new DregsParser().getGAstProductions());
  const found = new Map<string, string>();
  for (const { word, opens } of STATEMENTS) {
    found.set(word, drawing.statement(word, opens === true));
  }
  for (const name of drawing.parts) found.set(fileOf(name), drawing.part(name));
  return found;
}

class Drawing {
  /** Rules with a diagram of their own, besides statements: those that are used more than once. */
  readonly parts: readonly string[];
  readonly #rules: Readonly<Record<string, Rule>>;
  /** The rule of each statement's word. */
  readonly #ofWord: ReadonlyMap<string, string>;

  constructor(rules: Readonly<Record<string, Rule>>) {
    this.#rules = rules;
    const uses = new Map<string, number>();
    for (const [name, rule] of Object.entries(rules)) {
      if (CHOOSERS.includes(name)) continue;
      for (const used of usedBy(rule.definition)) {
        uses.set(used, (uses.get(used) ?? 0) + 1);
      }
    }
    const firsts = Object.entries(rules).flatMap(([name, { definition }]) => {
      const [first] = definition;
      if (!(first instanceof Terminal)) return [];
      const words = wordsOfType(first.terminalType) ?? [label(first)];
      return words.filter((word) => KEYWORDS.has(word)).map((word) =>
        [word, name] as const
      );
    });
    this.#ofWord = new Map(firsts);
    const statements = new Set(
      STATEMENTS.map(({ word }) => this.#ofWord.get(word)),
    );
    this.parts = [...uses].filter(([name, count]) =>
      count > 1 && !statements.has(name)
    ).map(([name]) => name).sort();
  }

  statement(word: string, opens: boolean): string {
    const name = this.#ofWord.get(word);
    const items = name === undefined ? [R.Terminal(word)] : [
      R.Terminal(word),
      ...this.#items(this.#rules[name].definition.slice(1)),
    ];
    if (opens) {
      items.push(R.Terminal("{"), R.NonTerminal("lines"), R.Terminal("}"));
    }
    return svg(items);
  }

  part(name: string): string {
    return svg(this.#items(this.#rules[name].definition));
  }

  #items(definition: readonly IProduction[]): Drawn[] {
    return definition.map((one) => this.#item(one));
  }

  #sequence(definition: readonly IProduction[]): Drawn {
    const items = this.#items(definition);
    return items.length === 1 ? items[0] : R.Sequence(...items);
  }

  #item(production: IProduction): Drawn {
    if (production instanceof Terminal) return terminal(production);
    if (production instanceof NonTerminal) {
      const { nonTerminalName: name } = production;
      const isApart = this.parts.includes(name) || this.#isStatement(name);
      return isApart
        ? R.NonTerminal(fileOf(name).replaceAll("_", " "))
        : this.#sequence(this.#rules[name].definition);
    }
    if (production instanceof Option) {
      return R.Optional(this.#sequence(production.definition));
    }
    if (production instanceof Repetition) {
      return R.ZeroOrMore(this.#sequence(production.definition));
    }
    if (production instanceof RepetitionMandatory) {
      return R.OneOrMore(this.#sequence(production.definition));
    }
    if (production instanceof Alternation) {
      const ways = production.definition.map((way) =>
        this.#sequence((way as Alternative).definition)
      );
      return R.Choice(0, ...ways);
    }
    throw new RangeError(`Cannot draw ${production.constructor.name}`);
  }

  #isStatement(name: string): boolean {
    return STATEMENTS.some(({ word }) => this.#ofWord.get(word) === name);
  }
}

/** Names of the rules that productions use. */
function* usedBy(definition: readonly IProduction[]): Generator<string> {
  for (const production of definition) {
    if (production instanceof NonTerminal) yield production.nonTerminalName;
    else if ("definition" in production) {
      yield* usedBy(production.definition as IProduction[]);
    }
  }
}

function label({ terminalType: { LABEL, name } }: Terminal): string {
  return LABEL ?? name;
}

/** A token: a word or sign as it is written, a kind of token by its label, a category by its words. */
function terminal(production: Terminal): Drawn {
  const { terminalType } = production;
  const words = wordsOf(terminalType);
  if (words.length > 0) return R.Choice(0, ...words.map(R.Terminal));
  const isWritten = KEYWORDS.get(label(production)) === terminalType ||
    typeof terminalType.PATTERN === "string";
  return isWritten
    ? R.Terminal(label(production))
    : R.NonTerminal(label(production));
}

/** The words or signs of a category; none for a token that is no category, or one of which any word is. */
function wordsOf(type: TokenType): readonly string[] {
  if (type === Name || type === Inline) return [];
  return TOKENS.filter(({ CATEGORIES }) => CATEGORIES?.includes(type)).map((
    { LABEL, name },
  ) => LABEL ?? name);
}

/** A whole diagram as a file. */
function svg(items: readonly Drawn[]): string {
  const text = R.Diagram(...items).toString();
  const head = /^<svg\b[^>]*>\n?/.exec(text)?.[0];
  if (head === undefined) throw new RangeError("The diagram is no SVG");
  const open = head.trimEnd().replace(
    "<svg",
    '<svg xmlns="http://www.w3.org/2000/svg"',
  );
  return `${open}\n${STYLE}${text.slice(head.length).trimEnd()}\n`;
}
