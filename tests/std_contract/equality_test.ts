/**
 * What @std/assert calls equal. As all of this folder, the rows hold for the package that JSR serves and for its
 * stand-in in offline/; expected values were typed by hand, and a check never uses the assertion that it tests.
 *
 * @module
 */
import * as assertions from "@std/assert";
import { equal } from "@std/assert/equal";
import assert from "node:assert/strict";
import { Point } from "./point.ts";

// Assertions that narrow a type must be called by a name with a declared type.
const std: typeof assertions = assertions;

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
