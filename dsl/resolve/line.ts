/**
 * From a line to its action, by its form.
 *
 * @module
 */
import type { Action } from "../actions.ts";
import { READS, RESOLVERS, SAVES } from "../forms/tables.ts";
import type { PlainLine } from "../syntax/lines.ts";
import type { Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";

/**
 * Resolves a line.
 *
 * The action counts only if the context has no problem and is complete; otherwise it stands for what could not be
 * known.
 *
 * @param isArchGiven the text has named its architecture, for a message
 * @throws {Problem} on a mistake after which nothing more can be said of the line
 */
export function resolveLine(
  c: Context,
  line: PlainLine,
  { isArchGiven = true }: { readonly isArchGiven?: boolean } = {},
): Action | undefined {
  return RESOLVERS[line.kind](c, line as never, { isArchGiven });
}

/** The name that a line gives to what a guest or userspace reads. */
export function namedRead(line: PlainLine): Name | undefined {
  return READS[line.kind]?.(line as never);
}

/** The name that a line gives to a VM that it saves. */
export function namedSave(line: PlainLine): Name | undefined {
  return SAVES[line.kind]?.(line as never);
}
