/** Blocks by number: the pool of one thread, and the one that threads share, seen by two of them. */
import { type BlockPool, hashOf, Pool } from "./pool.ts";
import { SharedPool } from "./shared_pool.ts";
import { hashState } from "./store.ts";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";

/** Blocks of some words, most of them more than once. */
function blocks(words: number, count: number): Int32Array[] {
  return Array.from({ length: count }, (_, n) => {
    const value = n % 3 === 2 ? n >> 2 : n;
    // All of a block's words differ from those of the next one, or the last one alone does.
    return Int32Array.from(
      { length: words },
      (_, i) => i === words - 1 ? value : n & 1 ? -value : 7,
    );
  });
}

/** What a pool must come to: the numbers in the order in which blocks came, and what is new. */
function numbered(all: readonly Int32Array[]) {
  const ids = new Map<string, number>();
  return all.map((block) => {
    const key = block.join();
    const isNew = !ids.has(key);
    if (isNew) ids.set(key, ids.size);
    return { id: ids.get(key)!, isNew };
  });
}

/** Words before a block, and after it. */
const AROUND = 3;

/** A block among other words. */
function among(block: Int32Array): Int32Array {
  const w = new Int32Array(block.length + 2 * AROUND).fill(-1);
  w.set(block, AROUND);
  return w;
}

/** Each block has its number, and its words. */
function hasAll(
  pool: BlockPool,
  all: readonly Int32Array[],
  expected: readonly { readonly id: number }[],
): void {
  for (const [n, { id }] of expected.entries()) {
    const w = among(all[n].slice().fill(-1));
    pool.load(id, w, AROUND);
    assertEquals(w, among(all[n]));
  }
}

/** More blocks than fit at first, and more than two tables have room for. */
const COUNT = 1500;

/** Bytes of so many blocks: room for 256 of them and its doubles, and a table of 1024 slots and its doubles, half full. */
function bytesOf(words: number, count: number): number {
  let [room, slots] = [256, 1024];
  while (room < count) room *= 2;
  while (slots < 2 * count) slots *= 2;
  return 4 * (room * words + slots);
}

// Of more than 16 words a block is copied in another way.
for (const words of [1, 4, 20]) {
  const all = blocks(words, COUNT);
  const expected = numbered(all);
  const count = Math.max(...expected.map(({ id }) => id)) + 1;
  const added = (pool: BlockPool, n: number) => {
    const w = among(all[n]);
    const { id, isNew } = expected[n];
    const found = n % 2 === 0 ? pool.intern(w, AROUND) : pool.add(w, AROUND);
    if (found !== (n % 2 === 0 ? id : isNew)) {
      assertEquals([n, found], [n, n % 2 === 0 ? id : isNew]);
    }
  };

  Deno.test(`pool: ${count} blocks of ${words} words have their numbers, in the order in which they came`, () => {
    const pool = new Pool(words);
    all.forEach((_, n) => {
      added(pool, n);
      const bytes = bytesOf(words, pool.count);
      if (pool.bytes !== bytes) assertEquals([n, pool.bytes], [n, bytes]);
    });
    assertEquals(pool.count, count);
    hasAll(pool, all, expected);
    for (const block of all) assert(!pool.add(among(block), AROUND));
  });

  Deno.test(`pool: shared, blocks of ${words} words have the same numbers for two threads, whichever adds them`, () => {
    for (const first of [0, 100, 900]) {
      const own = new Pool(words);
      for (let n = 0; n < first; n++) added(own, n);
      const one = SharedPool.from(own);
      hasAll(one, all, expected.slice(0, first));
      assertEquals(one.count, own.count);
      const other = new SharedPool(one.memory);
      const pools = [one, other];
      // One that adds nothing until all is there.
      const late = new SharedPool(one.memory);
      for (let n = first; n < COUNT; n++) {
        added(pools[n % 7 < 3 ? 0 : 1], n);
        if (first === 0 && one.bytes !== bytesOf(words, one.count)) {
          assertEquals([n, one.bytes], [n, bytesOf(words, one.count)]);
        }
      }
      for (const block of all) assert(!late.add(among(block), AROUND));
      for (const pool of [one, other, late, new SharedPool(one.memory)]) {
        hasAll(pool, all, expected);
        assertEquals([pool.words, pool.count], [words, count]);
        assertEquals(pool.bytes, one.bytes);
      }
      const { head, data, table } = one.memory;
      // The lock, the number of blocks and that of slots.
      assertEquals(head.byteLength, 4 * 3);
      assertEquals(one.bytes, data.byteLength + table.byteLength);
      assert(data.byteLength <= 8 * words * Math.max(256, count));
      // Each block is in the table once.
      const entries = new Int32Array(table).filter((entry) => entry !== 0);
      assertEquals(
        entries.toSorted(),
        Int32Array.from({ length: count }, (_, id) => id + 1),
      );
      assert(table.byteLength >= 8 * count, "the table is too full");
    }
  });
}

Deno.test("pool: a thread reads a block that it adds while no other one may add any", () => {
  const { memory } = SharedPool.from(new Pool(1));
  const lock = new Int32Array(memory.head);
  const seen: number[] = [];
  // What asks for a word of it looks at the lock.
  const block = new Proxy(Int32Array.of(5), {
    get: (words, key) => {
      if (key === "0") seen.push(lock[0]);
      return Reflect.get(words, key);
    },
  });
  const { wait, notify } = Atomics;
  const stubs = Atomics as unknown as Record<"wait" | "notify", unknown>;
  const waits: unknown[] = [];
  const woken: unknown[] = [];
  // The other thread goes on, and gives the lock back at the second look.
  stubs.wait = (words: Int32Array, ...args: number[]) => {
    waits.push(args);
    if (waits.length % 2 === 0) words[0] = 0;
    return "ok";
  };
  stubs.notify = (words: Int32Array, ...args: number[]) => {
    woken.push([words[0], ...args]);
    return 0;
  };
  try {
    for (const name of ["intern", "add"] as const) {
      lock[0] = 1;
      new SharedPool(memory)[name](block, 0);
      assertEquals(lock[0], 0);
    }
  } finally {
    Object.assign(Atomics, { wait, notify });
  }
  assert(seen.length > 2);
  assertEquals(new Set(seen), new Set([1]));
  // It sleeps for a millisecond, as long as the lock is taken; then it wakes one, once the lock is free.
  assertEquals(waits, Array(4).fill([0, 1, 1]));
  assertEquals(woken, Array(2).fill([0, 0, 1]));
});

Deno.test("pool: the first block after the table was doubled is a new one, also if it has nothing but zeros", () => {
  const own = new Pool(2);
  for (const pool of [own, SharedPool.from(new Pool(2))]) {
    // Half of 1024 slots, and one more.
    for (let n = 1; n <= 513; n++) pool.intern(Int32Array.of(n, 7), 0);
    assertEquals(pool.count, 513);
    assertEquals(pool.intern(new Int32Array(2), 0), 513);
    assertEquals(pool.count, 514);
  }
  const shared = SharedPool.from(own);
  assertEquals([shared.count, shared.add(Int32Array.of(0, 1), 0)], [514, true]);
  assertEquals(shared.count, 515);
});

Deno.test("pool: a block of no words is one block", () => {
  const own = new Pool(0);
  const shared = SharedPool.from(own);
  for (const pool of [own, shared]) {
    const w = new Int32Array(1);
    assertEquals([pool.intern(w, 0), pool.intern(w, 0), pool.count], [0, 0, 1]);
  }
});

Deno.test("pool: a thread loads a block that another one has added since it looked", () => {
  const one = SharedPool.from(new Pool(2));
  const room = one.data.length / 2;
  // One has seen where the block is, the other has not.
  for (const [id, isSeen] of [[room - 1, true], [room, false]] as const) {
    const other = new SharedPool(one.memory);
    while (one.count <= id) one.intern(Int32Array.of(one.count, 7), 0);
    assertEquals(other.data.length, 2 * room);
    const w = new Int32Array(2);
    other.load(id, w, 0);
    assertEquals([...w], [id, 7]);
    assertEquals(other.data.length === one.data.length, true);
    assertEquals(other.data.length === 2 * room, isSeen);
  }
});

for (const [name, hash] of Object.entries({ hashOf, hashState })) {
  Deno.test(`pool: blocks that differ in one word have different hashes (${name})`, () => {
    const word = fc.integer();
    const block = fc.array(word, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(block, fc.nat(), fc.integer({ min: 0, max: 31 }), (
        words,
        n,
        bit,
      ) => {
        const other = words.slice();
        other[n % words.length] ^= 1 << bit;
        const [a, b] = [words, other].map((one) =>
          hash(among(Int32Array.from(one)), AROUND, one.length)
        );
        return a !== b;
      }),
    );
  });

  Deno.test(`pool: hashes of neighbours are spread over the slots of a table (${name})`, () => {
    const slots = 1 << 10;
    for (const shift of [0, 8, 16, 20]) {
      const taken = new Set<number>();
      for (let n = 0; n < slots; n++) {
        const w = Int32Array.of(7, n << shift);
        taken.add(hash(w, 0, 2) & (slots - 1));
      }
      // Of 1024 slots drawn at random 647 are taken.
      assert(taken.size > 600, `${taken.size} slots for ${shift}`);
    }
  });
}
