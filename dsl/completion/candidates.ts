/**
 * Words for a place that the grammar leaves to the vocabulary: registers, fields, named values. What is special to a form
 * is in its file.
 *
 * @module
 */
import { type Architecture, USER_EVENTS } from "../../engine/mod.ts";
import {
  COMPLETED_OPTIONS,
  COMPLETIONS,
  FORM_OF_RULE,
} from "../forms/tables.ts";
import { INSTRUCTIONS, REPEATS } from "../instructions.ts";
import { vendorsOf } from "../vendors.ts";
import { VIEW_WORDS, WATCH } from "../statements.ts";
import { KEYWORDS, wordsOfType } from "../syntax/tokens.ts";
import type { Expected } from "./expected.ts";
import {
  CompletedLine,
  type CompletionContext,
  type CompletionPlace,
  fieldWords,
  kernelOf,
  optionWords,
  shorts,
  subject,
} from "./line.ts";

export type { CompletionContext } from "./line.ts";

/** The options of a statement: names, each with the words that its value may be. */
function options(
  place: CompletionPlace,
): ReadonlyMap<string, readonly string[]> {
  const { rules, line, context: { arch } } = place;
  const owner = rules.findLast((rule) =>
    rule === "watch" || Object.hasOwn(COMPLETED_OPTIONS, rule)
  );
  if (owner === undefined) return new Map();
  if (owner !== "watch") return new Map(COMPLETED_OPTIONS[owner](place));
  const accesses = line.has("host") ? ["store", "access"] : arch.watchAccesses;
  return new Map([...optionWords(WATCH, arch.name), ["on", accesses]]);
}

/** What a form says of a part of its rules, of the innermost one that does. */
function ofForm(
  part: string,
  place: CompletionPlace,
): readonly string[] | undefined {
  const rule = place.rules.findLast((one) =>
    Object.hasOwn(COMPLETIONS, `${one} ${part}`)
  );
  return rule === undefined ? undefined : COMPLETIONS[`${rule} ${part}`](place);
}

/** Words that an operand may be. */
function operandWords(place: CompletionPlace): readonly string[] {
  const { rules, line, context: { names } } = place;
  if (rules.includes("argument")) {
    const name = line.last("argument", "register")?.image.toLowerCase() ?? "";
    const words = options(place).get(name) ?? [];
    const isField = rules.includes("instruction") ||
      rules.includes("userSet") ||
      rules.includes("set") && !rules.includes("settings");
    return isField || words.length === 0 ? [...words, ...names] : words;
  }
  return ofForm("operand", place) ?? names;
}

/** Registers for a place, and what else goes by a register's name there. */
function registerWords(place: CompletionPlace): readonly string[] {
  const { rules, line, context: { arch } } = place;
  const parent = rules.at(-2);
  if (parent === "seen" || parent === "pattern") {
    const view = line.last("view")?.image;
    const views = line.has("kvm") ? ["kvm", view] : [view];
    if (parent === "seen" && view === "kvm") return arch.kvmNames;
    return [
      ...shorts(arch, { userToo: view === "user" }),
      ...(views.includes("kvm") ? arch.kvmNames : []),
    ];
  }
  const own = `${parent} register`;
  return Object.hasOwn(COMPLETIONS, own)
    ? COMPLETIONS[own](place)
    : shorts(arch);
}

/** Changes after `with` and `without`: those that the kernel does not have, and those that it has. */
function rowWords(line: CompletedLine, arch: Architecture): readonly string[] {
  const names = arch.changes().map(({ name }) => name);
  const rows = kernelOf(line, arch)?.rows;
  if (rows === undefined) return names;
  const applies = line.last("choice")?.image === "with";
  return names.filter((name) => rows.includes(name) !== applies);
}

/** Words for a name that the grammar leaves open. */
function nameWords(
  { rules, label, before }: Expected,
  context: CompletionContext,
): readonly string[] {
  const line = new CompletedLine(before);
  const { arch } = context;
  const place: CompletionPlace = { rules, label, line, context };
  const rule = rules.at(-1)!;
  switch (rule) {
    case "names":
      return ofForm("names", place) ?? [];
    case "kernelTerm":
      return label === "vendor"
        ? kernelOf(line, arch)?.vendors ?? []
        : [...arch.kernelNames(), ...vendorsOf(arch)];
    case "row":
      return rowWords(line, arch);
    case "seen":
      return [...fieldWords(subject(line, arch)).keys()];
    case "register": {
      if (rules.at(-2) !== "argument") return registerWords(place);
      const given = new Set(line.given());
      return [...options(place).keys()].filter((name) => !given.has(name)).map((
        name,
      ) => `${name}=`);
    }
    case "operand":
      return operandWords(place);
    default:
      // Of none: a name that is being given.
      return Object.hasOwn(COMPLETIONS, rule) ? COMPLETIONS[rule](place) : [];
  }
}

/** What a text in quotes may be, of which a part is typed. */
export function textWords(
  { rules, label, before }: Expected,
  typed: string,
  context: CompletionContext,
): readonly string[] {
  const rule = rules.at(-1)!;
  if (rule === "include") return context.files(typed);
  const line = new CompletedLine(before);
  const words = COMPLETIONS[`${rule} text`]?.({ rules, label, line, context });
  const key = typed.toLowerCase();
  return words?.filter((word) => word.toLowerCase().startsWith(key)) ?? [];
}

/** `with` or `without` is expected. */
function isChoice({ rules }: Expected): boolean {
  return rules.at(-1) === "choice";
}

/** Whether there are changes to apply or revert. */
function canChoose(expected: Expected, { arch }: CompletionContext): boolean {
  const kernel = kernelOf(new CompletedLine(expected.before), arch);
  return kernel === undefined
    ? arch.changes().length > 0
    : kernel.rows !== undefined;
}

/** Userspace makes an event pending that the architecture does not have. */
function isOtherEvent(
  word: string | undefined,
  { arch: { interrupts } }: CompletionContext,
): boolean {
  const event = USER_EVENTS.find((one) => one === word);
  return event !== undefined && interrupts.others[event] === undefined;
}

/** The architecture has an instruction with a prefix. */
function hasPrefixed({ arch }: CompletionContext): boolean {
  return INSTRUCTIONS.some(({ prefix, word }) =>
    prefix !== undefined && arch.instructions[word] !== undefined
  );
}

/** The words that one expected token may be. */
export function candidates(
  expected: Expected,
  context: CompletionContext,
): readonly string[] {
  const { type, rules, label } = expected;
  if (rules.at(-1) === "instruction" && label === "word") {
    return INSTRUCTIONS.map(({ word }) => word).filter((word) =>
      context.arch.instructions[word] !== undefined &&
      KEYWORDS.get(word)?.CATEGORIES?.[0] === type
    );
  }
  const shared = wordsOfType(type);
  if (shared) return shared;
  if (type.name === "Name") return nameWords(expected, context);
  if (type.name === "View") {
    return rules.at(-2) === "whyNot" ? ["guest", "user"] : VIEW_WORDS;
  }
  if (!type.name.startsWith("Keyword_")) return [];
  const { arch: only = context.arch.name } = FORM_OF_RULE[rules.at(-1)!] ?? {};
  const isThere = isChoice(expected)
    ? canChoose(expected, context)
    : only === context.arch.name && !isOtherEvent(type.LABEL, context) &&
      (type.LABEL !== REPEATS || hasPrefixed(context));
  return isThere ? [type.LABEL ?? ""] : [];
}
