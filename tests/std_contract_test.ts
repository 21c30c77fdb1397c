/**
 * What the project relies on in @std/assert, @std/cli and @std/fmt. The same
 * rows hold for the packages that JSR serves and for their stand-ins in
 * offline/; the expected values were typed by hand. A check here never goes
 * through the assertion that it is about.
 *
 * @module
 */

import * as assertions from "@std/assert";
import { AssertionError as AssertionErrorAlone } from "@std/assert/assertion-error";
import { equal } from "@std/assert/equal";
import { assertEquals as assertEqualsAlone } from "@std/assert/equals";
import { parseArgs } from "@std/cli/parse-args";
import { unicodeWidth } from "@std/cli/unicode-width";
import * as colors from "@std/fmt/colors";
import assert from "node:assert/strict";

// Assertions that narrow a type must be called by a name with a declared type.
const std: typeof assertions = assertions;

/** A class of its own, for values that only the prototype tells apart. */
class Point {
  constructor(readonly x: number) {}
}

/** An error that is not quite any other. */
class CustomError extends Error {}

/** A function that throws the value, whatever it is. */
function raise(value: unknown): () => never {
  return () => {
    throw value;
  };
}

/** A list that contains itself. */
function cycle(): unknown[] {
  const list: unknown[] = [1];
  list.push(list);
  return list;
}

const EQUAL: readonly [name: string, a: unknown, b: unknown][] = [
  ["numbers", 1, 1],
  ["zero of either sign", 0, -0],
  ["NaN", NaN, NaN],
  ["64-bit values", 0xffff_ffff_ffff_ffffn, (1n << 64n) - 1n],
  ["strings", "dr7", "dr7"],
  ["lists", [1, [2, "x"]], [1, [2, "x"]]],
  ["objects in any key order", { a: 1, b: { c: 2n } }, { b: { c: 2n }, a: 1 }],
  ["an object without prototype", /(?<n>\d)/.exec("7")?.groups, { n: "7" }],
  ["undefined in both", { a: undefined }, { a: undefined }],
  [
    "maps in any order",
    new Map([[1, "a"], [2, "b"]]),
    new Map([[2, "b"], [1, "a"]]),
  ],
  ["sets", new Set([1n, 2n]), new Set([2n, 1n])],
  ["sets of lists", new Set([[1], [2]]), new Set([[2], [1]])],
  ["words", new Uint32Array([1, 2]), new Uint32Array([1, 2])],
  ["buffers", new Uint8Array([9]).buffer, new Uint8Array([9]).buffer],
  ["dates", new Date(5), new Date(5)],
  ["patterns", /a+/g, /a+/g],
  ["addresses", new URL("file:///a"), new URL("file:///a")],
  ["instances of a class", new Point(1), new Point(1)],
  ["cycles", cycle(), cycle()],
];

const UNEQUAL: readonly [name: string, a: unknown, b: unknown][] = [
  ["a number and a 64-bit value", 1, 1n],
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["the 64th bit", 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
  ["lengths", [1], [1, 2]],
  ["order", [1, 2], [2, 1]],
  ["depth", { a: { b: [1, { c: 1 }] } }, { a: { b: [1, { c: 2 }] } }],
  ["undefined and missing", { a: undefined }, {}],
  ["undefined and another key", { a: undefined }, { b: undefined }],
  ["a list and an object", [1], { 0: 1 }],
  ["an instance and a plain object", new Point(1), { x: 1 }],
  ["maps", new Map([[1, "a"]]), new Map([[1, "b"]])],
  ["sets", new Set([1]), new Set([2])],
  ["words", new Uint32Array([1, 2]), new Uint32Array([1, 3])],
  ["kinds of words", new Uint32Array([1]), new Int32Array([1])],
  ["buffers", new Uint8Array([9]).buffer, new Uint8Array([8]).buffer],
  ["dates", new Date(5), new Date(6)],
  ["flags of a pattern", /a/g, /a/i],
  ["functions of one text", () => 1, () => 1],
];

for (const [name, a, b] of EQUAL) {
  Deno.test(`std assert: equal values, ${name}`, () => {
    assert.equal(equal(a, b), true);
    std.assertEquals(a, b);
    assert.throws(() => std.assertNotEquals(a, b), std.AssertionError);
    std.assertArrayIncludes([0, a], [b]);
  });
}

for (const [name, a, b] of UNEQUAL) {
  Deno.test(`std assert: unequal values, ${name}`, () => {
    assert.equal(equal(a, b), false);
    std.assertNotEquals(a, b);
    assert.throws(() => std.assertEquals(a, b), std.AssertionError);
    assert.throws(
      () => std.assertArrayIncludes([0, a], [b]),
      std.AssertionError,
    );
  });
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

/** Rows of arguments, options and result; `_` is given where not empty. */
const PARSED: readonly [
  name: string,
  args: readonly string[],
  options: Parameters<typeof parseArgs>[1],
  result: Record<string, unknown>,
][] = [
  ["nothing", [], {}, {}],
  ["words", ["run", "a b;c", ""], {}, { _: ["run", "a b;c", ""] }],
  ["numbers among the words", ["0x10", "7"], {}, { _: [16, 7] }],
  ["numbers kept as text", ["0x10"], { string: ["_"] }, { _: ["0x10"] }],
  ["a lone hyphen is a word", ["run", "-"], {}, { _: ["run", "-"] }],

  ["an undeclared flag", ["--trace"], {}, { trace: true }],
  ["an undeclared value", ["--n", "5"], {}, { n: 5 }],
  ["an undeclared value after =", ["--n=5"], {}, { n: 5 }],
  ["an undeclared flag before another", ["--a", "--b"], {}, {
    a: true,
    b: true,
  }],
  ["an undeclared --no-x", ["--no-x"], {}, { "no-x": true }],
  ["dots are left to others: none here", ["--n", "a.b"], {}, { n: "a.b" }],

  ["a flag that is absent", [], { boolean: ["trace"] }, { trace: false }],
  ["a flag", ["--trace"], { boolean: ["trace"] }, { trace: true }],
  ["one name, no list", ["--trace"], { boolean: "trace" }, { trace: true }],
  [
    "a flag takes no value",
    ["--trace", "x.dregs"],
    { boolean: ["trace"] },
    { trace: true, _: ["x.dregs"] },
  ],
  ["a flag =true", ["--trace=true"], { boolean: ["trace"] }, { trace: true }],
  ["a flag =false", ["--trace=false"], { boolean: ["trace"] }, {
    trace: false,
  }],
  ["a flag false", ["--trace", "false"], { boolean: ["trace"] }, {
    trace: false,
  }],
  [
    "all flags",
    ["--a", "x", "--b=y"],
    { boolean: true },
    { a: true, b: "y", _: ["x"] },
  ],

  ["a string that is absent", [], { string: ["filter"] }, {}],
  ["a string", ["--filter", "a b"], { string: ["filter"] }, { filter: "a b" }],
  ["a string stays text", ["--n", "0x1f"], { string: ["n"] }, { n: "0x1f" }],
  ["a string with = in it", ["--f=a=b"], { string: ["f"] }, { f: "a=b" }],
  ["a string over lines", ["--f=a\nb"], { string: ["f"] }, { f: "a\nb" }],
  ["an empty string after =", ["--f="], { string: ["f"] }, { f: "" }],
  ["a string at the end", ["--f"], { string: ["f"] }, { f: "" }],
  [
    "a string before a flag",
    ["--f", "--t"],
    { string: ["f"], boolean: ["t"] },
    { f: "", t: true },
  ],
  ["a string before a hyphen", ["--f", "-"], { string: ["f"] }, {
    f: "",
    _: ["-"],
  }],
  ["a string given twice", ["--f", "1", "--f", "2"], { string: ["f"] }, {
    f: "2",
  }],

  ["a letter", ["-t"], { boolean: ["t"] }, { t: true }],
  ["letters", ["-abc"], { boolean: ["a", "b", "c"] }, {
    a: true,
    b: true,
    c: true,
  }],
  [
    "a letter and its value",
    ["-e", "set brps=4 ctx=2; run"],
    { string: ["e"] },
    { e: "set brps=4 ctx=2; run" },
  ],
  ["a letter and -", ["-o", "-"], { string: ["o"] }, { o: "-" }],
  ["a letter=value", ["-k=v"], { string: ["k"] }, { k: "v" }],
  ["a letter and digits", ["-n5"], {}, { n: 5 }],
  ["letters, then one with a value", ["-tn", "5"], { boolean: ["t"] }, {
    t: true,
    n: 5,
  }],
  ["a letter at the end", ["-e"], { string: ["e"] }, { e: "" }],
  [
    "a letter before an option",
    ["-e", "-t"],
    { string: ["e"], boolean: ["t"] },
    { e: "", t: true },
  ],
  ["a letter that is a flag", ["-t", "x"], { boolean: ["t"] }, {
    t: true,
    _: ["x"],
  }],

  [
    "an alias of a flag",
    ["-h"],
    { boolean: ["help"], alias: { h: "help" } },
    { h: true, help: true },
  ],
  [
    "an alias that is absent",
    [],
    { boolean: ["help"], alias: { h: "help" } },
    { h: false, help: false },
  ],
  [
    "an alias, the other way round",
    ["--help"],
    { boolean: ["help"], alias: { help: "h" } },
    { h: true, help: true },
  ],
  [
    "several aliases of a string",
    ["-e", "7"],
    { string: ["eval"], alias: { eval: ["e", "script"] } },
    { e: "7", eval: "7", script: "7" },
  ],
  [
    "an alias of a flag takes no value",
    ["-t", "x"],
    { boolean: ["trace"], alias: { trace: "t" } },
    { t: true, trace: true, _: ["x"] },
  ],

  ["a default", [], { string: ["f"], default: { f: "text" } }, { f: "text" }],
  ["a default set aside", ["--f", "json"], {
    string: ["f"],
    default: { f: "text" },
  }, { f: "json" }],
  ["a default of a flag", [], { boolean: ["t"], default: { t: true } }, {
    t: true,
  }],
  [
    "a default and its alias",
    [],
    { string: ["f"], alias: { f: "format" }, default: { f: "text" } },
    { f: "text", format: "text" },
  ],
  ["a default of what nothing declares", [], { default: { n: 3 } }, { n: 3 }],

  ["collected, none", [], { string: ["k"], collect: ["k"] }, { k: [] }],
  ["collected, one", ["--k", "a"], { string: ["k"], collect: ["k"] }, {
    k: ["a"],
  }],
  [
    "collected, several",
    ["--k", "a", "x", "--k=b"],
    { string: ["k"], collect: ["k"] },
    { k: ["a", "b"], _: ["x"] },
  ],
  [
    "collected through an alias",
    ["-k", "a", "--kernel", "b"],
    { string: ["kernel"], collect: ["kernel"], alias: { kernel: "k" } },
    { k: ["a", "b"], kernel: ["a", "b"] },
  ],
  ["collected, no type", ["--n", "1", "--n", "x"], { collect: ["n"] }, {
    n: [1, "x"],
  }],
  ["collected, no type, none", [], { collect: ["n"] }, {}],
  ["collected flags", ["-v", "-v"], { boolean: ["v"], collect: ["v"] }, {
    v: [true, true],
  }],
  [
    "collected, with a default",
    [],
    { string: ["k"], collect: ["k"], default: { k: ["a"] } },
    { k: ["a"] },
  ],

  ["negated", ["--no-color"], { boolean: ["color"], negatable: ["color"] }, {
    color: false,
  }],
  [
    "negatable, as it is",
    ["--color"],
    { boolean: ["color"], negatable: ["color"] },
    { color: true },
  ],
  [
    "negated beside a default",
    ["--no-color"],
    { boolean: ["color"], negatable: ["color"], default: { color: true } },
    { color: false },
  ],
  [
    "not negatable",
    ["--no-color"],
    { boolean: ["color"] },
    { color: false, "no-color": true },
  ],
  [
    "a flag whose name begins with no-",
    ["--no-wait", "x"],
    { boolean: ["no-wait"] },
    { "no-wait": true, _: ["x"] },
  ],
  ["the last of --x and --no-x", ["--no-x", "--x"], {
    boolean: ["x"],
    negatable: ["x"],
  }, { x: true }],

  ["stopEarly", ["--a", "--", "b"], { boolean: ["a"], stopEarly: true }, {
    a: true,
    _: ["b"],
  }],
  [
    "stopEarly leaves the rest alone",
    ["-t", "run", "-e", "x", "7", "--no-y"],
    { boolean: ["t"], stopEarly: true },
    { t: true, _: ["run", "-e", "x", "7", "--no-y"] },
  ],

  ["-- ends the options", ["a", "--", "--b", "7"], {}, {
    _: ["a", "--b", "7"],
  }],
  ["-- apart", ["a", "--", "--b", "7"], { "--": true }, {
    _: ["a"],
    "--": ["--b", "7"],
  }],
  ["-- apart, none", ["a"], { "--": true }, { _: ["a"], "--": [] }],
  [
    "-- is no value",
    ["--f", "--", "x"],
    { string: ["f"] },
    { f: "", _: ["x"] },
  ],
];

for (const [name, args, options, result] of PARSED) {
  Deno.test(`std cli: parseArgs(), ${name}`, () => {
    assert.deepEqual({ ...parseArgs(args, options) }, { _: [], ...result });
  });
}

/** What `unknown` is asked, with the same options each time. */
const UNKNOWN: readonly [
  args: readonly string[],
  asked: readonly unknown[][],
][] = [
  [["--trace", "-k", "a", "--kernel=b"], []],
  [["--trase"], [["--trase", "trase", true]]],
  [["--trase=1"], [["--trase=1", "trase", "1"]]],
  [["--trase", "x"], [["--trase", "trase", "x"]]],
  [["-x"], [["-x", "x", true]]],
  [["-x", "5"], [["-x", "x", "5"]]],
  [["-xy"], [["-xy", "x", true], ["-xy", "y", true]]],
  [["--no-trace"], [["--no-trace", "no-trace", true]]],
  [["word", "-"], [["word"], ["-"]]],
  [["--", "--trase"], []],
];

for (const [args, asked] of UNKNOWN) {
  Deno.test(`std cli: parseArgs() asks unknown() about ${args.join(" ")}`, () => {
    const calls: unknown[][] = [];
    const parsed = parseArgs(args, {
      boolean: ["trace"],
      string: ["kernel"],
      alias: { kernel: "k" },
      unknown: (...call) => {
        calls.push(call.filter((part) => part !== undefined));
        return false;
      },
    });
    assert.deepEqual(calls, asked);
    // What unknown() refuses is left out.
    const { _, ...options } = parsed;
    assert.deepEqual(
      [_.length, "trase" in options, "x" in options],
      [args[0] === "--" ? 1 : 0, false, false],
    );
  });
}

Deno.test("std cli: parseArgs() keeps what unknown() does not refuse", () => {
  const parsed = parseArgs(["--n", "5", "word"], { unknown: () => undefined });
  assert.deepEqual({ ...parsed }, { n: 5, _: ["word"] });
});

Deno.test("std cli: parseArgs() types what it returns", () => {
  const parsed = parseArgs(["-h", "--kernel", "linux-6.12", "x"], {
    boolean: ["help", "color"],
    string: ["filter", "kernel", "format"],
    collect: ["kernel"],
    negatable: ["color"],
    alias: { help: "h" },
    default: { color: true, format: "text" },
    "--": true,
  });
  const help: boolean = parsed.help;
  const alias: boolean = parsed.h;
  const color: boolean = parsed.color;
  const filter: string | undefined = parsed.filter;
  const kernel: string[] = parsed.kernel;
  const format: string = parsed.format;
  const words: Array<string | number> = parsed._;
  const rest: string[] = parsed["--"];
  const another: unknown = parsed["another"];
  assert.deepEqual(
    [help, alias, color, filter, kernel, format, words, rest, another],
    [true, true, true, undefined, ["linux-6.12"], "text", ["x"], [], undefined],
  );
  // @ts-expect-error: it may be absent
  const absent: string = parsed.filter;
  // @ts-expect-error: a flag is no text
  const text: string = parsed.help;
  // @ts-expect-error: a collected option is a list
  const one: string = parsed.kernel;
  assert.deepEqual([absent, text, one], [undefined, true, ["linux-6.12"]]);
});

const WIDTHS: readonly [text: string, columns: number][] = [
  ["", 0],
  ["dbgbcr0_el1", 11],
  ["│ ─ ┼ ╞ ▶ → ≠ – … ✓ ✗ ·", 23],
  ["é", 1],
  ["e\u0301", 1],
  ["レジスタ", 8],
  ["ｱ", 1],
  ["Ａ", 2],
  ["한", 2],
  ["🐛", 2],
  ["👩‍💻", 4],
  ["a\u200bb", 2],
  ["a\tb\n", 2],
  ["\x1b[1mx\x1b[22m", 8],
  ["\u{ad}", 1],
  ["\ufeff", 0],
];

for (const [text, columns] of WIDTHS) {
  Deno.test(`std cli: unicodeWidth(${JSON.stringify(text)})`, () => {
    assert.equal(unicodeWidth(text), columns);
  });
}

const STYLES: readonly [
  name: string,
  style: (text: string) => string,
  open: string,
  close: string,
][] = [
  ["reset", colors.reset, "0", "0"],
  ["bold", colors.bold, "1", "22"],
  ["dim", colors.dim, "2", "22"],
  ["italic", colors.italic, "3", "23"],
  ["underline", colors.underline, "4", "24"],
  ["inverse", colors.inverse, "7", "27"],
  ["strikethrough", colors.strikethrough, "9", "29"],
  ["black", colors.black, "30", "39"],
  ["red", colors.red, "31", "39"],
  ["green", colors.green, "32", "39"],
  ["yellow", colors.yellow, "33", "39"],
  ["blue", colors.blue, "34", "39"],
  ["magenta", colors.magenta, "35", "39"],
  ["cyan", colors.cyan, "36", "39"],
  ["white", colors.white, "37", "39"],
  ["gray", colors.gray, "90", "39"],
  ["brightRed", colors.brightRed, "91", "39"],
  ["brightGreen", colors.brightGreen, "92", "39"],
  ["brightYellow", colors.brightYellow, "93", "39"],
  ["brightBlue", colors.brightBlue, "94", "39"],
  ["brightMagenta", colors.brightMagenta, "95", "39"],
  ["brightCyan", colors.brightCyan, "96", "39"],
  ["bgRed", colors.bgRed, "41", "49"],
  ["bgGreen", colors.bgGreen, "42", "49"],
  ["bgYellow", colors.bgYellow, "43", "49"],
  ["bgBlue", colors.bgBlue, "44", "49"],
  ["rgb8", (text) => colors.rgb8(text, 208), "38;5;208", "39"],
  ["rgb8, too high", (text) => colors.rgb8(text, 300), "38;5;255", "39"],
  ["bgRgb8", (text) => colors.bgRgb8(text, 17), "48;5;17", "49"],
  ["rgb24", (text) => colors.rgb24(text, 0x0102ff), "38;2;1;2;255", "39"],
  [
    "rgb24, by channel",
    (text) => colors.rgb24(text, { r: 9, g: 8, b: 300 }),
    "38;2;9;8;255",
    "39",
  ],
];

/** Runs `body` with colours on or off, and leaves them as they were. */
function withColor(enabled: boolean, body: () => void): void {
  const before = colors.getColorEnabled();
  colors.setColorEnabled(enabled);
  try {
    body();
  } finally {
    colors.setColorEnabled(before);
  }
}

for (const [name, style, open, close] of STYLES) {
  Deno.test(`std fmt: ${name}() with colours on`, () => {
    // With NO_COLOR in the environment nothing turns them on.
    const [start, end] = Deno.noColor
      ? ["", ""]
      : [`\x1b[${open}m`, `\x1b[${close}m`];
    withColor(true, () => {
      assert.equal(style("x"), `${start}x${end}`);
    });
  });
  Deno.test(`std fmt: ${name}() starts again where one ends inside it`, () => {
    const [start, end] = [`\x1b[${open}m`, `\x1b[${close}m`];
    withColor(true, () => {
      assert.equal(
        style(`a${end}b`),
        Deno.noColor ? `a${end}b` : `${start}a${start}b${end}`,
      );
    });
  });
  Deno.test(`std fmt: ${name}() with colours off`, () => {
    withColor(false, () => assert.equal(style("x"), "x"));
  });
}

Deno.test("std fmt: setColorEnabled() never overrules NO_COLOR", () => {
  withColor(true, () => assert.equal(colors.getColorEnabled(), !Deno.noColor));
  withColor(false, () => assert.equal(colors.getColorEnabled(), false));
});

Deno.test("std fmt: stripAnsiCode() leaves the text", () => {
  assert.equal(
    colors.stripAnsiCode("\x1b[1m\x1b[38;5;208mdr7\x1b[39m\x1b[22m = \x1b[2K0"),
    "dr7 = 0",
  );
});
