/**
 * Stand-in for `@std/assert`: the same names, equality from npm's fast-equals,
 * differences from npm's diff.
 *
 * @module
 */

import { createCustomEqual } from "fast-equals";
import { diffArrays, diffWordsWithSpace } from "diff";
import { bold, gray, green, red, stripAnsiCode } from "./colors.ts";

/** An assertion that did not hold. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** A class, abstract ones too, that makes `T`. */
// deno-lint-ignore no-explicit-any -- the arguments of any class at all
type Class<T> = abstract new (...args: any[]) => T;

/** A list that is not a string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** A value in full, the keys in order, so that texts compare as values do. */
function format(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    getters: true,
    strAbbreviateSize: Infinity,
  });
}

/** `: why`, or the full stop of a message that says no more. */
function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** What is only in the one value and only in the other, a line each. */
function difference(actual: unknown, expected: unknown): string {
  const lines = ["", "", `    [Diff] ${red("Actual")} / ${green("Expected")}`];
  lines.push("", "");
  const texts = typeof actual === "string" && typeof expected === "string"
    ? [actual, expected]
    : [format(actual), format(expected)];
  const [left, right] = texts.map((text) => text.split("\n"));
  if (left?.length === 1 && right?.length === 1) {
    const words = diffWordsWithSpace(left[0]!, right[0]!);
    const side = (skip: "added" | "removed") =>
      words.filter((part) => !part[skip]).map((part) =>
        part.added || part.removed ? bold(part.value) : part.value
      ).join("");
    lines.push(red(`-   ${side("added")}`), green(`+   ${side("removed")}`));
  } else {
    for (const { value, added, removed } of diffArrays(left!, right!)) {
      for (const line of value) {
        if (removed) lines.push(red(`-   ${line}`));
        else if (added) lines.push(green(`+   ${line}`));
        else lines.push(gray(`    ${line}`));
      }
    }
  }
  return lines.join("\n") + "\n";
}

/** `groups` of a match has no prototype, and is still a plain object. */
const deepEqual = createCustomEqual({
  circular: true,
  strictNullPrototypeComparison: false,
});

/** Whether two values are the same or made of the same. */
export function equal(a: unknown, b: unknown): boolean {
  return deepEqual(a, b);
}

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError(msg);
}

/** Throws: this was not to be reached. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Throws: the types say that nothing gets here. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

/** Throws unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n${difference(actual, expected)}`,
  );
}

/** Throws if the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${format(actual)} not to be: ${format(expected)}${
      suffix(msg)
    }`,
  );
}

/** Throws unless the values are identical, as `Object.is` has it. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const text = format(actual);
  throw new AssertionError(
    text === format(expected)
      ? `Values have the same structure but are not reference-equal${
        suffix(msg)
      }\n\n${red(text)}\n`
      : `Values are not strictly equal${suffix(msg)}\n${
        difference(actual, expected)
      }`,
  );
}

/** Throws if the values are identical, as `Object.is` has it. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${format(actual)}${
      suffix(msg)
    }\n`,
  );
}

/** Throws if the value is null or undefined. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(
    msg ?? `Expect ${format(actual)} > ${format(expected)}`,
  );
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual >= expected) return;
  throw new AssertionError(
    msg ?? `Expect ${format(actual)} >= ${format(expected)}`,
  );
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(
    msg ?? `Expect ${format(actual)} < ${format(expected)}`,
  );
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  throw new AssertionError(
    msg ?? `Expect ${format(actual)} <= ${format(expected)}`,
  );
}

/** Throws unless the text has `expected` in it. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
  );
}

/** Throws unless the text matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`,
  );
}

/** Throws if the text matches. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
  );
}

/** Throws unless each of `expected` is deeply equal to one of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const all = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !all.some((have) => equal(have, wanted))
  );
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${format(actual)}" to include: "${format(expected)}"${
      suffix(msg)
    }\nmissing: ${format(missing)}`,
  );
}

/** What the message calls the type of `value`. */
function typeName(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return value === null ? "null" : typeof value;
  }
  return value.constructor?.name ?? "Object";
}

/** Throws unless the value was made by the class or one derived from it. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Class<T>,
  msg = "",
): asserts actual is T {
  if (actual instanceof expectedType) return;
  const name = typeName(actual);
  let but = ` but was "${name}"`;
  if (name === expectedType.name) but = "";
  if (name === "function") but = " but was not an instanced object";
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}"${but}${
      suffix(msg)
    }`,
  );
}

/** What of `actual` the shape of `expected` names, at every depth. */
function project(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.slice(0, expected.length).map((value, index) =>
      project(value, expected[index])
    );
  }
  if (!isPlain(actual) || !isPlain(expected)) return actual;
  return Object.fromEntries(
    Object.keys(expected).filter((key) => Object.hasOwn(actual, key)).map(
      (key) => [key, project(actual[key], expected[key])],
    ),
  );
}

/** Whether a value is compared by its properties alone. */
function isPlain(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null &&
    ![Date, RegExp, Map, Set, Array].some((type) => value instanceof type);
}

/** Throws unless `actual` has all that `expected` has, with equal values. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- as the real one takes interfaces too
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(project(actual, expected), project(expected, expected), msg);
}

/** The arguments after the function of `assertThrows` and `assertRejects`. */
interface Wanted {
  readonly type: Class<Error> | undefined;
  readonly includes: string | undefined;
  readonly msg: string | undefined;
}

/** Both orders of arguments: `(msg)` and `(class, includes, msg)`. */
function wanted(
  typeOrMsg: Class<Error> | string | undefined,
  includes: string | undefined,
  msg: string | undefined,
): Wanted {
  return typeof typeOrMsg === "string"
    ? { type: undefined, includes: undefined, msg: typeOrMsg }
    : { type: typeOrMsg, includes, msg };
}

/** Throws unless what was thrown is of the class and says the text. */
function checkError(thrown: unknown, verb: string, want: Wanted): void {
  const { type, includes, msg } = want;
  if (!type) return;
  if (!(thrown instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${verb}${suffix(msg)}`);
  }
  if (!(thrown instanceof type)) {
    throw new AssertionError(
      `Expected error to be instance of "${type.name}", but was "${
        (thrown as Error).constructor.name
      }"${suffix(msg)}`,
    );
  }
  if (
    includes &&
    !stripAnsiCode(thrown.message).includes(stripAnsiCode(includes))
  ) {
    throw new AssertionError(
      `Expected error message to include ${JSON.stringify(includes)}, but got ${
        JSON.stringify(thrown.message)
      }${suffix(msg)}`,
    );
  }
}

/** Throws unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws such an error; returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  typeOrMsg?: Class<Error> | string,
  includes?: string,
  msg?: string,
): unknown {
  const want = wanted(typeOrMsg, includes, msg);
  try {
    fn();
  } catch (thrown) {
    checkError(thrown, "thrown", want);
    return thrown;
  }
  throw new AssertionError(`Expected function to throw${suffix(want.msg)}`);
}

/** Rejects unless the promise of `fn` does; resolves to what it rejected. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Rejects unless the promise of `fn` rejects with such an error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  typeOrMsg?: Class<Error> | string,
  includes?: string,
  msg?: string,
): Promise<unknown> {
  const want = wanted(typeOrMsg, includes, msg);
  let promise: unknown;
  try {
    promise = fn();
  } catch {
    // Below: a throw is no rejection.
  }
  if (!isThenable(promise)) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(want.msg)}`,
    );
  }
  try {
    await promise;
  } catch (thrown) {
    checkError(thrown, "rejected", want);
    return thrown;
  }
  throw new AssertionError(`Expected function to reject${suffix(want.msg)}`);
}

/** Whether `await` would wait for the value. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    "then" in value && typeof value.then === "function";
}
