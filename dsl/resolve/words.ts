/**
 * What is said of a word that is not there: the nearest one, or the architecture that has it.
 *
 * @module
 */
import type {
  Architecture,
  Field,
  Layout,
  RegisterInfo,
} from "../../engine/mod.ts";
import type { DiagnosticCode } from "../diagnostics.ts";
import { fail } from "../problem.ts";
import { suggested, suggestion } from "../suggest.ts";
import type { Name } from "../syntax/nodes.ts";
import {
  architectures,
  familyOf,
  fieldsOf,
  registerNamed,
} from "./vocabulary.ts";

/** Another architecture for which something holds. */
export function otherArch(
  arch: Architecture,
  holds: (other: Architecture) => boolean,
): Architecture | undefined {
  return architectures().find((other) =>
    other.name !== arch.name && holds(other)
  );
}

/** Rejects a word that only another architecture has; returns if none has it. */
export function failIfOther(
  { text, span }: Name,
  what: string,
  { arch, holds }: {
    readonly arch: Architecture;
    readonly holds: (other: Architecture) => boolean;
  },
): void {
  const other = otherArch(arch, holds);
  if (!other) return;
  fail({
    code: "wrong-arch",
    span,
    message: `\`${text}\` is ${what} of ${other.name}; this is ${arch.name}`,
  });
}

/** Rejects a word that is in no list. */
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
    ...suggestion(name.text, words),
  });
}

/** A capability that KVM_CHECK_EXTENSION is asked for, as the architecture's list has it. */
export function capabilityNamed(
  { arch }: { readonly arch: Architecture },
  name: Name,
): string {
  const text = name.text.replace(/^KVM_CAP_/i, "");
  return wordOf({ ...name, text }, {
    what: "a capability",
    arch,
    list: ({ capabilities }) => capabilities,
  });
}

/**
 * Looks a word up in a list of the architecture, in any case.
 *
 * @param what with its article: `an exception`
 * @returns the word as the list has it
 */
export function wordOf<T extends string>(
  name: Name,
  { what, arch, list, code = "unknown-word" }: {
    readonly what: string;
    readonly arch: Architecture;
    readonly list: (arch: Architecture) => readonly T[];
    readonly code?: DiagnosticCode;
  },
): T {
  const words = list(arch);
  const found = sameWord(words, name.text);
  if (found !== undefined) return found;
  failIfOther(name, what, {
    arch,
    holds: (other) => sameWord(list(other), name.text) !== undefined,
  });
  failUnknown(name, {
    code,
    message: `\`${name.text}\` is not ${what} of ${arch.name}`,
    words,
  });
}

/** Looks a word up in a list that all architectures share, in any case. */
export function listed<T extends string>(
  name: Name,
  what: string,
  words: readonly T[],
): T {
  return sameWord(words, name.text) ?? failUnknown(name, {
    code: "unknown-word",
    message: `\`${name.text}\` is not ${what}`,
    words,
  });
}

/** The word of a list that is the same in any case. */
function sameWord<T extends string>(
  words: readonly T[],
  text: string,
): T | undefined {
  const key = text.toLowerCase();
  return words.find((word) => word.toLowerCase() === key);
}

/** Numbers of all registers that are spelt so, of the family or not: DR6 is one, with other fields than DR0. */
function numbersOf(stem: string, { registers }: Architecture): number[] {
  const spelling = new RegExp(`^${stem}(\\d+)$`, "i");
  return registers.all.flatMap(({ short }) => {
    const number = spelling.exec(short)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

/** Rejects a register that the architecture does not have, and says what it may have been meant to be. */
export function failUnknownRegister(
  name: Name,
  { arch, userToo, words = [] }: {
    readonly arch: Architecture;
    readonly userToo: boolean;
    /** What else it may have been meant to be. */
    readonly words?: readonly string[];
  },
): never {
  const { text, span } = name;
  failIfOther(name, "a register", {
    arch,
    holds: (other) =>
      registerNamed(other, text, userToo) !== undefined ||
      familyOf(other, text) !== undefined,
  });
  const stem = /^(.*?)\d*(?:_el\d)?$/i.exec(text)?.[1] ?? text;
  if (familyOf(arch, stem)) {
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
        ? `\`${text}\` needs a number`
        : `\`${text}\` is not a register of ${arch.name}`,
      expected: [`${low} to ${high}`, `${stem}[…]`],
      ...(stem === text ? {} : suggested(`${stem}${nearest}`)),
    });
  }
  const shorts = arch.registers.all.filter((info) => userToo || !info.userOnly)
    .map(({ short }) => short);
  fail({
    code: "unknown-register",
    span,
    message: `\`${text}\` is not a register of ${arch.name}`,
    ...suggestion(text, [...words, ...shorts]),
  });
}

/** A field of a register, with its layout. */
export function fieldNamed(
  name: Name,
  register: RegisterInfo,
): { readonly layout: Layout; readonly field: Field } {
  const key = name.text.toLowerCase();
  const fields = fieldsOf(register);
  return fields.find(({ field }) => field.name.toLowerCase() === key) ??
    failUnknown(name, {
      code: "unknown-field",
      message: `${register.name} has no field \`${name.text}\``,
      words: fields.map(({ field }) => field.name.toLowerCase()),
    });
}

/** A program has no expectation that could ask for a name. */
export function refuseAs(as: Name | undefined): void {
  if (!as) return;
  fail({
    code: "misplaced",
    span: as.span,
    message: "`as` is not supported in an explored program",
  });
}
