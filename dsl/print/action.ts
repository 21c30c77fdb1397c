/**
 * Actions as text: the one writer, by the forms. What it writes is canonical, as `dregs fmt` would have it, and resolves
 * to the same action again.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Action } from "../actions.ts";
import { WRITERS } from "../forms/tables.ts";
import { statementRow } from "../statements.ts";

export { hostText } from "../forms/host.ts";
export { userText } from "../forms/user.ts";
export { insnText, instructionText } from "./instruction.ts";

/** Writes an action, without a line end. */
export function actionText(action: Action, arch: Architecture): string {
  return WRITERS[action.kind](action as never, arch);
}

/** Whether `@v` of a statement stands apart from its word, as in `run @1`. */
export function standsApart(word: string): boolean {
  return (statementRow(word)?.forms[0] ?? "").startsWith(`${word} [@v]`);
}
