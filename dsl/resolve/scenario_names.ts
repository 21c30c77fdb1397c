/**
 * Names of scenarios: each must be there, and differ from the others.
 *
 * @module
 */
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import type { Expr, Template } from "../syntax/nodes.ts";

/**
 * The text of a name.
 *
 * @returns undefined if a part of it has no value yet
 */
export function nameText(
  { parts }: Template,
  value: (expr: Expr) => bigint | undefined,
): string | undefined {
  let text = "";
  let known = true;
  for (const part of parts) {
    const shown = "kind" in part ? value(part) : part.value;
    if (shown === undefined) known = false;
    text += `${shown}`;
  }
  return known ? text : undefined;
}

/** Names that were given so far. */
export class ScenarioNames {
  readonly #given = new Map<string, Span>();

  /** The names, each with the place of the first scenario that has it. */
  get given(): ReadonlyMap<string, Span> {
    return this.#given;
  }

  /**
   * Takes a name.
   *
   * @throws {Problem} if it is empty, or another scenario has it
   */
  take(text: string, span: Span): void {
    if (text.trim() === "") {
      fail({ code: "no-name", span, message: "a scenario needs a name" });
    }
    const first = this.#given.get(text);
    if (first === undefined) {
      this.#given.set(text, span);
      return;
    }
    fail({
      code: "already-defined",
      span,
      message: `a scenario is already called "${text}"`,
      notes: first === span ? [] : [{ span: first, message: "the other one" }],
      hint: first === span
        ? 'use the loop variable in the name, as in `"x{i}"`'
        : undefined,
    });
  }
}
