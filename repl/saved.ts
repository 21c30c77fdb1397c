/**
 * What a session has written to files, so that a later `save` neither replaces what is not its own nor drops what it
 * has pinned.
 *
 * @module
 */
import type { Entry } from "./timeline.ts";

/** Expectations that `save --expect` wrote. */
export interface Pin {
  /** The statement after which they stand; undefined before the first. */
  readonly after: Entry | undefined;
  /** A statement each. */
  readonly lines: readonly string[];
}

/** A file that the session has written. */
export interface SavedFile {
  /** Its text as written. */
  readonly text: string;
  /** In order. */
  readonly pins: readonly Pin[];
}
