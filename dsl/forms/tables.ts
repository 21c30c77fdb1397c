/**
 * What the stages look up of the forms.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Context } from "../resolve/context.ts";
import type { Performance } from "../run/performance.ts";
import type { Name } from "../syntax/nodes.ts";
import type { Form, Named, OptionWords, Surroundings, Words } from "./form.ts";
import { type Built, type FormAction, type FormLine, FORMS } from "./mod.ts";

/** A form as the stages see it, which know no line and no action. */
export type AnyForm = Omit<Form, "build" | "inProgram"> & {
  readonly build: (...of: Parameters<Form["build"]>) => Built;
  readonly inProgram?: {
    readonly rules: readonly string[];
    readonly words: readonly string[];
    readonly build: (...of: Parameters<Form["build"]>) => Built;
  };
};

const ALL: readonly AnyForm[] = FORMS;

/** Forms of a script's lines; `host` and `user` begin programs too. */
export const SCRIPT_FORMS: readonly AnyForm[] = ALL.filter((form) =>
  !form.isExplored
);

/** Forms whose lines stand in `explore { … }` only. */
export const EXPLORED_FORMS: readonly AnyForm[] = ALL.filter((form) =>
  form.isExplored
);

/** Forms with lines in a program. */
export const PROGRAM_FORMS: readonly (
  & AnyForm
  & Required<Pick<AnyForm, "inProgram">>
)[] = ALL.flatMap((form) =>
  form.inProgram ? [{ ...form, inProgram: form.inProgram }] : []
);

/** By a rule that begins a statement. */
export const FORM_OF_RULE: Readonly<Record<string, AnyForm>> = Object
  .fromEntries(ALL.flatMap((form) => form.begins.map((name) => [name, form])));

/**
 * A table of all forms, made of the tables that each has.
 *
 * @throws {RangeError} if two forms have the same key: a mistake in a form
 */
function merged<T>(table: (form: AnyForm) => object | undefined): T {
  const all: Record<string, unknown> = {};
  for (const form of ALL) {
    for (const [key, entry] of Object.entries(table(form) ?? {})) {
      if (Object.hasOwn(all, key)) {
        throw new RangeError(`two forms have ${key}`);
      }
      all[key] = entry;
    }
  }
  return all as T;
}

/** From each kind of line to its action. */
export const RESOLVERS = merged<
  Readonly<
    Record<
      FormLine["kind"],
      (c: Context, line: never, around: Surroundings) => FormAction | undefined
    >
  >
>(({ resolve }) => resolve);

/** The name that a line gives to what is read, by the kinds of lines that can give one. */
export const READS = merged<
  Readonly<
    Partial<Record<FormLine["kind"], (line: never) => Name | undefined>>
  >
>(({ reads }) => reads);

/** The name that a line gives to a VM that it saves, by the kinds of lines that can give one. */
export const SAVES = merged<
  Readonly<
    Partial<Record<FormLine["kind"], (line: never) => Name | undefined>>
  >
>(({ saves }) => saves);

/** What carries out each kind of action. */
export const PERFORMERS = merged<
  Readonly<
    Record<
      FormAction["kind"],
      (performance: Performance, action: never) => void
    >
  >
>(({ perform }) => perform);

/** What writes each kind of action. */
export const WRITERS = merged<
  Readonly<
    Record<
      FormAction["kind"],
      (action: never, arch: Architecture) => string
    >
  >
>(({ write }) => write);

/** What a name is, by the word before it. */
export const NAMED = merged<Readonly<Record<string, Named>>>(
  ({ named }) => named,
);

/** Words that complete a name, by the rule, or by the rule and the part in it, as `userGet register`. */
export const COMPLETIONS = merged<Readonly<Record<string, Words>>>(
  ({ complete }) => complete,
);

/** Options, by the rule that they stand in. */
export const COMPLETED_OPTIONS = merged<Readonly<Record<string, OptionWords>>>(
  ({ completeOptions }) => completeOptions,
);
