/**
 * Stand-in for `@std/cli/unicode-width`: columns that a terminal gives a text,
 * wide characters from npm's get-east-asian-width, no column for what the
 * engine's own Unicode tables call combining, format or control.
 *
 * @module
 */

import { eastAsianWidth } from "get-east-asian-width";

/** Marks that combine with the character before them, format and control. */
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cc}\p{Default_Ignorable_Code_Point}]$/u;

/** Soft hyphen: ignorable for Unicode, drawn by terminals. */
const SOFT_HYPHEN = "\u{ad}";

/**
 * Columns that `text` takes, code point by code point: joined emoji count as
 * their parts do, and escape sequences are not recognized.
 */
export function unicodeWidth(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (NO_COLUMN.test(character) && character !== SOFT_HYPHEN) continue;
    columns += eastAsianWidth(character.codePointAt(0)!);
  }
  return columns;
}
