/**
 * Arguments of a command, by its table of options.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "../dsl/suggest.ts";
import { type Arguments, type Option, UsageError } from "./command.ts";

/** Every command has it. */
export const HELP_OPTION: Option = {
  name: "help",
  short: "h",
  about: "print this",
};

/** `--name`. */
function flag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** `--output -` as `--output=-`: the library takes what begins with `-` for an option, and this is a file's name. */
function withDashes(
  args: readonly string[],
  names: readonly string[],
): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at];
    if (argument === "--") return [...joined, ...args.slice(at)];
    const isOption = names.some((name) => argument === `--${name}`);
    if (isOption && args[at + 1] === "-") {
      joined.push(`${argument}=-`);
      at++;
    } else joined.push(argument);
  }
  return joined;
}

/**
 * Takes arguments apart.
 *
 * @throws {UsageError} on an unknown option, a missing value, or one that may not be there
 */
export function takeApart(
  args: readonly string[],
  options: readonly Option[],
): Arguments {
  const all = [...options, HELP_OPTION];
  const withValue = all.filter(({ value }) => value !== undefined);
  const without = all.filter(({ value }) => value === undefined);
  const collect = withValue.map(({ name }) => name);
  const string: string[] = [...collect, "_"];
  const boolean = without.map(({ name }) => name);
  const alias: Record<string, string> = Object.fromEntries(
    all.flatMap(({ name, short }) => short ? [[name, short]] : []),
  );
  const parsed = parseArgs(withDashes(args, collect), {
    string,
    boolean,
    collect,
    alias,
    unknown(argument, key) {
      if (key === undefined) return true;
      throw unknownOption(argument, key, all);
    },
  }) as Record<string, unknown>;
  const ends = args.indexOf("--");
  for (const argument of ends < 0 ? args : args.slice(0, ends)) {
    const name = /^--([^=]+)=/.exec(argument)?.[1];
    if (without.some((option) => option.name === name)) {
      throw new UsageError(`\`--${name}\` takes no value`);
    }
  }
  for (const { name, value, again } of withValue) {
    const given = parsed[name] as readonly string[];
    if (given.some((text) => text === "")) {
      throw new UsageError(
        `\`${flag(name)}\` needs a value: \`${flag(name)} ${value}\``,
      );
    }
    if (given.length > 1 && !again) {
      throw new UsageError(`\`${flag(name)}\` is given twice`);
    }
  }
  return {
    operands: (parsed._ as readonly (string | number)[]).map(String),
    values: (name) => parsed[name] as readonly string[],
    value: (name) => (parsed[name] as readonly string[])[0],
    has: (name) => parsed[name] === true,
  };
}

function unknownOption(
  argument: string,
  key: string,
  options: readonly Option[],
): UsageError {
  const isLong = argument.startsWith("--");
  const name = isLong ? argument.replace(/=.*$/s, "") : flag(key);
  const near = isLong
    ? didYouMean(name, options.map((option) => flag(option.name)))
    : undefined;
  return new UsageError(`\`${name}\` is not an option`, near);
}

/**
 * The value of an option that must be one of a few words.
 *
 * @throws {UsageError} if it is another
 */
export function oneOf<T extends string>(
  name: string,
  text: string,
  choices: readonly T[],
): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `\`--${name} ${text}\`: expected ${choices.join(", ")}`,
    didYouMean(text, choices),
  );
}

/**
 * The value of an option that must be a whole number above 0.
 *
 * @throws {UsageError} if it is not
 */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  const isWhole = /^\d+$/.test(text) && value > 0;
  if (isWhole && Number.isSafeInteger(value)) return value;
  throw new UsageError(
    `\`--${name} ${text}\`: expected a whole number ${
      isWhole ? `up to ${Number.MAX_SAFE_INTEGER}` : "above 0"
    }`,
  );
}
