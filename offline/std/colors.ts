/**
 * Stand-in for `@std/fmt/colors`: the same names, the escape sequences from
 * npm's ansi-styles. Node's own way to strip them costs every start of a program
 * that is never coloured several milliseconds.
 *
 * @module
 */

import styles from "ansi-styles";
import stripAnsi from "strip-ansi";

/** What opens a style and what closes it. */
interface Sequences {
  readonly open: string;
  readonly close: string;
}

/** A colour of 8 bits a channel, each 0..255. */
export interface Rgb {
  r: number;
  g: number;
  b: number;
}

let enabled = !Deno.noColor;

/** Turns colours on or off; with NO_COLOR set they stay off. */
export function setColorEnabled(value: boolean): void {
  if (!Deno.noColor) enabled = value;
}

/** Whether the functions of this module colour anything at present. */
export function getColorEnabled(): boolean {
  return enabled;
}

/** A style inside the text that closes ours would end it early: it reopens. */
function paint(text: string, { open, close }: Sequences): string {
  return enabled ? open + text.replaceAll(close, open) + close : text;
}

/** The text without escape sequences. */
export function stripAnsiCode(text: string): string {
  return stripAnsi(text);
}

/** Ends every style before and after the text. */
export function reset(text: string): string {
  return paint(text, styles.reset);
}
/** Bold. */
export function bold(text: string): string {
  return paint(text, styles.bold);
}
/** Dimmed. */
export function dim(text: string): string {
  return paint(text, styles.dim);
}
/** Italic. */
export function italic(text: string): string {
  return paint(text, styles.italic);
}
/** Underlined. */
export function underline(text: string): string {
  return paint(text, styles.underline);
}
/** Foreground and background exchanged. */
export function inverse(text: string): string {
  return paint(text, styles.inverse);
}
/** Struck through. */
export function strikethrough(text: string): string {
  return paint(text, styles.strikethrough);
}
/** Black text. */
export function black(text: string): string {
  return paint(text, styles.black);
}
/** Red text. */
export function red(text: string): string {
  return paint(text, styles.red);
}
/** Green text. */
export function green(text: string): string {
  return paint(text, styles.green);
}
/** Yellow text. */
export function yellow(text: string): string {
  return paint(text, styles.yellow);
}
/** Blue text. */
export function blue(text: string): string {
  return paint(text, styles.blue);
}
/** Magenta text. */
export function magenta(text: string): string {
  return paint(text, styles.magenta);
}
/** Cyan text. */
export function cyan(text: string): string {
  return paint(text, styles.cyan);
}
/** White text. */
export function white(text: string): string {
  return paint(text, styles.white);
}
/** Gray text, which terminals know as bright black. */
export function gray(text: string): string {
  return paint(text, styles.gray);
}
/** Bright red text. */
export function brightRed(text: string): string {
  return paint(text, styles.redBright);
}
/** Bright green text. */
export function brightGreen(text: string): string {
  return paint(text, styles.greenBright);
}
/** Bright yellow text. */
export function brightYellow(text: string): string {
  return paint(text, styles.yellowBright);
}
/** Bright blue text. */
export function brightBlue(text: string): string {
  return paint(text, styles.blueBright);
}
/** Bright magenta text. */
export function brightMagenta(text: string): string {
  return paint(text, styles.magentaBright);
}
/** Bright cyan text. */
export function brightCyan(text: string): string {
  return paint(text, styles.cyanBright);
}
/** Red background. */
export function bgRed(text: string): string {
  return paint(text, styles.bgRed);
}
/** Green background. */
export function bgGreen(text: string): string {
  return paint(text, styles.bgGreen);
}
/** Yellow background. */
export function bgYellow(text: string): string {
  return paint(text, styles.bgYellow);
}
/** Blue background. */
export function bgBlue(text: string): string {
  return paint(text, styles.bgBlue);
}

/** The nearest whole number within `[low, high]`. */
function within(value: number, low: number, high: number): number {
  return Math.trunc(Math.max(Math.min(value, high), low));
}

/** Text in one of the 256 colours of the palette. */
export function rgb8(text: string, color: number): string {
  return paint(text, {
    open: styles.color.ansi256(within(color, 0, 255)),
    close: styles.color.close,
  });
}

/** Background in one of the 256 colours of the palette. */
export function bgRgb8(text: string, color: number): string {
  return paint(text, {
    open: styles.bgColor.ansi256(within(color, 0, 255)),
    close: styles.bgColor.close,
  });
}

/** Text in a 24-bit colour, given as 0xRRGGBB or by channel. */
export function rgb24(text: string, color: number | Rgb): string {
  const { r, g, b } = typeof color === "number"
    ? { r: color >> 16 & 0xff, g: color >> 8 & 0xff, b: color & 0xff }
    : color;
  return paint(text, {
    open: styles.color.ansi16m(
      within(r, 0, 255),
      within(g, 0, 255),
      within(b, 0, 255),
    ),
    close: styles.color.close,
  });
}
