/** The steps of a pair, remembered: by random pairs, and many of them. */
import { NONE } from "./pair_frame.ts";
import { PROPERTIES_MAX } from "./properties.ts";
import { brokenOf } from "./schedule.ts";
import {
  actionOf,
  actionParts,
  EXPECTED_SHIFT,
  sameStates,
  SUCCESSOR,
  type Successor,
  SuccessorMemo,
} from "./successors.ts";
import { STEP } from "./model.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";

type Pair = readonly [vcpu: number, cpu: number, vm: number];

/** A successor of which all numbers are others than those of its neighbours. */
function successor(n: number): Successor {
  return {
    vcpu: n % 7 === 0 ? NONE : n,
    cpu: n % 5 === 0 ? NONE : n + 1,
    vm: n + 2,
    action: actionOf(STEP.instruction, n),
    broken: n % 3 === 0 ? n : 0,
    isOpen: false,
    explained: undefined,
  };
}

const pairs: fc.Arbitrary<readonly (readonly [Pair, number])[]> = fc
  .uniqueArray(
    fc.tuple(
      fc.tuple(
        fc.integer({ min: -1, max: 9 }),
        fc.integer({ min: -2, max: 9 }),
        fc.integer({ min: 0, max: 2 }),
      ),
      fc.integer({ min: 0, max: 4 }),
    ),
    { selector: ([pair]) => pair.join(), minLength: 1, maxLength: 40 },
  );

/** What is found of pairs, each with so many successors. */
function hasAll(
  memo: SuccessorMemo,
  all: readonly (readonly [Pair, number])[],
): void {
  let first = 0;
  for (const [pair, count] of all) {
    const begin = memo.find(...pair);
    assert(begin > 0, `${pair} is not there`);
    const expected = Array.from({ length: count }, (_, n) => {
      const { vcpu, cpu, vm, action, broken } = successor(first + n);
      return { vcpu, cpu, vm, action, broken };
    });
    assertEquals(memo.at(begin), expected);
    for (let n = 0; n < count; n++) {
      assertEquals(
        memo.placeOf(begin + 1 + n * SUCCESSOR.words),
        [...pair, n],
      );
    }
    first += count;
  }
}

function added(all: readonly (readonly [Pair, number])[]): SuccessorMemo {
  const memo = new SuccessorMemo();
  let first = 0;
  for (const [pair, count] of all) {
    assertEquals(memo.find(...pair), 0);
    const from = first;
    const found = Array.from({ length: count }, (_, n) => successor(from + n));
    const begin = memo.add(...pair, found);
    assertEquals(memo.find(...pair), begin);
    first += count;
  }
  return memo;
}

Deno.test("successors: each pair has its own, of any number", () => {
  fc.assert(
    fc.property(pairs, (all) => {
      const memo = added(all);
      assertEquals(memo.pairs, all.length);
      hasAll(memo, all);
      for (const [[vcpu, cpu, vm]] of all) {
        assertEquals(memo.find(vcpu + 100, cpu, vm), 0);
        assertEquals(memo.find(vcpu, cpu, vm + 100), 0);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("successors: the table and the list are doubled when they are full, and another thread begins with them", () => {
  const all = Array.from(
    { length: 1500 },
    (_, n): readonly [Pair, number] => [[n % 40, n % 37, n], n % 3],
  );
  const memo = added(all);
  hasAll(memo, all);
  // A number before those of each pair, 1500 times one successor on the average, and 0, which is no place.
  const words = 1 + 1500 + 1500 * SUCCESSOR.words;
  assertEquals(memo.remembered.listEnd, words);
  // 4096 words of the list were doubled twice; a slot has 4 words, and half of the slots are taken at most.
  assertEquals(memo.list.length, 4 * 4096);
  assertEquals(memo.remembered.table.length, 4 * 4096);
  assertEquals(memo.bytes, 4 * 8 * 4096);
  const other = new SuccessorMemo();
  other.beginWith(memo.remembered);
  hasAll(other, all);
  const more: Pair = [1000, 1000, 1000];
  other.add(...more, [successor(1)]);
  assertEquals([other.pairs, memo.pairs], [1501, 1500]);
  assertEquals(memo.find(...more), 0);
  hasAll(memo, all);
});

Deno.test("successors: the table is doubled once more than half of it is taken, the list once it is full", () => {
  const memo = new SuccessorMemo();
  const none: Successor[] = [];
  for (let n = 0; n < 512; n++) memo.add(n, 0, 0, none);
  assertEquals(memo.remembered.table.length, 4096);
  memo.add(512, 0, 0, none);
  assertEquals(memo.remembered.table.length, 8192);
  // 514 words are taken: so many successors fill the list to its end.
  const count = (4096 - 514 - 1) / SUCCESSOR.words;
  const many = Array.from(
    { length: Math.floor(count) },
    (_, n) => successor(n),
  );
  memo.add(1, 1, 1, many);
  const left = 4096 - memo.remembered.listEnd;
  for (let n = 0; n < left; n++) memo.add(n, 2, 2, none);
  assertEquals([memo.remembered.listEnd, memo.list.length], [4096, 4096]);
  memo.add(3, 3, 3, none);
  assertEquals(memo.list.length, 8192);
  assertEquals(memo.at(memo.find(1, 1, 1)).length, many.length);
});

Deno.test("successors: a place that is no successor's is an error", () => {
  const memo = new SuccessorMemo();
  memo.add(1, 2, 3, []);
  const begin = memo.add(4, 5, 6, [successor(1)]);
  assertEquals(memo.placeOf(begin + 1), [4, 5, 6, 0]);
  for (const at of [0, begin, begin + 1 + SUCCESSOR.words]) {
    assertThrows(() => memo.placeOf(at), RangeError, `${at}`);
  }
});

Deno.test("successors: a step's kind and node are one number, also without a node", () => {
  for (const kind of Object.values(STEP)) {
    for (const node of [NONE, 0, 1, 99_999]) {
      assertEquals(actionParts(actionOf(kind, node)), { kind, node });
    }
  }
  const kinds = Object.values(STEP);
  assertEquals(new Set(kinds).size, kinds.length);
});

Deno.test("successors: states are the same by their numbers, in their order", () => {
  const [one, other] = [successor(1), successor(2)];
  const cases: [Successor[], Successor[], boolean][] = [
    [[], [], true],
    [[one], [{ ...one, action: 99, broken: 5, isOpen: true }], true],
    [[one, other], [one, other], true],
    [[one, other], [other, one], false],
    [[one], [one, other], false],
    [[one], [{ ...one, vcpu: 9 }], false],
    [[one], [{ ...one, cpu: 9 }], false],
    [[one], [{ ...one, vm: 9 }], false],
  ];
  for (const [a, b, isSame] of cases) assertEquals(sameStates(a, b), isSame);
});

Deno.test("successors: bits of properties, and above them an expectation by its index", () => {
  assert(EXPECTED_SHIFT >= PROPERTIES_MAX);
  const atEnd = false;
  assertEquals(brokenOf(0), { properties: 0, expectation: undefined, atEnd });
  assertEquals(brokenOf(0x8005), {
    properties: 0x8005,
    expectation: undefined,
    atEnd,
  });
  assertEquals(brokenOf(1 << EXPECTED_SHIFT | 2), {
    properties: 2,
    expectation: 0,
    atEnd,
  });
  // The largest, which makes the number negative.
  assertEquals(brokenOf(0xffff << EXPECTED_SHIFT | 1), {
    properties: 1,
    expectation: 0xfffe,
    atEnd,
  });
});
