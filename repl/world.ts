/**
 * What the interactive view needs of the world outside, as an argument.
 *
 * @module
 */
import type { Page } from "../dsl/render/theme.ts";

/** Files, by their paths. */
export interface Files {
  /** The text of a file; undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** True if there is something by that name. */
  exists(path: string): boolean;
  /**
   * Replaces a file as a whole, or leaves it as it was.
   *
   * @throws {Error} with a message for people
   */
  write(path: string, text: string): void;
  /** Paths that begin with a text, for completion; a folder ends in `/`. */
  completions(prefix: string): readonly string[];
}

/** What is remembered of other sessions. */
export interface History {
  /** Newest first. */
  readonly lines: readonly string[];
  /** Remembers a line that was typed. */
  add(line: string): void;
  /** Nothing more is remembered, or it is again. */
  recording: boolean;
  /** Forgets everything. */
  clear(): void;
  /** How often everything was forgotten. */
  readonly cleared: number;
  /** Where it is kept; undefined if it is not. */
  readonly path: string | undefined;
}

/** The world of a session. */
export interface World {
  /** Files that a person names. */
  readonly files: Files;
  /** Lines of earlier sessions. */
  readonly history: History;
  /** How output is laid out now: the terminal may have changed its size. */
  page(): Page;
  /** Lines of the terminal; undefined where there is none. */
  rows(): number | undefined;
}
