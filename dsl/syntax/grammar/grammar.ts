/**
 * What the grammar of a form is written with: the parser, as a form sees it.
 *
 * @module
 */
import type {
  CstNode,
  IOrAlt,
  IToken,
  ParserMethod,
  TokenType,
} from "chevrotain";
import type { PartRules } from "./parts.ts";

/** What may repeat or be left out, perhaps with a condition. */
type Repeated = (() => unknown) | {
  readonly GATE?: () => boolean;
  readonly DEF: () => unknown;
};

/** Chevrotain's methods, which it keeps to the parser's own class. */
interface Methods {
  CONSUME(type: TokenType, options?: { readonly LABEL: string }): IToken;
  CONSUME2(type: TokenType, options?: { readonly LABEL: string }): IToken;
  SUBRULE(rule: GrammarRule): CstNode;
  SUBRULE2(rule: GrammarRule): CstNode;
  SUBRULE3(rule: GrammarRule): CstNode;
  SUBRULE4(rule: GrammarRule): CstNode;
  SUBRULE5(rule: GrammarRule): CstNode;
  SUBRULE6(rule: GrammarRule): CstNode;
  OPTION(part: Repeated): unknown;
  OPTION2(part: Repeated): unknown;
  OPTION3(part: Repeated): unknown;
  OPTION4(part: Repeated): unknown;
  MANY(part: Repeated): void;
  MANY2(part: Repeated): void;
  OR(ways: IOrAlt<unknown>[]): unknown;
}

/** A rule of the grammar. */
export type GrammarRule = ParserMethod<[], CstNode>;

/** The parser, as the grammar of a form sees it: the rules of parts of lines, and what rules are made of. */
export interface Grammar
  extends Methods, Pick<PartRules, Exclude<keyof PartRules, keyof Methods>> {
  /** The rules of all forms, by name. */
  readonly rules: Readonly<Record<string, GrammarRule>>;
}
