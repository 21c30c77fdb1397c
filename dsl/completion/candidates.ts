/**
 * Words for a place that the grammar leaves to the vocabulary: registers, fields, named values, profiles.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import {
  BOUND_OPTIONS,
  DEBUG_WATCH_ON,
  HANDLER_MODES,
  HOST_WATCH_ON,
  HOST_WORDS,
  MIGRATE_MODES,
  PLACEMENT_OPTIONS,
  PREEMPT_MODES,
  RAW_INJECT,
  RAW_OPTIONS,
  RUN_FAILS,
  RUN_OPTIONS,
  RUN_STOPS,
  WATCH_OPTIONS,
} from "../options.ts";
import type {
  ArchVocabulary,
  FieldWord,
  RegisterWord,
  Vocabulary,
} from "../resolve/vocabulary.ts";
import { findFamily, findField, findRegister } from "../resolve/words.ts";
import type { Consumed, Expected } from "./walk.ts";

/** What completion may know. */
export interface CompletionContext {
  readonly vocabulary: Vocabulary;
  /** The architecture of the text so far. */
  readonly arch: ArchVocabulary;
  /** The kernel so far. */
  readonly profile: string;
  /** Names that `let`, `for` and `as` bound. */
  readonly names: readonly string[];
  /** Paths that begin with a text; a folder ends in `/`. */
  readonly files: (prefix: string) => readonly string[];
}

/** A place in a line, as words are looked for. */
class Line {
  readonly #tokens: readonly Consumed[];

  constructor({ before }: Expected) {
    const tokens: Consumed[] = [];
    for (let at = before; at; at = at.previous) tokens.push(at);
    this.#tokens = tokens.reverse();
  }

  /** Whether a word of the line was read by a rule. */
  has(word: string): boolean {
    return this.#tokens.some(({ token }) => token.image === word);
  }

  /** The last token that stands directly in a rule within another. */
  last(...rules: readonly string[]): IToken | undefined {
    return this.#tokens.findLast((consumed) =>
      rules.every((rule, index) =>
        consumed.rules.at(index - rules.length) === rule
      ) && consumed.token.tokenType.CATEGORIES?.[0]?.name !== "Operator"
    )?.token;
  }

  /** The first token that stands in a rule, directly or not. */
  first(...rules: readonly string[]): IToken | undefined {
    return this.#tokens.find((consumed) =>
      rules.every((rule) => consumed.rules.includes(rule))
    )?.token;
  }

  /** Names of arguments that are there already. */
  given(): string[] {
    return this.#tokens.filter(({ rules, token }) =>
      rules.at(-2) === "argument" && rules.at(-1) === "register" &&
      /^[A-Za-z_]/.test(token.image)
    ).map(({ token }) => token.image.toLowerCase());
  }
}

/** Registers by their short names, then the families that take an index. */
function shorts(registers: readonly RegisterWord[]): string[] {
  const families = registers.filter(({ number }) => number >= 0).map((
    { family },
  ) => `${family}[`);
  return [...registers.map(({ short }) => short), ...new Set(families)];
}

function fieldNames(fields: readonly FieldWord[]): string[] {
  return fields.map(({ name }) => name.toLowerCase());
}

/** A register by name, or any of a family, whose fields are the same. */
function registerWord(
  arch: ArchVocabulary,
  text: string | undefined,
): { readonly fields: readonly FieldWord[] } | undefined {
  if (text === undefined) return undefined;
  const key = text.toLowerCase();
  return findRegister(arch.registers, key) ??
    findRegister(arch.userRegisters, key) ??
    findFamily(arch.registers, key)?.values().next().value ??
    arch.kvmNames.find(({ name }) => name === key);
}

/** The register that the statement is about. */
function subject(line: Line, arch: ArchVocabulary) {
  for (const rule of ["write", "userSet", "set", "seen"]) {
    const token = line.first(rule, "register");
    if (token) return registerWord(arch, token.image);
  }
  return undefined;
}

/** The options of a statement: names, each with the words that its value may be. */
function options(
  rules: readonly string[],
  line: Line,
  { arch, profile }: CompletionContext,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const add = (names: readonly string[], words: readonly string[] = []) => {
    for (const name of names) found.set(name, words);
  };
  const addFields = (fields: readonly FieldWord[] = []) => {
    for (const { name, values } of fields) {
      found.set(name.toLowerCase(), Object.keys(values ?? {}));
    }
  };
  const placement = () =>
    add(
      PLACEMENT_OPTIONS.filter((name) =>
        arch.name === "arm64" ? name === "at" || name === "el" : name !== "el"
      ),
    );
  const owner = [...rules].reverse().find((rule) => OWNERS.has(rule));
  switch (owner) {
    case "kernel": {
      const name = line.last("kernel")?.image;
      const named = line.first("kernel") &&
        arch.profiles.find((one) => line.has(one.name));
      const info = named ??
        arch.profiles.find((one) => one.name === (name ?? profile));
      for (const [option, words] of Object.entries(info?.options ?? {})) {
        found.set(option, words);
      }
      break;
    }
    case "host":
      add(arch.hostCounts.map(({ name }) => name));
      add([HOST_WORDS[0]], arch.models);
      add([HOST_WORDS[1]], arch.unpredictable);
      break;
    case "set":
      if (rules.includes("settings")) {
        add(arch.guestCounts.map(({ name }) => name));
        break;
      }
      addFields(subject(line, arch)?.fields);
      break;
    case "bound":
      add(BOUND_OPTIONS);
      break;
    case "watch":
      add(WATCH_OPTIONS);
      found.set("on", line.has("host") ? HOST_WATCH_ON : DEBUG_WATCH_ON);
      break;
    case "run":
      add(RUN_OPTIONS);
      found.set("stop", RUN_STOPS);
      if (arch.name === "arm64") found.set("fail", RUN_FAILS);
      else found.delete("fail");
      break;
    case "write":
    case "userSet": {
      addFields(subject(line, arch)?.fields);
      if (owner === "write") placement();
      break;
    }
    case "access":
      if (!line.has("exec")) add(["size"]);
      placement();
      if (line.has("exec")) found.delete("at");
      break;
    case "plain":
      if (line.has("popf")) add(["tf"]);
      placement();
      break;
    case "read":
    case "brk":
      placement();
      break;
    case "userDebug":
      add(
        RAW_OPTIONS.filter((option) =>
          option !== "blockirq" || arch.name === "x86"
        ),
      );
      found.set(
        "inject",
        RAW_INJECT.filter((word) => arch.injectable.includes(word)),
      );
      add(arch.registers.map(({ short }) => short));
      break;
    case "expectExit":
      add(arch.exitFields);
      break;
    case "expectException":
      add(arch.exceptionFields);
      break;
    default:
      break;
  }
  return found;
}

/** Rules whose arguments have names of their own. */
const OWNERS = new Set([
  "kernel",
  "host",
  "set",
  "bound",
  "watch",
  "run",
  "write",
  "userSet",
  "access",
  "plain",
  "read",
  "brk",
  "userDebug",
  "expectExit",
  "expectException",
]);

/** Words that an operand may be. */
function operandWords(
  rules: readonly string[],
  line: Line,
  context: CompletionContext,
): readonly string[] {
  const { names, arch } = context;
  if (rules.includes("argument")) {
    const name = line.last("argument", "register")?.image.toLowerCase() ?? "";
    const words = options(rules, line, context).get(name) ?? [];
    const isField = rules.includes("write") || rules.includes("userSet") ||
      rules.includes("set") && !rules.includes("settings");
    return isField || words.length === 0 ? [...words, ...names] : words;
  }
  if (rules.includes("expectSeen")) {
    const field = line.last("expectSeen", "seen")?.image;
    const register = subject(line, arch);
    const isField = line.has(".") && field !== undefined;
    const values = isField && register
      ? findField(register.fields, field)?.values
      : undefined;
    return [...Object.keys(values ?? {}), "undef", ...names];
  }
  return names;
}

/** Registers for a place, and what else goes by a register's name there. */
function registerWords(
  parent: string | undefined,
  line: Line,
  { arch }: CompletionContext,
): readonly string[] {
  switch (parent) {
    case "userGet":
      return shorts([...arch.registers, ...arch.userRegisters]);
    case "userSet":
      return [...shorts([...arch.registers, ...arch.userRegisters]), "pc"];
    case "set":
      return shorts([...arch.registers, ...arch.userRegisters]);
    case "seen":
    case "pattern": {
      const view = line.last("view")?.image;
      const views = line.has("kvm") ? ["kvm", view] : [view];
      const kvm = arch.kvmNames.map(({ name }) => name);
      if (parent === "seen" && view === "kvm") return kvm;
      return [
        ...shorts(arch.registers),
        ...(view === "user" ? shorts(arch.userRegisters) : []),
        ...(views.includes("kvm") ? kvm : []),
      ];
    }
    default:
      return shorts(arch.registers);
  }
}

/** Words for a name that the grammar leaves open. */
function nameWords(
  expected: Expected,
  context: CompletionContext,
): readonly string[] {
  const { rules, label } = expected;
  const line = new Line(expected);
  const { arch, vocabulary } = context;
  const rule = rules.at(-1);
  const parent = rules.at(-2);
  switch (rule) {
    case "arch":
      return vocabulary.arches.map(({ name }) => name);
    case "kernel":
      if (label === "vendor") {
        return arch.profiles.find(({ name }) => line.has(name))?.vendors ?? [];
      }
      return arch.profiles.map(({ name }) => name);
    case "guest":
      return HANDLER_MODES;
    case "names":
      if (parent === "expectExceptions") return arch.exceptions;
      if (parent === "never") return vocabulary.properties;
      return arch.profiles.map(({ name }) => name);
    case "preempt":
      return PREEMPT_MODES;
    case "migrate":
      return MIGRATE_MODES;
    case "fail":
      return arch.name === "arm64" ? RUN_FAILS : [];
    case "seen": {
      const register = subject(line, arch);
      return fieldNames(register?.fields ?? []);
    }
    case "register": {
      if (parent !== "argument") return registerWords(parent, line, context);
      const given = new Set(line.given());
      return [...options(rules, line, context).keys()].filter((name) =>
        !given.has(name)
      ).map((name) => `${name}=`);
    }
    case "operand":
      return operandWords(rules, line, context);
    case "userCheck":
      return arch.capabilities;
    case "expectExit":
      return vocabulary.exits;
    case "expectException":
      return arch.exceptions;
    case "expectError":
      return vocabulary.errnos;
    case "expectCost":
      return vocabulary.costs;
    default:
      // A name that is being given: as, let, for.
      return [];
  }
}

const VIEWS = ["guest", "user", "hw", "cpu", "kvm"];

/** Words that begin a guest instruction. */
const INSTRUCTION_RULES = new Set(["write", "read", "access", "brk", "plain"]);

/** The words that one expected token may be. */
export function candidates(
  expected: Expected,
  context: CompletionContext,
): readonly string[] {
  const { type, rules } = expected;
  if (type.name === "Name") return nameWords(expected, context);
  if (type.name === "View") return VIEWS;
  if (type.name.startsWith("Keyword_")) {
    const word = type.LABEL ?? "";
    const isInstruction = rules.includes("instruction") &&
      INSTRUCTION_RULES.has(rules.at(-1)!) && rules.at(-1) !== "as";
    const isThere = isInstruction
      ? context.arch.instructions.includes(word)
      : rules.at(-1) !== "fail" || context.arch.name === "arm64";
    return isThere ? [word] : [];
  }
  return [];
}
