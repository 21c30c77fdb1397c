/**
 * The prompts, apart from all that a prompt does not need.
 *
 * @module
 */

/** Before a line that begins a statement. */
export const PROMPT = "dregs> ";

/** Before a line that goes on with a block. */
export const PROMPT_MORE = "  ...> ";
