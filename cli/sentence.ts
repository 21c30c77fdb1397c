/**
 * Sentences of comments.
 *
 * @module
 */

/** The first sentence of a text in one line, which may have a full stop within code; all of it if none ends. */
export function firstSentence(text: string): string {
  return /^(?:`[^`]*`|[^`])*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
}
