/**
 * The forms of statements: the list that every stage goes through, by the tables of `tables.ts`. A new form is a file
 * here, a line in the list, and its row in `statements.ts`.
 *
 * @module
 */
import { archForm } from "./arch.ts";
import {
  eitherForm,
  exploreForm,
  forForm,
  repeatForm,
  scenarioForm,
  vcpuForm,
} from "./blocks.ts";
import { boundForm } from "./bound.ts";
import { chooseForm } from "./choose.ts";
import { expectForm } from "./expect/mod.ts";
import type { Form } from "./form.ts";
import { guestForm } from "./guest.ts";
import { hostForm } from "./host.ts";
import { includeForm } from "./include.ts";
import { kernelForm } from "./kernel.ts";
import { kindForm, knownForm, onForm, ruleForm } from "./known.ts";
import { letForm } from "./let.ts";
import {
  failForm,
  migrateForm,
  preemptForm,
  restoreForm,
  signalsForm,
} from "./modes.ts";
import { neverForm } from "./never.ts";
import { propertyForm } from "./property.ts";
import { requireForm } from "./require.ts";
import { runForm } from "./run.ts";
import { setForm } from "./set.ts";
import { showForm } from "./show.ts";
import { userForm } from "./user.ts";
import { vcpuOperationForm } from "./vcpu_operation.ts";
import { whyForm } from "./why.ts";

/** All forms, in the order in which the grammar and completion have them. */
export const FORMS = [
  guestForm,
  expectForm,
  runForm,
  requireForm,
  userForm,
  setForm,
  hostForm,
  archForm,
  kernelForm,
  vcpuOperationForm,
  showForm,
  whyForm,
  scenarioForm,
  letForm,
  forForm,
  includeForm,
  exploreForm,
  vcpuForm,
  repeatForm,
  eitherForm,
  chooseForm,
  preemptForm,
  migrateForm,
  signalsForm,
  restoreForm,
  failForm,
  neverForm,
  knownForm,
  kindForm,
  ruleForm,
  onForm,
  propertyForm,
  boundForm,
] as const;

type LineIn<F> = F extends Form<infer L, infer _A, infer _O> ? L : never;
type ActionIn<F> = F extends Form<infer _L, infer A, infer _O> ? A : never;
type BuiltIn<F> = F extends Form<infer L, infer _A, infer O> ? L | O : never;

/**
 * A line of a form, which is a statement without a block: the union of the lines of `FORMS`.
 *
 * @internal
 */
export type FormLine = LineIn<typeof FORMS[number]>;

/**
 * What a line of a form does: the union of the actions of `FORMS`.
 *
 * @internal
 */
export type FormAction = ActionIn<typeof FORMS[number]>;

/** What is built of the grammar: a line, or what a block or a file follows. */
export type Built = BuiltIn<typeof FORMS[number]>;
