/**
 * Lookahead that was worked out before the program began: who brings it along gives it here, before the first parse.
 *
 * @module
 */

let kept: string | undefined;

/** Takes lookahead as `writeLookahead()` wrote it, of this very grammar. */
export function keepLookahead(written: string): void {
  kept = written;
}

/** What was given; undefined if the parser has to work it out. */
export function keptLookahead(): string | undefined {
  return kept;
}
