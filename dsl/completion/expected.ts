/**
 * What the walk along a line finds: the tokens that it went over, and those that may come next.
 *
 * @module
 */
import type { IToken, TokenType } from "chevrotain";

/** A token that the walk went over, with the rules that it stands in. */
export interface Consumed {
  readonly token: IToken;
  /** Outermost first. */
  readonly rules: readonly string[];
  readonly previous: Consumed | undefined;
}

/** A token that the grammar allows. */
export interface Expected {
  readonly type: TokenType;
  /** The grammar's own label of this occurrence, such as `vendor`. */
  readonly label: string | undefined;
  /** The rules that it would stand in, outermost first. */
  readonly rules: readonly string[];
  /** The tokens before it, last first. */
  readonly before: Consumed | undefined;
}
