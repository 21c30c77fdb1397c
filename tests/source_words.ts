/**
 * A source file taken apart into tokens, so that a comment or a text that looks like an import is none, and a dynamic
 * import is one.
 *
 * @module
 */
import jsTokens, { type Token } from "js-tokens";

/** A token that means something, with its line. */
export interface Word {
  readonly type: Token["type"];
  readonly value: string;
  readonly line: number;
}

/** One import of a file; `specifier` is undefined where it is computed. */
export interface Import {
  readonly specifier: string | undefined;
  readonly line: number;
  /** It is loaded into the same program: not as the program of a worker. */
  readonly isSameProgram: boolean;
}

/** The tokens but spaces and comments. @param jsx the file may have elements in it */
export function words(text: string, jsx: boolean): Word[] {
  const result: Word[] = [];
  let line = 1;
  for (const { type, value } of jsTokens(text, { jsx })) {
    const isSilent = type === "WhiteSpace" || /Comment$/.test(type) ||
      type === "LineTerminatorSequence";
    if (!isSilent) result.push({ type, value, line });
    line += value.split("\n").length - 1;
  }
  return result;
}

/** Whether the token is text, whole or a part of a template. */
export function isText({ type }: Word): boolean {
  return type === "StringLiteral" || type === "NoSubstitutionTemplate" ||
    /^Template/.test(type);
}

/** The text of a literal without its quotes. */
export function unquoted({ value }: Word): string {
  return value.replace(/^["'`}]|(?:["'`]|\$\{)$/g, "");
}

/** Everything that a file loads: imports, re-exports, workers. */
export function imports(tokens: readonly Word[]): Import[] {
  const result: Import[] = [];
  for (const [index, word] of tokens.entries()) {
    const [second, before] = [tokens[index - 2], tokens[index - 1]];
    const whole = word.type === "StringLiteral" ||
      word.type === "NoSubstitutionTemplate";
    if (whole && (before?.value === "from" || before?.value === "import")) {
      const specifier = unquoted(word);
      result.push({ specifier, line: word.line, isSameProgram: true });
    }
    const isCall = before?.value === "(" && second?.type === "IdentifierName";
    if (isCall && second.value === "import") {
      const closes = [")", ","].includes(tokens[index + 1]?.value ?? "");
      const specifier = whole && closes ? unquoted(word) : undefined;
      result.push({ specifier, line: word.line, isSameProgram: true });
    }
    // new URL("./worker.ts", import.meta.url), the way a worker is named.
    if (isCall && second.value === "URL" && whole) {
      const specifier = unquoted(word);
      if (/^\.{1,2}\/.*\.ts$/.test(specifier)) {
        result.push({ specifier, line: word.line, isSameProgram: false });
      }
    }
  }
  return result;
}
