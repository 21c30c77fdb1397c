/**
 * Texts in Markdown pages.
 *
 * @module
 */

/** Text in which Markdown means nothing. An underscore within a word is none of its signs. */
export function escaped(text: string): string {
  return text.replace(
    /[\\`*[\]<>~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g,
    "\\$&",
  );
}

/** The same, where text in backquotes stays code. */
export function escapedAroundCode(text: string): string {
  return text.split(/(`[^`]*`)/).map((part, index) =>
    index % 2 === 1 ? part : escaped(part)
  ).join("");
}
