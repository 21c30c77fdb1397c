/**
 * How parts of a text are styled: functions, so that the caller decides on colour.
 *
 * @module
 */
import { PLAIN, type Style } from "../render.ts";

/** Styles of everything that is rendered. Each function returns its text, possibly with escapes around it. */
export interface Theme extends Style {
  /** All held. */
  readonly good: (text: string) => string;
  /** Something did not. */
  readonly bad: (text: string) => string;
  /** A value that differs from the one that it stands for. */
  readonly differs: (text: string) => string;
  /** A value that has just changed. */
  readonly changed: (text: string) => string;
  /** Column heads, names of sections. */
  readonly heading: (text: string) => string;
  /** What most readers pass over. */
  readonly quiet: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour. */
export const PLAIN_THEME: Theme = {
  ...PLAIN,
  good: same,
  bad: same,
  differs: same,
  changed: same,
  heading: same,
  quiet: same,
};

/** How to lay a text out. */
export interface Page {
  /** How parts of it are styled. */
  readonly theme: Theme;
  /** Columns that a line should not pass. */
  readonly columns: number;
}

/** 80 columns without colour. */
export const PLAIN_PAGE: Page = { theme: PLAIN_THEME, columns: 80 };
