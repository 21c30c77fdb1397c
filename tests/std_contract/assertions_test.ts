/**
 * The assertions of @std/assert: what holds, what fails, and with which message.
 *
 * @module
 */
import * as assertions from "@std/assert";
import { AssertionError as AssertionErrorAlone } from "@std/assert/assertion-error";
import { assertEquals as assertEqualsAlone } from "@std/assert/equals";
import * as colors from "@std/fmt/colors";
import assert from "node:assert/strict";
import { Point } from "./point.ts";

// Assertions that narrow a type must be called by a name with a declared type.
const std: typeof assertions = assertions;

/** An error that is not quite any other. */
class CustomError extends Error {}

/** A function that throws the value, whatever it is. */
function raise(value: unknown): () => never {
  return () => {
    throw value;
  };
}

/** Each assertion with a call that holds, or one that fails and its message. */
const HOLDS: readonly [call: string, run: () => void][] = [
  ["assert(1)", () => std.assert(1)],
  ["assertFalse(0)", () => std.assertFalse(0)],
  ["assertStrictEquals(NaN, NaN)", () => std.assertStrictEquals(NaN, NaN)],
  ["assertNotStrictEquals([], [])", () => std.assertNotStrictEquals([], [])],
  ["assertNotStrictEquals(0, -0)", () => std.assertNotStrictEquals(0, -0)],
  ["assertExists(0)", () => std.assertExists(0)],
  ["assertExists(false)", () => std.assertExists(false)],
  ["assertGreater(2n, 1n)", () => std.assertGreater(2n, 1n)],
  ["assertGreaterOrEqual(1, 1)", () => std.assertGreaterOrEqual(1, 1)],
  ["assertLess(1, 2)", () => std.assertLess(1, 2)],
  ["assertLessOrEqual(1, 1)", () => std.assertLessOrEqual(1, 1)],
  ["assertStringIncludes", () => std.assertStringIncludes("dbgbcr0", "bcr")],
  ["assertMatch", () => std.assertMatch("dr7", /^dr\d$/)],
  ["assertNotMatch", () => std.assertNotMatch("dr7", /^db/)],
  ["assertArrayIncludes of none", () => std.assertArrayIncludes([1], [])],
  [
    "assertArrayIncludes of words",
    () => std.assertArrayIncludes(new Uint8Array([1, 2]), new Uint8Array([2])),
  ],
  ["assertInstanceOf", () => std.assertInstanceOf(new RangeError(), Error)],
  ["assertObjectMatch", () => std.assertObjectMatch({ a: 1, b: 2 }, { b: 2 })],
  [
    "assertObjectMatch in depth",
    () =>
      std.assertObjectMatch(
        { a: { b: [{ c: 1, d: 2 }, 5], e: new Date(1) }, f: 0n },
        { a: { b: [{ d: 2 }], e: new Date(1) } },
      ),
  ],
  [
    "assertObjectMatch of an instance",
    () => std.assertObjectMatch({ p: new Point(3) }, { p: { x: 3 } }),
  ],
];

const FAILS: readonly [call: string, run: () => void, message: string][] = [
  ["assert(0)", () => std.assert(0), ""],
  ["assert(0, msg)", () => std.assert(0, "why"), "why"],
  ["assertFalse(1, msg)", () => std.assertFalse(1, "why"), "why"],
  ["fail()", () => std.fail(), "Failed assertion."],
  ["fail(msg)", () => std.fail("why"), "Failed assertion: why"],
  ["unreachable()", () => std.unreachable(), "Unreachable."],
  [
    "assertNotEquals(1, 1, msg)",
    () => std.assertNotEquals(1, 1, "why"),
    "Expected actual: 1 not to be: 1: why",
  ],
  ["assertEquals", () => std.assertEquals(1, 2), "Values are not equal."],
  [
    "assertEquals with msg",
    () => std.assertEquals(1, 2, "why"),
    "Values are not equal: why",
  ],
  [
    "assertStrictEquals(0, -0)",
    () => std.assertStrictEquals(0, -0),
    "Values are not strictly equal.",
  ],
  [
    "assertStrictEquals([], [], msg)",
    () => std.assertStrictEquals([], [], "why"),
    "Values have the same structure but are not reference-equal: why",
  ],
  [
    "assertNotStrictEquals(1, 1)",
    () => std.assertNotStrictEquals(1, 1),
    'Expected "actual" to not be strictly equal to: 1.',
  ],
  [
    "assertExists(null)",
    () => std.assertExists(null),
    'Expected actual: "null" to not be null or undefined.',
  ],
  [
    "assertExists(undefined, msg)",
    () => std.assertExists(undefined, "why"),
    'Expected actual: "undefined" to not be null or undefined: why',
  ],
  ["assertGreater(1, 1)", () => std.assertGreater(1, 1), "Expect 1 > 1"],
  ["assertGreater(1, 1, msg)", () => std.assertGreater(1, 1, "why"), "why"],
  [
    "assertGreaterOrEqual(1n, 2n)",
    () => std.assertGreaterOrEqual(1n, 2n),
    "Expect 1n >= 2n",
  ],
  ["assertLess(1, 1)", () => std.assertLess(1, 1), "Expect 1 < 1"],
  [
    "assertLessOrEqual(2, 1)",
    () => std.assertLessOrEqual(2, 1),
    "Expect 2 <= 1",
  ],
  [
    "assertStringIncludes",
    () => std.assertStringIncludes("dr7", "db"),
    'Expected actual: "dr7" to contain: "db".',
  ],
  [
    "assertMatch",
    () => std.assertMatch("dr7", /db/),
    'Expected actual: "dr7" to match: "/db/".',
  ],
  [
    "assertNotMatch",
    () => std.assertNotMatch("dr7", /dr/, "why"),
    'Expected actual: "dr7" to not match: "/dr/": why',
  ],
  [
    "assertArrayIncludes",
    () => std.assertArrayIncludes([1], [1, 2]),
    'Expected actual: "[\n  1,\n]" to include: "[\n  1,\n  2,\n]".\n' +
    "missing: [\n  2,\n]",
  ],
  [
    "assertInstanceOf of another class",
    () => std.assertInstanceOf(new Point(1), Error),
    'Expected object to be an instance of "Error" but was "Point".',
  ],
  [
    "assertInstanceOf of null",
    () => std.assertInstanceOf(null, Error, "why"),
    'Expected object to be an instance of "Error" but was "null": why',
  ],
  [
    "assertInstanceOf of a function",
    () => std.assertInstanceOf(Point, Point),
    'Expected object to be an instance of "Point" but was not an instanced object.',
  ],
  [
    "assertObjectMatch",
    () => std.assertObjectMatch({ a: 1 }, { a: 2 }),
    "Values are not equal.",
  ],
  [
    "assertObjectMatch of a missing key",
    () => std.assertObjectMatch({ a: 1 }, { b: 1 }),
    "Values are not equal.",
  ],
  [
    "assertObjectMatch of a missing undefined",
    () => std.assertObjectMatch({ a: 1 }, { a: 1, b: undefined }),
    "Values are not equal.",
  ],
  [
    "assertObjectMatch of a shorter list",
    () => std.assertObjectMatch({ a: [1] }, { a: [1, 2] }),
    "Values are not equal.",
  ],
  [
    "assertThrows of nothing thrown",
    () => std.assertThrows(() => {}),
    "Expected function to throw.",
  ],
  [
    "assertThrows of nothing thrown, msg",
    () => std.assertThrows(() => {}, "why"),
    "Expected function to throw: why",
  ],
  [
    "assertThrows of another class",
    () =>
      std.assertThrows(() => {
        throw new TypeError("t");
      }, RangeError),
    'Expected error to be instance of "RangeError", but was "TypeError".',
  ],
  [
    "assertThrows of another message",
    () =>
      std.assertThrows(
        () => {
          throw new TypeError("one");
        },
        TypeError,
        "two",
        "why",
      ),
    'Expected error message to include "two", but got "one": why',
  ],
  [
    "assertThrows of a text thrown",
    () => std.assertThrows(raise("text"), Error),
    "A non-Error object was thrown.",
  ],
];

for (const [call, run] of HOLDS) {
  Deno.test(`std assert: ${call} holds`, run);
}

for (const [call, run, message] of FAILS) {
  Deno.test(`std assert: ${call} fails`, () => {
    let thrown: unknown;
    try {
      run();
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof std.AssertionError);
    assert.equal(thrown.name, "AssertionError");
    // After the first lines comes a picture of the difference, as it likes.
    const said = colors.stripAnsiCode(thrown.message);
    const hasPicture = /^Values |^Expected "actual" to not be/.test(message);
    assert.equal(hasPicture ? said.split("\n", 1)[0] : said, message);
  });
}

Deno.test("std assert: assertEquals() shows what differs and what is around", () => {
  let text = "";
  try {
    std.assertEquals({ lbn: 2, bas: 15, e: 1 }, { lbn: 3, bas: 15, e: 1 });
  } catch (error) {
    assert(error instanceof Error);
    text = colors.stripAnsiCode(error.message);
  }
  assert.match(text, /^- +lbn: 2,$/m);
  assert.match(text, /^\+ +lbn: 3,$/m);
  assert.match(text, /^ +bas: 15,$/m);
});

Deno.test("std assert: assertThrows() returns what was thrown", () => {
  const error = std.assertThrows(
    () => {
      throw new CustomError("no such field: \x1b[31mlbm\x1b[39m");
    },
    CustomError,
    "field: lbm",
  );
  // Typed as the class that was asked for.
  const typed: CustomError = error;
  assert(typed instanceof CustomError);
  assert.equal(
    std.assertThrows(raise("text")),
    "text",
  );
});

Deno.test("std assert: assertRejects() resolves to what was rejected", async () => {
  const typed: RangeError = await std.assertRejects(
    () => Promise.reject(new RangeError("too wide")),
    RangeError,
    "wide",
  );
  assert.equal(typed.message, "too wide");
  assert.equal(
    await std.assertRejects(() => Promise.reject("text")),
    "text",
  );
});

const REJECTS_FAILS: readonly [
  name: string,
  run: () => Promise<unknown>,
  message: string,
][] = [
  [
    "a promise that is kept",
    () => std.assertRejects(() => Promise.resolve(1), "why"),
    "Expected function to reject: why",
  ],
  [
    "a function that throws",
    () =>
      std.assertRejects(() => {
        throw new Error("at once");
      }),
    "Function throws when expected to reject.",
  ],
  [
    "another class",
    () => std.assertRejects(() => Promise.reject(new Error("e")), TypeError),
    'Expected error to be instance of "TypeError", but was "Error".',
  ],
  [
    "another message",
    () => std.assertRejects(() => Promise.reject(new Error("e")), Error, "f"),
    'Expected error message to include "f", but got "e".',
  ],
  [
    "a text rejected",
    () => std.assertRejects(() => Promise.reject("text"), Error),
    "A non-Error object was rejected.",
  ],
];

for (const [name, run, message] of REJECTS_FAILS) {
  Deno.test(`std assert: assertRejects() fails on ${name}`, async () => {
    await assert.rejects(run, (error: unknown) => {
      assert(error instanceof std.AssertionError);
      assert.equal(error.message, message);
      return true;
    });
  });
}

Deno.test("std assert: assertions narrow", () => {
  const value: string | number | undefined = [1, "x"].at(1);
  std.assertExists(value);
  const present: string | number = value;
  std.assert(typeof present === "string");
  const text: string = present;
  const unknown: unknown = text;
  std.assertStrictEquals(unknown, text);
  const strict: string = unknown;
  const made: unknown = new Point(7);
  std.assertInstanceOf(made, Point);
  assert.deepEqual([strict, made.x], ["x", 7]);
});

Deno.test("std assert: a path of its own has the same function", () => {
  assert.equal(assertEqualsAlone, std.assertEquals);
  assert.equal(AssertionErrorAlone, std.AssertionError);
  assert.equal(
    new std.AssertionError("a", { cause: 5 }).cause,
    5,
  );
});
