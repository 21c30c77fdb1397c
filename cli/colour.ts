/**
 * Colour, where the output is a terminal.
 *
 * @module
 */
import { type Page, PLAIN_THEME, type Theme } from "../dsl/render/theme.ts";
import type { Io } from "./io.ts";

/** The sixteen colours, which a user's terminal makes readable on its own ground. Loaded where they are seen. */
async function colourTheme(): Promise<Theme> {
  const { bold, cyan, dim, green, red, yellow } = await import(
    "@std/fmt/colors"
  );
  return {
    ...PLAIN_THEME,
    place: bold,
    error: red,
    caret: red,
    note: cyan,
    good: green,
    bad: (text) => bold(red(text)),
    differs: yellow,
    changed: (text) => bold(cyan(text)),
    heading: bold,
    quiet: dim,
  };
}

/** How output is laid out: coloured only on a terminal, and not if the user asked for none. */
export async function pageFor(
  { isTerminal, noColor, columns }: Pick<
    Io,
    "isTerminal" | "noColor" | "columns"
  >,
): Promise<Page> {
  const isColoured = isTerminal && !noColor;
  return { columns, theme: isColoured ? await colourTheme() : PLAIN_THEME };
}

/** How errors are styled: by where they go, whatever standard output is. */
export async function errorTheme(
  { errIsTerminal, noColor }: Pick<Io, "errIsTerminal" | "noColor">,
): Promise<Theme> {
  return errIsTerminal && !noColor ? await colourTheme() : PLAIN_THEME;
}
