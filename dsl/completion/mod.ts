/**
 * Completion: the words that the grammar allows at the cursor.
 *
 * @module
 */
import { scan } from "../syntax/scan.ts";
import { BadString, Dot } from "../syntax/tokens.ts";
import { candidates, type CompletionContext, textWords } from "./candidates.ts";
import { type Cursor, cursorAfter, isInPlace, wordsInPlace } from "./place.ts";
import { expectedAfter } from "./walk.ts";

export type { CompletionContext } from "./candidates.ts";

/** What could stand at the cursor. */
export interface Completion {
  /** Where the word begins that is being typed. */
  readonly start: number;
  /** In the order of the grammar and of the vocabulary; those that begin with what is typed, in any case. */
  readonly words: readonly string[];
  /** One word is left, and nothing can be joined to it: a space comes next. */
  readonly isWhole: boolean;
}

/** A word as it is being typed: it may end in a hyphen or a dot after which a name goes on. */
const PARTIAL = /[A-Za-z_]\w*(?:-\w*(?:\.(?:\d\w*)?)*)*$/;

/** Where a text ends. */
function cursorAtEnd(text: string): Cursor {
  return cursorAfter(scan({ name: "", text }));
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
 * import { architecture } from "../../engine/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const context = {
 *   arch: architecture("arm64")!,
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
  const open = cursorAtEnd(text).tokens.at(-1);
  if (open?.tokenType === BadString) {
    const before = cursorAtEnd(text.slice(0, open.startOffset)).tokens;
    const start = open.startOffset + 1;
    const typed = text.slice(start);
    const words = expectedAfter(rule, before).flatMap((expected) =>
      expected.type.name === "StringToken"
        ? textWords(expected, typed, context)
        : []
    );
    return { start, words, isWhole: false };
  }
  const typed = PARTIAL.exec(text)?.[0] ?? "";
  const start = text.length - typed.length;
  if (/#[^\r\n]*$/.test(text)) return { start, words: [], isWhole: false };
  const cursor = cursorAtEnd(text.slice(0, start));
  const words = matching(
    expectedAfter(rule, cursor.tokens).filter((expected) =>
      isInPlace(expected, cursor)
    ).flatMap((expected) =>
      wordsInPlace(expected, cursor, candidates(expected, context))
    ),
    typed,
  );
  const [word] = words;
  const isWhole = words.length === 1 && /\w$/.test(word) &&
    !expectedAfter(rule, cursorAtEnd(text.slice(0, start) + word).tokens)
      .some(({ type }) => type === Dot);
  return { start, words, isWhole };
}
