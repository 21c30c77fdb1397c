/**
 * Actions: statements whose meaning is settled. Registers are the engine's ids, numbers are numbers, and nothing is left
 * to evaluate. Actions are plain data: they can be compared, cloned and sent to a worker. Each form of `forms/` has the
 * type of its own.
 *
 * `resolve/` makes actions of lines and is the only code that rejects a line. A line with a name that has no value yet
 * (a guest's read, the variable of a loop) has no action until the name has one: it goes through the same code again
 * then, so a value is checked in one place, whatever it comes from. `run/` carries actions out, `explore/` makes models
 * of them and schedules into them, `print/` writes them as text.
 *
 * @module
 */
import type { FormAction } from "./forms/mod.ts";

export type * from "./action_parts.ts";

/** What a line of a script does. */
export type Action = FormAction;

/** An action of one kind. */
export type ActionOf<K extends Action["kind"]> = Extract<
  Action,
  { readonly kind: K }
>;
