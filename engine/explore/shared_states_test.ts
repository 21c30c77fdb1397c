/** The states that threads share, seen by two of them in the thread of the test. */
import { SharedStates } from "./shared_states.ts";
import {
  type Batch,
  bytesOf,
  capacityOf,
  hashState,
  numbersOf,
  StateStore,
} from "./store.ts";
import { assert, assertEquals } from "@std/assert";

const SHAPE = { vcpus: 2, cpus: 1, vmVaries: true };

/** Fields that fill one word: 10 bits, 10, 10 and 2. */
const COUNTS = { vcpu: 1000, cpu: 1000, vm: 4 };

/** A state by its number, two of which are equal only if these are. */
function tupleOf(n: number): readonly number[] {
  return [n % 1000, Math.floor(n / 1000), 999 - n % 1000, n % 4];
}

/** States by their numbers, each with another parent. */
function batchOf(
  { packing }: { readonly packing: StateStore["packing"] },
  numbers: readonly number[],
): Batch {
  const size = packing.words;
  const words = new Int32Array(size * numbers.length);
  const hashes = new Int32Array(numbers.length);
  numbers.forEach((n, at) => {
    assert(packing.write(Int32Array.from(tupleOf(n)), words, at * size));
    hashes[at] = hashState(words, at * size, size);
  });
  const parents = Int32Array.from(numbers, parentOf);
  return { words, hashes, parents, count: numbers.length };
}

/** The first has none. */
function parentOf(n: number): number {
  return n - 1;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function storeOf(count: number): StateStore {
  const store = new StateStore(SHAPE, COUNTS, Infinity);
  assertEquals(store.packing.words, 1);
  if (count > 0) store.addAll(batchOf(store, range(0, count)));
  return store;
}

/** States, each once, with their parents. */
function hasAll(states: SharedStates, numbers: readonly number[]): void {
  const found = range(0, states.taken).filter((s) => states.has(s));
  const texts = found.map((s) =>
    `${numbersOf(states, s).join()} of ${states.parentOf(s)}`
  );
  const expected = numbers.map((n) => `${tupleOf(n).join()} of ${parentOf(n)}`);
  assertEquals(texts.toSorted(), expected.toSorted());
}

/** Bytes of so many slots, with states of some words in three quarters of them. */
function bytes(slots: number, words: number): number {
  return 4 * (slots + slots * 3 / 4 * (words + 1));
}

Deno.test("store: what it takes is 256 slots and their doubles, three quarters of which may be taken", () => {
  assertEquals([capacityOf(256), bytesOf(256, 2)], [192, bytes(256, 2)]);
  const store = storeOf(0);
  assertEquals([store.bytes, store.bytesPerState], [bytes(256, 1), 8 + 1024]);
  store.addAll(batchOf(store, range(0, 192)));
  assertEquals(store.bytes, bytes(256, 1));
  assertEquals(store.bytesPerState, 8 + 1024 / 192);
  // Some of a batch may be there already: it is not known before that it does not fit.
  store.addAll(batchOf(store, [191]));
  assertEquals([store.count, store.bytes], [192, bytes(512, 1)]);
  store.addAll(batchOf(store, range(192, 800)));
  assertEquals([store.count, store.bytes], [800, bytes(2048, 1)]);
  for (const n of range(0, 800)) {
    assertEquals([...numbersOf(store, n)], tupleOf(n));
    assertEquals(store.parentOf(n), parentOf(n));
  }
});

Deno.test("store: shared states take what theirs took, in as large a table", () => {
  for (const [count, slots] of [[0, 256], [192, 256], [193, 512]] as const) {
    const store = storeOf(0);
    for (const n of range(0, count)) store.addAll(batchOf(store, [n]));
    const shared = SharedStates.from(store, Infinity);
    assertEquals(shared.bytes, bytes(slots, 1));
    assertEquals(shared.taken, count);
    assertEquals(
      shared.bytesPerState(count),
      8 + 4 * slots / Math.max(1, count),
    );
    assertEquals(shared.added, 0);
    if (count < capacityOf(slots)) assert(!shared.has(count));
    hasAll(shared, range(0, count));
    const { head, table } = shared.memory;
    // Numbers that were taken, room, slots, and three widths of fields.
    assertEquals(head.byteLength, 4 * 6);
    const entries = new Int32Array(table).filter((entry) => entry !== 0);
    assertEquals(entries.length, count);
  }
});

Deno.test("store: threads take numbers in runs, and each state is there once, whichever adds it", () => {
  const one = SharedStates.from(storeOf(10), Infinity);
  const other = new SharedStates(one.memory);
  one.run = 4;
  other.run = 16;
  assert(one.addAll(batchOf(one, [3, 10, 11, 10])));
  assertEquals([one.added, one.taken], [2, 14]);
  assert(other.addAll(batchOf(other, [11, 12, 10])));
  assertEquals([other.added, other.taken], [1, 30]);
  // The rest of the first run is used before another one is taken.
  assert(one.addAll(batchOf(one, [13, 14, 15])));
  assertEquals([one.added, one.taken], [5, 34]);
  hasAll(one, range(0, 16));
  hasAll(other, range(0, 16));
  assertEquals(range(0, 34).filter((s) => one.has(s)), [
    ...range(0, 15),
    30,
  ]);
  // What comes after a run is dropped comes after all that is there.
  other.dropRun();
  assert(other.addAll(batchOf(other, [16])));
  assertEquals([other.taken, other.has(34)], [50, true]);
});

Deno.test("store: where another thread adds the same state meanwhile, it is there once", () => {
  for (const theirs of [[20], [21], [20, 21], [22]]) {
    const one = SharedStates.from(storeOf(10), Infinity);
    const other = new SharedStates(one.memory);
    const { compareExchange } = Atomics;
    let races = 0;
    Object.assign(Atomics, {
      compareExchange: (words: Int32Array, ...args: number[]) => {
        // Between the look at the slot and the entry.
        if (races++ === 0) assert(other.addAll(batchOf(other, theirs)));
        return compareExchange(words, args[0], args[1], args[2]);
      },
    });
    try {
      assert(one.addAll(batchOf(one, [20, 21])));
    } finally {
      Object.assign(Atomics, { compareExchange });
    }
    const all = new Set([...range(0, 10), 20, 21, ...theirs]);
    hasAll(one, [...all]);
    assertEquals(one.added + other.added, all.size - 10);
    assertEquals(other.added, theirs.length);
  }
});

Deno.test("store: states whose slots are taken by a thread that enters them meanwhile are entered too", () => {
  const states = SharedStates.from(storeOf(150), Infinity);
  assert(states.grow({ ...COUNTS, vcpu: 1 }));
  const other = new SharedStates(states.memory);
  const { compareExchange } = Atomics;
  let races = 0;
  Object.assign(Atomics, {
    compareExchange: (words: Int32Array, ...args: number[]) => {
      // Another thread is faster with a slot that this one has found empty.
      if (races++ === 0) other.enter(100, 150);
      return compareExchange(words, args[0], args[1], args[2]);
    },
  });
  try {
    states.enter(0, 100);
  } finally {
    Object.assign(Atomics, { compareExchange });
  }
  const { added } = states;
  for (const thread of [states, other]) {
    assert(thread.addAll(batchOf(thread, range(0, 150))));
  }
  assertEquals([states.added, other.added], [added, 0]);
  hasAll(states, range(0, 150));
});

Deno.test("store: shared states that are full take twice the table, or wider fields, or nothing", () => {
  const all = range(0, 192);
  const one = SharedStates.from(storeOf(192), bytes(512, 1));
  const other = new SharedStates(one.memory);
  one.run = other.run = 1000;
  assertEquals(one.addAll(batchOf(one, [192])), false);
  assertEquals([one.taken, one.added], [192, 0]);
  // They are there: that takes no room.
  assert(one.addAll(batchOf(one, all)));
  assert(one.grow(COUNTS));
  for (const thread of [one, other]) {
    thread.catchUp();
    assertEquals(thread.bytes, bytes(512, 1));
  }
  one.enter(0, 100);
  other.enter(100, 192);
  hasAll(one, all);
  const { table } = one.memory;
  const entries = new Int32Array(table).filter((entry) => entry !== 0);
  assertEquals(entries.length, 192);
  assert(other.addAll(batchOf(other, range(190, 384))));
  assertEquals([other.added, other.taken], [192, 384]);
  assertEquals(other.addAll(batchOf(other, [384])), false);
  hasAll(one, range(0, 384));
  // More would be over the bound, in number and in width.
  const before = one.bytes;
  assertEquals(one.grow(COUNTS), false);
  assertEquals(one.grow({ ...COUNTS, vcpu: 1 << 20 }), false);
  assertEquals(one.bytes, before);
  hasAll(one, range(0, 384));
});

Deno.test("store: numbers past the end that a last run has taken are given away once there is room", () => {
  const states = SharedStates.from(storeOf(190), bytes(512, 1));
  states.run = 16;
  assertEquals(states.addAll(batchOf(states, range(190, 193))), false);
  assertEquals(states.taken, 192);
  assert(states.grow(COUNTS));
  assertEquals(states.taken, 192);
  states.enter(0, 192);
  assert(states.addAll(batchOf(states, [192])));
  assertEquals([states.taken, states.has(192)], [208, true]);
});

Deno.test("store: shared states get wider fields in as large a table", () => {
  const one = SharedStates.from(storeOf(150), bytes(256, 3));
  const wide = { vcpu: 1 << 20, cpu: 1 << 20, vm: 4 };
  assert(one.grow(wide));
  const other = new SharedStates(one.memory);
  assertEquals(other.packing.words, 3);
  assert(other.packing.fits(wide));
  assertEquals(other.bytes, bytes(256, 3));
  other.enter(0, other.taken);
  assert(other.addAll(batchOf(other, range(0, 160))));
  assertEquals(other.added, 10);
  one.catchUp();
  hasAll(one, range(0, 160));
  // Twice the table would have room for states of one word, but not of three.
  const narrow = SharedStates.from(storeOf(150), bytes(512, 1));
  assert(narrow.grow(wide));
  narrow.enter(0, 150);
  assertEquals(narrow.grow(wide), false);
  // By one byte too large.
  const bounded = SharedStates.from(storeOf(150), bytes(256, 3) - 1);
  assertEquals(bounded.grow(wide), false);
  assertEquals(bounded.packing.words, 1);
});
