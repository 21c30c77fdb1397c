/**
 * Words looked up in the vocabulary; a word that is not there is a diagnostic with the nearest one.
 *
 * @module
 */
import type { Expr, Name } from "../syntax/nodes.ts";
import type { DiagnosticCode } from "../diagnostics.ts";
import { fail } from "../line_problem.ts";
import { didYouMean } from "../suggest.ts";
import type {
  ArchVocabulary,
  FieldWord,
  RegisterWord,
  Vocabulary,
} from "./vocabulary.ts";

/** Registers of an architecture by every spelling in lower case, and by family. */
interface RegisterIndex {
  readonly bySpelling: ReadonlyMap<string, RegisterWord>;
  /** Members of a family by their numbers. */
  readonly families: ReadonlyMap<string, ReadonlyMap<number, RegisterWord>>;
  readonly shorts: readonly string[];
}

const INDICES = new WeakMap<readonly RegisterWord[], RegisterIndex>();

function indexOf(registers: readonly RegisterWord[]): RegisterIndex {
  const known = INDICES.get(registers);
  if (known) return known;
  const bySpelling = new Map<string, RegisterWord>();
  const families = new Map<string, Map<number, RegisterWord>>();
  for (const register of registers) {
    bySpelling.set(register.name.toLowerCase(), register);
    bySpelling.set(register.short.toLowerCase(), register);
    if (register.number < 0) continue;
    const key = register.family.toLowerCase();
    const family = families.get(key) ?? new Map();
    families.set(key, family.set(register.number, register));
  }
  const shorts = registers.map(({ short }) => short);
  const index = { bySpelling, families, shorts };
  INDICES.set(registers, index);
  return index;
}

/** Finds a register by a spelling in any case. */
export function findRegister(
  registers: readonly RegisterWord[],
  text: string,
): RegisterWord | undefined {
  return indexOf(registers).bySpelling.get(text.toLowerCase());
}

/** The members of a family, `dbgbcr`. */
export function findFamily(
  registers: readonly RegisterWord[],
  text: string,
): ReadonlyMap<number, RegisterWord> | undefined {
  return indexOf(registers).families.get(text.toLowerCase());
}

/** The vocabulary of another architecture in which something holds. */
export function otherArch(
  vocabulary: Vocabulary,
  arch: ArchVocabulary,
  holds: (other: ArchVocabulary) => boolean,
): ArchVocabulary | undefined {
  return vocabulary.arches.find((other) => other !== arch && holds(other));
}

/** Refuses something that only another architecture has. */
export function failWrongArch(
  name: Name,
  what: string,
  { arch, other }: {
    readonly arch: ArchVocabulary;
    readonly other: ArchVocabulary;
  },
): never {
  fail({
    code: "wrong-arch",
    span: name.span,
    message: `${name.text} is ${what} of ${other.name}; this is ${arch.name}`,
  });
}

/** Refuses a word that is in no list. */
export function failUnknown(
  name: Name,
  { code, message, words }: {
    readonly code: DiagnosticCode;
    readonly message: string;
    readonly words: readonly string[];
  },
): never {
  fail({
    code,
    span: name.span,
    message,
    expected: words,
    hint: didYouMean(name.text, words),
  });
}

/** Numbers of all registers that are spelt so, of the family or not: DR6 is one, with other fields than DR0. */
function numbersOf(stem: string, { registers }: ArchVocabulary): number[] {
  const spelling = new RegExp(`^${stem}(\\d+)$`, "i");
  return registers.flatMap(({ short }) => {
    const number = spelling.exec(short)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

/** Refuses a register that the architecture lacks, and says what it may have been meant to be. */
export function failUnknownRegister(
  name: Name,
  arch: ArchVocabulary,
  vocabulary: Vocabulary,
  /** What else it may have been meant to be. */
  words: readonly string[] = [],
): never {
  const { text, span } = name;
  const other = otherArch(
    vocabulary,
    arch,
    ({ registers }) =>
      findRegister(registers, text) !== undefined ||
      findFamily(registers, text) !== undefined,
  );
  if (other) failWrongArch(name, "a register", { arch, other });
  const stem = /^(.*?)\d*(?:_el\d)?$/i.exec(text)?.[1] ?? text;
  const family = findFamily(arch.registers, stem);
  if (family) {
    const numbers = numbersOf(stem, arch);
    const low = `${stem}${Math.min(...numbers)}`;
    const high = `${stem}${Math.max(...numbers)}`;
    const given = Number(/\d+/.exec(text.slice(stem.length))?.[0]);
    const nearest = numbers.toSorted((a, b) =>
      Math.abs(a - given) - Math.abs(b - given)
    )[0];
    fail({
      code: "unknown-register",
      span,
      message: stem === text
        ? `${text} needs a number`
        : `${text} is not a register of ${arch.name}`,
      expected: [`${low} to ${high}`, `${stem}[…]`],
      hint: stem === text ? undefined : `did you mean ${stem}${nearest}?`,
    });
  }
  fail({
    code: "unknown-register",
    span,
    message: `${text} is not a register of ${arch.name}`,
    hint: didYouMean(text, [...words, ...indexOf(arch.registers).shorts]),
  });
}

/** Finds a field by its name in any case. */
export function findField(
  fields: readonly FieldWord[],
  text: string,
): FieldWord | undefined {
  const key = text.toLowerCase();
  return fields.find((field) => field.name.toLowerCase() === key);
}

/**
 * The value that a lone name means to a field, as in `bt=linked-address`.
 *
 * @returns undefined if it is no named value of the field
 */
export function namedValue(
  field: { readonly values?: FieldWord["values"] } | undefined,
  value: Expr,
): bigint | undefined {
  if (value.kind !== "name" || !field?.values) return undefined;
  const key = value.text.toLowerCase();
  for (const [name, number] of Object.entries(field.values)) {
    if (name.toLowerCase() === key) return number;
  }
  return undefined;
}
