/**
 * Colour, where somebody sees it.
 *
 * @module
 */
import { bold, cyan, dim, green, red, yellow } from "@std/fmt/colors";
import { type Page, PLAIN_THEME, type Theme } from "../dsl/render/theme.ts";
import type { Io } from "./io.ts";

/** The sixteen colours, which a user's terminal makes readable on its own ground. */
const COLOUR_THEME: Theme = {
  ...PLAIN_THEME,
  place: bold,
  error: red,
  caret: red,
  note: cyan,
  good: green,
  bad: (text) => bold(red(text)),
  differs: yellow,
  heading: bold,
  quiet: dim,
};

/** How output is laid out: coloured only on a terminal, and not if the user asked for none. */
export function pageFor(
  { isTerminal, noColor, columns }: Pick<
    Io,
    "isTerminal" | "noColor" | "columns"
  >,
): Page {
  const isColoured = isTerminal && !noColor;
  return { columns, theme: isColoured ? COLOUR_THEME : PLAIN_THEME };
}

/** How errors are styled: by where they go, whatever standard output is. */
export function errorTheme(
  { errIsTerminal, noColor }: Pick<Io, "errIsTerminal" | "noColor">,
): Theme {
  return errIsTerminal && !noColor ? COLOUR_THEME : PLAIN_THEME;
}
