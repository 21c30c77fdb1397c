/**
 * The line that is being completed: what stands before the cursor, and what it is about.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import type {
  Architecture,
  ArchName,
  KernelInfo,
  RegisterInfo,
} from "../../engine/mod.ts";
import { kvmRegister } from "../kvm_names.ts";
import { familyOf, fieldsOf } from "../resolve/vocabulary.ts";
import type { OptionRow } from "../statements.ts";
import type { Consumed } from "./expected.ts";

/** What completion may know. */
export interface CompletionContext {
  /** The architecture of the text so far. */
  readonly arch: Architecture;
  /** The kernel so far. */
  readonly profile: string;
  /** Names that `let`, `for` and `as` bound. */
  readonly names: readonly string[];
  /** Names of VMs that are saved, where the machine is at hand; they are among `names` otherwise. */
  readonly saved?: readonly string[];
  /** Paths that begin with a text; a folder ends in `/`. */
  readonly files: (prefix: string) => readonly string[];
}

/** A place in a line, as words are looked for. */
export class CompletedLine {
  readonly #tokens: readonly Consumed[];

  /** @param before the tokens, last first */
  constructor(before: Consumed | undefined) {
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
    return this.#tokens.slice(begin + 1).find(({ rules, token }) =>
      rules.at(-1) === rule && /^[A-Za-z_]/.test(token.image)
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

/** Where words can stand. */
export interface CompletionPlace {
  /** The rules that the word would stand in, outermost first. */
  readonly rules: readonly string[];
  /** The grammar's own label of the word, such as `vendor`. */
  readonly label: string | undefined;
  /** What stands before it. */
  readonly line: CompletedLine;
  /** What completion knows. */
  readonly context: CompletionContext;
}

/** The MSRs of an architecture, by their short names. */
export function msrs({ registers }: Architecture): string[] {
  return registers.all.filter(({ isMsr }) => isMsr).map(({ short }) => short);
}

/** Registers by their short names, then the families that take an index. */
export function shorts(
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
export function fieldWords(
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
export function subject(
  line: CompletedLine,
  arch: Architecture,
): RegisterInfo | undefined {
  for (const rule of ["instruction", "userSet", "set", "seen", "hostMsr"]) {
    const token = line.first(rule, "register");
    if (token) return registerNamed(arch, token.image);
  }
  return undefined;
}

/** The kernel that a line, or its last term after `on`, names. */
export function kernelOf(
  line: CompletedLine,
  arch: Architecture,
): KernelInfo | undefined {
  const name = line.name("kernel") ?? line.name("kernelTerm");
  if (name === undefined) return undefined;
  const answer = arch.kernel(name);
  return answer.ok ? answer.info : undefined;
}

/** Options of an architecture, each with the words that its value may be. */
export function optionWords(
  rows: readonly OptionRow[],
  arch: ArchName,
): (readonly [name: string, words: readonly string[]])[] {
  return rows.filter((row) => !row.arch || row.arch === arch).map((row) => [
    row.name,
    row.kind === "word" ? row.words : [],
  ]);
}
