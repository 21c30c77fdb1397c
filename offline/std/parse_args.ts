/**
 * Stand-in for `@std/cli/parse-args`. Node's parser and the well-known ones on
 * npm differ from it in what they take for a value, in negation and in what
 * they do with a repeated option, so that this is a small one of its own.
 *
 * @module
 */

/** One name, or several. */
type OneOrMore = string | readonly string[];

/** How the arguments are to be understood; every part may be left out. */
export interface ParseOptions {
  /** Whether what follows `--` goes to the result's `--`, not to its `_`. */
  readonly "--"?: boolean;
  /** Other names of an option. */
  readonly alias?: Readonly<Record<string, OneOrMore>>;
  /** Options that take no value; `true`: each `--name` without `=`. */
  readonly boolean?: boolean | OneOrMore;
  /** Options that may be repeated, each value kept. */
  readonly collect?: OneOrMore;
  /** Values of options that are not given. */
  readonly default?: Readonly<Record<string, unknown>>;
  /** Options that `--no-name` sets to false. */
  readonly negatable?: OneOrMore;
  /** Whether all after the first argument that is no option goes to `_`. */
  readonly stopEarly?: boolean;
  /** Options whose value stays text, whatever it looks like. */
  readonly string?: OneOrMore;
  /** Asked for what no option declares; `false` leaves it out. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The names in a `OneOrMore`, as a union. */
type Names<T> = T extends readonly (infer N)[] ? N & string
  : T extends string ? T
  : never;

/** The names that option `K` of the options `O` lists. */
type Listed<O, K extends keyof ParseOptions> = O extends
  { readonly [P in K]: infer T } ? Names<T> : never;

/** `N` and, where it has some, its aliases. */
type WithAliases<O, N> =
  | N
  | (O extends { readonly alias: infer A }
    ? N extends keyof A ? Names<A[N]> : never
    : never);

/** The type of the default of `N`, or `Missing`. */
type DefaultOf<O, N, Missing> = O extends { readonly default: infer D }
  ? N extends keyof D ? Widen<D[N]> : Missing
  : Missing;

/** The type of a literal's kind: of `"text"`, `string`. */
type Widen<T> = T extends string ? string
  : T extends number ? number
  : T extends boolean ? boolean
  : T;

/** What a string option that was not given is, beside its text. */
type TextOf<O, N> =
  | (N extends Listed<O, "negatable"> ? false : never)
  | (N extends Listed<O, "collect"> ? string[]
    : string | DefaultOf<O, N, undefined>);

/** What a boolean option is. */
type FlagOf<O, N> = N extends Listed<O, "collect"> ? boolean[]
  : boolean | DefaultOf<O, N, never>;

/** Whether any option has a declared type. */
type Typed<O> =
  | Listed<O, "string">
  | Listed<O, "boolean">
  | Listed<O, "collect">;

/** The typed part of the result. */
type Options<O> =
  & {
    [N in Listed<O, "string"> as WithAliases<O, N>]: TextOf<O, N>;
  }
  & {
    [N in Listed<O, "boolean"> as WithAliases<O, N>]: FlagOf<O, N>;
  }
  & {
    [
      N in Exclude<
        Listed<O, "collect">,
        Listed<O, "string"> | Listed<O, "boolean">
      > as WithAliases<O, N>
    ]: unknown[];
  };

/** What `parseArgs` returns for the options `O`. */
export type Args<O extends ParseOptions = ParseOptions> =
  // deno-lint-ignore no-explicit-any -- as the real one, where nothing is typed
  & ([Typed<O>] extends [never] ? Record<string, any>
    : Options<O> & Record<string, unknown>)
  & { _: Array<string | number> }
  & (O extends { readonly "--": true } ? { "--": string[] }
    : Record<never, never>);

/** The names of a `OneOrMore`, none where it is left out. */
function list(names: OneOrMore | undefined): readonly string[] {
  return typeof names === "string" ? [names] : names ?? [];
}

/** Each name with all that mean the same, itself included. */
function families(
  alias: Readonly<Record<string, OneOrMore>>,
): Map<string, readonly string[]> {
  const result = new Map<string, readonly string[]>();
  for (const [name, others] of Object.entries(alias)) {
    const family = [name, ...list(others)];
    for (const member of family) result.set(member, family);
  }
  return result;
}

/** Text that reads as a number, as one. */
function numeric(text: string): string | number {
  return text.trim() !== "" && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}

/** `-x=value`, `-x9`, `-x/path`: letters, then the last one's value. */
const SHORT_WITH_VALUE = /^-(?:([A-Za-z]*)([A-Za-z])(?:=(.+)|(-?\d.*|\W.*)))$/s;

/**
 * The arguments as an object: an entry per option, and the others in `_`.
 *
 * @param args the arguments, without the program
 * @param options how to understand them
 * @returns the value of each option that was given or has a default, boolean
 *   ones always; in `_` what is no option
 */
export function parseArgs<const O extends ParseOptions = Record<never, never>>(
  args: readonly string[],
  options?: O & ParseOptions,
): Args<O> {
  const given: ParseOptions = options ?? {};
  const family = families(given.alias ?? {});
  const kin = (name: string) => family.get(name) ?? [name];
  const declared = (names: OneOrMore | undefined) =>
    new Set(list(names).flatMap(kin));

  const allBooleans = given.boolean === true;
  const booleans = declared(
    typeof given.boolean === "boolean" ? [] : given.boolean,
  );
  const strings = declared(given.string);
  const collected = declared(given.collect);
  const negatable = declared(given.negatable);

  const rest: Array<string | number> = [];
  const result: Record<string, unknown> = { _: rest };

  function set(
    { key, value, arg, negated = false }: {
      key: string;
      value: string | boolean;
      arg: string;
      negated?: boolean;
    },
  ): void {
    const known = booleans.has(key) || strings.has(key) || family.has(key) ||
      collected.has(key) || (allBooleans && /^--[^=]+$/.test(arg));
    if (!known && given.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !strings.has(key)
      ? numeric(value)
      : value;
    for (const name of kin(key)) {
      const before = result[name];
      if (!negated && collected.has(key)) {
        if (Array.isArray(before)) before.push(typed);
        else result[name] = before ? [before, typed] : [typed];
      } else {
        result[name] = typed;
      }
    }
  }

  const end = args.indexOf("--");
  const before = end < 0 ? [...args] : args.slice(0, end);
  const after = end < 0 ? [] : args.slice(end + 1);
  let index = 0;

  /** The value of an option that carries none: the next argument, if one. */
  function valueAfter(key: string, isLong: boolean): string | boolean {
    const next = before[index];
    const takes = !booleans.has(key) && !(isLong && allBooleans);
    // A lone hyphen is a value for `-f -`, and not for `--file -`.
    const isValue = next &&
      (!next.startsWith("-") || (!isLong && next === "-"));
    if (isValue && takes) {
      index++;
      return next;
    }
    if (next === "true" || next === "false") {
      index++;
      return next === "true";
    }
    return strings.has(key) ? "" : true;
  }

  while (index < before.length) {
    const arg = before[index++]!;
    if (!arg.startsWith("-") || arg === "-") {
      if (given.unknown?.(arg) !== false) {
        rest.push(strings.has("_") ? arg : numeric(arg));
      }
      if (given.stopEarly) {
        rest.push(...before.slice(index));
        break;
      }
      continue;
    }
    if (arg.startsWith("--")) {
      const [, key = "", text] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      const positive = key.replace(/^no-/, "");
      if (text !== undefined) {
        const value = booleans.has(key) ? text !== "false" : text;
        set({ key, value, arg });
      } else if (positive !== key && negatable.has(positive)) {
        set({ key: positive, value: false, arg, negated: true });
      } else {
        set({ key, value: valueAfter(key, true), arg });
      }
      continue;
    }
    const short = SHORT_WITH_VALUE.exec(arg);
    const letters = short ? short[1]! : arg.slice(1, -1);
    for (const letter of letters) {
      set({ key: letter, value: strings.has(letter) ? "" : true, arg });
    }
    if (short) {
      set({ key: short[2]!, value: short[3] ?? short[4]!, arg });
    } else {
      const key = arg.slice(-1);
      set({ key, value: valueAfter(key, false), arg });
    }
  }

  for (const [name, value] of Object.entries(given.default ?? {})) {
    if (Object.hasOwn(result, name)) continue;
    for (const member of kin(name)) result[member] = value;
  }
  for (const name of [...booleans, ...strings]) {
    if (Object.hasOwn(result, name)) continue;
    if (collected.has(name)) result[name] = [];
    else if (booleans.has(name)) result[name] = false;
  }
  if (given["--"]) result["--"] = after;
  else rest.push(...after);
  return result as Args<O>;
}
