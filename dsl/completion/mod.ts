/**
 * Completion: the words that the grammar allows at the cursor.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import { scan } from "../scan.ts";
import { BadString, End, LeftBrace, RightBrace } from "../tokens.ts";
import { candidates, type CompletionContext } from "./candidates.ts";
import { type ExploreScope, scopeInside, standsIn } from "./explore_scope.ts";
import { expectedAfter } from "./walk.ts";

export type { CompletionContext } from "./candidates.ts";

/** What could stand at the cursor. */
export interface Completion {
  /** Where the word begins that is being typed. */
  readonly start: number;
  /** In the order of the grammar and of the vocabulary; those that begin with what is typed, in any case. */
  readonly words: readonly string[];
}

/** A word as it is being typed: it may end in a hyphen or a dot that a name goes on behind. */
const PARTIAL = /[A-Za-z_]\w*(?:-\w*(?:\.\d*)*)*$/;

/** The statement that a text ends in. */
interface Last {
  readonly tokens: readonly IToken[];
  readonly scope: ExploreScope;
}

function lastStatement(text: string): Last {
  let tokens: IToken[] = [];
  let scope: ExploreScope = "outside";
  const around: ExploreScope[] = [];
  for (const piece of scan({ name: "", text })) {
    for (const token of piece) {
      const { tokenType } = token;
      if (tokenType === LeftBrace) {
        around.push(scope);
        scope = scopeInside(tokens[0]?.image, scope);
      } else if (tokenType === RightBrace) {
        scope = around.pop() ?? "outside";
      }
      const ends = tokenType === End || tokenType === LeftBrace ||
        tokenType === RightBrace;
      if (ends) tokens = [];
      else tokens.push(token);
    }
  }
  return { tokens, scope };
}

function matching(words: Iterable<string>, typed: string): string[] {
  const key = typed.toLowerCase();
  return [...new Set(words)].filter((word) =>
    word.toLowerCase().startsWith(key)
  );
}

/**
 * Completes a text at its end.
 *
 * @param text what is typed, up to the cursor
 * @param rule what it is, by the grammar's name
 *
 * ```ts
 * import { complete } from "./mod.ts";
 * import { engineVocabulary } from "../engine_vocabulary.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const vocabulary = engineVocabulary();
 * const context = {
 *   vocabulary,
 *   arch: vocabulary.arches[0],
 *   profile: "watanabe-v7",
 *   names: [],
 *   files: () => [],
 * };
 * assertEquals(complete("guest write dbgbcr0 bt=linked-a", context).words, [
 *   "linked-address",
 * ]);
 * ```
 */
export function complete(
  text: string,
  context: CompletionContext,
  rule = "statement",
): Completion {
  const open = lastStatement(text).tokens.at(-1);
  if (open?.tokenType === BadString) {
    const { tokens } = lastStatement(text.slice(0, open.startOffset));
    const wantsPath = expectedAfter(rule, tokens).some(({ type, rules }) =>
      type.name === "StringToken" && rules.at(-1) === "include"
    );
    const start = open.startOffset + 1;
    return {
      start,
      words: wantsPath ? context.files(text.slice(start)) : [],
    };
  }
  const typed = PARTIAL.exec(text)?.[0] ?? "";
  const start = text.length - typed.length;
  if (/#[^\r\n]*$/.test(text)) return { start, words: [] };
  const { tokens, scope } = lastStatement(text.slice(0, start));
  const words = expectedAfter(rule, tokens).flatMap((expected) =>
    standsIn(expected, scope) ? candidates(expected, context) : []
  );
  return { start, words: matching(words, typed) };
}
