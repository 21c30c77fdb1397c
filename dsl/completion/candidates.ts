/**
 * Words for a place that the grammar leaves to the vocabulary: registers, fields, named values, profiles.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import type {
  Architecture,
  KernelInfo,
  RegisterInfo,
} from "../../engine/mod.ts";
import { INSTRUCTIONS, PLACEMENT } from "../instructions.ts";
import { kvmRegister } from "../kvm_names.ts";
import {
  type OptionRow,
  RAW,
  statementOptions,
  statementRow,
  VCPU_OPERATION_WORDS,
  VIEW_WORDS,
  WATCH,
} from "../statements.ts";
import {
  architectures,
  COUNTERS,
  ERRNOS,
  EXITS,
  familyOf,
  fieldsOf,
  guestCounts,
  propertyNames,
} from "../resolve/vocabulary.ts";
import { KEYWORDS, VcpuOperation } from "../syntax/tokens.ts";
import type { Consumed, Expected } from "./walk.ts";

/** What completion may know. */
export interface CompletionContext {
  /** The architecture of the text so far. */
  readonly arch: Architecture;
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

  /** The first name that stands directly in the rule that the line is in: the last one of several. */
  name(rule: string): string | undefined {
    const begin = this.#tokens.findLastIndex(({ token }) =>
      token.image === "," || token.image === "on" || token.image === rule
    );
    return this.#tokens.slice(begin + 1).find(({ rules }) =>
      rules.at(-1) === rule
    )?.token.image;
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
function shorts(
  { registers }: Architecture,
  { userToo = false }: { readonly userToo?: boolean } = {},
): string[] {
  const known = registers.all.filter((info) => userToo || !info.userOnly);
  const families = known.filter(({ number }) => number >= 0).map((
    { family },
  ) => `${family}[`);
  return [...known.map(({ short }) => short), ...new Set(families)];
}

/** The fields of a register, named ones by their words. */
function fieldWords(
  register: RegisterInfo | undefined,
): Map<string, readonly string[]> {
  const fields = register ? fieldsOf(register) : [];
  return new Map(
    fields.map(({ field: { name, values } }) => [
      name.toLowerCase(),
      Object.keys(values ?? {}),
    ]),
  );
}

/** A register by name, any of a family, whose fields are the same, or the one that a name of the kvm view holds. */
function registerNamed(
  arch: Architecture,
  text: string | undefined,
): RegisterInfo | undefined {
  if (text === undefined) return undefined;
  const key = text.toLowerCase();
  return arch.registers.find(key) ??
    familyOf(arch, key)?.values().next().value ??
    (arch.kvmNames.includes(key) ? kvmRegister(arch, key) : undefined);
}

/** The register that the statement is about. */
function subject(line: Line, arch: Architecture): RegisterInfo | undefined {
  for (const rule of ["instruction", "userSet", "set", "seen"]) {
    const token = line.first(rule, "register");
    if (token) return registerNamed(arch, token.image);
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
  const addRows = (rows: readonly OptionRow[]) => {
    for (const row of rows) {
      if (row.arch && row.arch !== arch.name) continue;
      found.set(row.name, row.kind === "word" ? row.words : []);
    }
  };
  const addFields = () => {
    for (const [name, words] of fieldWords(subject(line, arch))) {
      found.set(name, words);
    }
  };
  const addNames = (names: readonly string[]) => {
    for (const name of names) found.set(name, []);
  };
  const owner = [...rules].reverse().find((rule) => OWNERS.has(rule));
  switch (owner) {
    case "kernel": {
      const info = kernelOf(line, arch) ??
        arch.profiles.find((one) => one.name === profile);
      for (const [option, words] of Object.entries(info?.options ?? {})) {
        found.set(option, words);
      }
      break;
    }
    case "host":
      addNames(arch.hostCounts.map(({ name }) => name));
      found.set("model", arch.models.map(({ name }) => name));
      found.set("unpredictable", arch.unpredictable.map(({ name }) => name));
      break;
    case "set":
      if (rules.includes("settings")) {
        addNames(guestCounts(arch).map(({ name }) => name));
      } else addFields();
      break;
    case "run":
    case "bound":
      addRows(statementOptions(owner));
      break;
    case "vcpuOperation":
      addRows(statementOptions(line.first(owner)?.image ?? ""));
      break;
    case "watch":
      addRows(WATCH);
      found.set(
        "on",
        line.has("host") ? ["store", "access"] : arch.watchAccesses,
      );
      break;
    case "userSet":
      addFields();
      break;
    case "instruction": {
      const row = INSTRUCTIONS.find(({ word }) => line.has(word));
      if (row?.register === "write") addFields();
      addNames((row?.options ?? []).map(({ name }) => name));
      addNames(
        PLACEMENT.filter((one) =>
          (!one.arch || one.arch === arch.name) &&
          !(one.name === "at" && row?.operand?.isAddress)
        ).map(({ name }) => name),
      );
      break;
    }
    case "userDebug":
      addRows(RAW);
      addNames(
        arch.registers.all.filter(({ userOnly }) => !userOnly).map((
          { short },
        ) => short),
      );
      break;
    case "whyNot":
      addRows(statementOptions("why"));
      break;
    case "expectExit":
      addNames(arch.exitFields);
      break;
    case "expectException":
      addNames(arch.exceptionFields);
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
  "vcpuOperation",
  "userSet",
  "instruction",
  "userDebug",
  "expectExit",
  "expectException",
  "whyNot",
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
    const isField = rules.includes("instruction") ||
      rules.includes("userSet") ||
      rules.includes("set") && !rules.includes("settings");
    return isField || words.length === 0 ? [...words, ...names] : words;
  }
  if (rules.includes("expectSeen")) {
    const field = line.last("expectSeen", "seen")?.image;
    const isField = line.has(".") && field !== undefined;
    const values = isField
      ? fieldWords(subject(line, arch)).get(field.toLowerCase())
      : undefined;
    return [...values ?? [], "undef", ...names];
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
    case "set":
      return shorts(arch, { userToo: true });
    case "userSet":
      return [...shorts(arch, { userToo: true }), "pc"];
    case "seen":
    case "pattern": {
      const view = line.last("view")?.image;
      const views = line.has("kvm") ? ["kvm", view] : [view];
      if (parent === "seen" && view === "kvm") return arch.kvmNames;
      return [
        ...shorts(arch, { userToo: view === "user" }),
        ...(views.includes("kvm") ? arch.kvmNames : []),
      ];
    }
    default:
      return shorts(arch);
  }
}

/** The kernel that a line, or its last term after `on`, names. */
function kernelOf(line: Line, arch: Architecture): KernelInfo | undefined {
  const name = line.name("kernel") ?? line.name("kernelTerm");
  if (name === undefined) return undefined;
  const answer = arch.kernel(name);
  return answer.ok ? answer.info : undefined;
}

/** Changes after `with` and `without`: those that the kernel does not have, and those that it has. */
function rowWords(line: Line, arch: Architecture): readonly string[] {
  const names = arch.changes().map(({ name }) => name);
  const rows = kernelOf(line, arch)?.rows;
  if (rows === undefined) return names;
  const applies = line.last("choice")?.image === "with";
  return names.filter((name) => rows.includes(name) !== applies);
}

/** The word after a statement's word, where it is one of a few. */
function choiceWords(rule: string): readonly string[] {
  return statementRow(rule)?.choice ?? [];
}

/** Words for a name that the grammar leaves open. */
function nameWords(
  expected: Expected,
  context: CompletionContext,
): readonly string[] {
  const { rules, label } = expected;
  const line = new Line(expected);
  const { arch } = context;
  const rule = rules.at(-1);
  const parent = rules.at(-2);
  switch (rule) {
    case "arch":
      return architectures().map(({ name }) => name);
    case "kernel":
      if (label === "vendor") {
        return kernelOf(line, arch)?.vendors ?? [];
      }
      return arch.kernelNames();
    case "guest":
    case "preempt":
    case "migrate":
      return choiceWords(rule);
    case "names":
      return parent === "expectExceptions" ? arch.exceptions : propertyNames();
    case "kernelTerm":
      return arch.kernelNames();
    case "row":
      return rowWords(line, arch);
    case "fail":
      return arch.name === "arm64" ? choiceWords(rule) : [];
    case "seen":
      return [...fieldWords(subject(line, arch)).keys()];
    case "register": {
      if (parent !== "argument") return registerWords(parent, line, context);
      const given = new Set(line.given());
      return [...options(rules, line, context).keys()].filter((name) =>
        !given.has(name)
      ).map((name) => `${name}=`);
    }
    case "operand":
      return operandWords(rules, line, context);
    case "whyField": {
      const field = line.first(rule)?.image;
      if (field !== undefined) {
        return [...fieldWords(registerNamed(arch, field)).keys()];
      }
      return line.has("exit") ? arch.exitFields : arch.exceptionFields;
    }
    case "userCheck":
      return arch.capabilities;
    case "expectExit":
      return EXITS;
    case "expectException":
      return arch.exceptions;
    case "expectError":
      return ERRNOS;
    case "expectCost":
      return COUNTERS;
    default:
      // A name that is being given: as, let, for.
      return [];
  }
}

/** `with` or `without` is expected. */
function isChoice({ rules }: Expected): boolean {
  return rules.at(-1) === "choice";
}

/** Whether there are changes to apply or revert. */
function canChoose(expected: Expected, { arch }: CompletionContext): boolean {
  const kernel = kernelOf(new Line(expected), arch);
  return kernel === undefined
    ? arch.changes().length > 0
    : kernel.rows !== undefined;
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
  if (type === VcpuOperation) {
    return VCPU_OPERATION_WORDS;
  }
  if (type.name === "Name") return nameWords(expected, context);
  if (type.name === "View") {
    return rules.at(-2) === "whyNot" ? ["guest", "user"] : VIEW_WORDS;
  }
  if (!type.name.startsWith("Keyword_")) return [];
  const isThere = isChoice(expected)
    ? canChoose(expected, context)
    : rules.at(-1) !== "fail" || context.arch.name === "arm64";
  return isThere ? [type.LABEL ?? ""] : [];
}
