import { type ByKind, Packing, repack, type StateShape } from "./packing.ts";
import { SharedStates } from "./shared_states.ts";
import {
  hashState,
  numbersOf,
  OutOfMemory,
  type States,
  StateStore,
} from "./store.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";

/** Numbers of vCPUs and CPUs, and whether the VM's is among them. */
const shapes: fc.Arbitrary<StateShape> = fc.record({
  vcpus: fc.integer({ min: 1, max: 6 }),
  cpus: fc.integer({ min: 1, max: 5 }),
  vmVaries: fc.boolean(),
});

const counts: fc.Arbitrary<ByKind> = fc.record({
  vcpu: fc.integer({ min: 1, max: 70_000 }),
  cpu: fc.integer({ min: 1, max: 70_000 }),
  vm: fc.integer({ min: 1, max: 300 }),
});

/** How many components a place of a state has, by `counts`. */
function countsAt({ vcpus, cpus, vmVaries }: StateShape, of: ByKind) {
  return [
    ...Array<number>(vcpus).fill(of.vcpu),
    ...Array<number>(cpus).fill(of.cpu),
    ...vmVaries ? [of.vm] : [],
  ];
}

/** States as tuples, of as many components. */
function tuplesOf(shape: StateShape, of: ByKind, most: number) {
  return fc.array(
    fc.tuple(
      ...countsAt(shape, of).map((count) =>
        fc.oneof(fc.integer({ min: 0, max: count - 1 }), fc.constant(count - 1))
      ),
    ),
    { minLength: 1, maxLength: most },
  );
}

Deno.test("packing: a state is read as it was written, and a number without room is refused", () => {
  fc.assert(
    fc.property(
      fc.tuple(shapes, counts).chain(([shape, of]) =>
        fc.tuple(fc.constant(shape), fc.constant(of), tuplesOf(shape, of, 8))
      ),
      ([shape, of, tuples]) => {
        const packing = Packing.of(shape, of);
        assert(packing.fits(of));
        const words = new Int32Array(packing.words * tuples.length);
        const read = new Int32Array(packing.width);
        tuples.forEach((tuple, n) => {
          const at = n * packing.words;
          assert(packing.write(Int32Array.from(tuple), words, at));
        });
        tuples.forEach((tuple, n) => {
          packing.read(words, n * packing.words, read);
          assertEquals([...read], tuple);
        });
        const beyond = { ...of, cpu: 2 ** packing.bits.cpu + 1 };
        assert(!packing.fits(beyond));
        const tuple = Int32Array.from(tuples[0]);
        tuple[shape.vcpus] = beyond.cpu - 1;
        assert(!packing.write(tuple, words, 0));
      },
    ),
    { seed: 4, numRuns: 200 },
  );
});

Deno.test("packing: one component has a bit, and two have no more", () => {
  const wordsOf = (vcpus: number, vcpu: number) =>
    Packing.of({ vcpus, cpus: 16, vmVaries: false }, { vcpu, cpu: 1, vm: 1 })
      .words;
  assertEquals([1, 2, 3].map((count) => wordsOf(16, count)), [1, 1, 2]);
  assertEquals([1, 2].map((count) => wordsOf(17, count)), [2, 2]);
});

Deno.test("packing: three vCPUs of 3,285 blocks on two CPUs of 134 take two words", () => {
  const shape = { vcpus: 3, cpus: 2, vmVaries: false };
  const packing = Packing.of(shape, { vcpu: 3285, cpu: 134, vm: 1 });
  // 12 bits a vCPU, 8 a CPU: 52 of 64, and what is left is shared out.
  assertEquals(packing.words, 2);
  assert(packing.bits.vcpu >= 12 && packing.bits.cpu >= 8);
});

Deno.test("packing: repack() keeps all states, in more words too", () => {
  fc.assert(
    fc.property(
      fc.tuple(shapes, counts, counts).chain(([shape, a, b]) => {
        const least = {
          vcpu: Math.min(a.vcpu, b.vcpu),
          cpu: Math.min(a.cpu, b.cpu),
          vm: Math.min(a.vm, b.vm),
        };
        const tuples = tuplesOf(shape, least, 20);
        return fc.tuple(fc.constant({ shape, a, b }), tuples);
      }),
      ([{ shape, a, b }, tuples]) => {
        const from = Packing.of(shape, a);
        const to = Packing.of(shape, b);
        const most = Math.max(from.words, to.words);
        const words = new Int32Array(most * tuples.length);
        tuples.forEach((tuple, n) =>
          from.write(Int32Array.from(tuple), words, n * from.words)
        );
        repack(words, tuples.length, from, to);
        const read = new Int32Array(to.width);
        tuples.forEach((tuple, n) => {
          to.read(words, n * to.words, read);
          assertEquals([...read], tuple);
        });
      },
    ),
    { seed: 5, numRuns: 200 },
  );
});

/** Adds states, all from one parent. */
function add(
  states: States,
  tuples: readonly (readonly number[])[],
  hash: (words: Int32Array, at: number, size: number) => number,
): boolean {
  const { packing } = states;
  const size = packing.words;
  const words = new Int32Array(size * tuples.length);
  const hashes = new Int32Array(tuples.length);
  tuples.forEach((tuple, n) => {
    packing.write(Int32Array.from(tuple), words, n * size);
    hashes[n] = hash(words, n * size, size);
  });
  const parents = new Int32Array(tuples.length).fill(7);
  return states.addAll({ words, hashes, parents, count: tuples.length });
}

const SHAPE = { vcpus: 2, cpus: 1, vmVaries: false };

/** Tuples that come twice and more, from batch 60 on with larger numbers. */
function batches(count: number): number[][][] {
  return Array.from(
    { length: count },
    (_, b) =>
      Array.from({ length: 50 }, (_, n) => [
        (b * 37 + n * 11) % 200 * (b < 60 ? 1 : 300),
        (b * 5 + n * 3) % 90,
        n % 4,
      ]),
  );
}

// All equal: the table, and what it keeps of a hash, tell states apart by nothing but their words.
const HASHES = { own: hashState, equal: () => 0x1234_5678, zero: () => 0 };

for (const [name, hash] of Object.entries(HASHES)) {
  Deno.test(`store: each state is there once, in the order in which they came, as it grows and numbers become wider (hash: ${name})`, () => {
    const store = new StateStore(SHAPE, { vcpu: 1, cpu: 1, vm: 1 }, Infinity);
    const rounds = name === "own" ? 200 : 36;
    const expected: string[] = [];
    const seen = new Set<string>();
    let widened = 0;
    for (const tuples of batches(rounds)) {
      const most = Math.max(...tuples.flat()) + 1;
      const of = { vcpu: most, cpu: 4, vm: 1 };
      // The table's hashes are its own when it grows, so that only those may differ here.
      if (name === "own" && !store.packing.fits(of)) {
        store.widen(of);
        widened++;
      } else if (name !== "own" && store.count === 0) {
        store.widen({ vcpu: 200, cpu: 4, vm: 1 });
      }
      const small = name === "own" ? tuples : tuples.slice(0, 5);
      add(store, small, hash);
      for (const tuple of small) {
        const key = tuple.join();
        if (seen.has(key)) continue;
        seen.add(key);
        expected.push(key);
      }
    }
    // Nearly as many as have room in the first table, so that all of its slots are looked at.
    assert(expected.length > (name === "own" ? 1000 : 150));
    if (name === "own") assert(widened > 0, "no number became wider");
    const all = Array.from(
      { length: store.count },
      (_, s) => numbersOf(store, s).join(),
    );
    assertEquals(all, expected);
    assertEquals(store.parentOf(store.count - 1), 7);

    const shared = SharedStates.from(store, 2 ** 24);
    assertEquals(
      Array.from(
        { length: store.count },
        (_, s) => numbersOf(shared, s).join(),
      ),
      expected,
    );
    assertEquals(shared.parentOf(store.count - 1), 7);
    const fresh = [[191, 0, 3], [192, 1, 3], [191, 0, 3], [192, 0, 3]];
    assert(fresh.every((tuple) => !seen.has(tuple.join())));
    assert(add(shared, fresh, hash));
    assertEquals(shared.added, 3);
  });
}

Deno.test("store: shared states stay the same when numbers become wider and when there is more room", () => {
  const of = { vcpu: 200, cpu: 4, vm: 1 };
  const store = new StateStore(SHAPE, of, Infinity);
  const [first, ...more] = batches(60);
  add(store, first, hashState);
  const shared = SharedStates.from(store, 2 ** 24);
  const seen = new Set(first.map((tuple) => tuple.join()));
  assertEquals(store.count, seen.size);
  const wide = { vcpu: 300_000, cpu: 4000, vm: 1 };
  more.forEach((tuples, n) => {
    while (!add(shared, tuples, hashState)) {
      assert(shared.grow(n < 20 ? of : wide));
      shared.enter(0, shared.taken);
    }
    if (n === 20) {
      const { words } = shared.packing;
      assert(shared.grow(wide), "wider numbers have room");
      assert(shared.packing.words > words);
      shared.enter(0, shared.taken);
    }
    for (const tuple of tuples) seen.add(tuple.join());
  });
  const all = Array.from({ length: shared.taken }, (_, s) => s)
    .filter((s) => shared.has(s)).map((s) => numbersOf(shared, s).join());
  assertEquals(all.length, seen.size);
  assertEquals(new Set(all), seen);
});

Deno.test("store: more than the memory allows is refused, in number and in width", () => {
  const of = { vcpu: 200, cpu: 4, vm: 1 };
  const full = new StateStore(SHAPE, of, 8000);
  assertThrows(
    () => {
      for (const tuples of batches(60)) add(full, tuples, hashState);
    },
    OutOfMemory,
  );
  const wide = new StateStore(SHAPE, of, 2500);
  add(wide, [[1, 2, 3]], hashState);
  assertThrows(() => wide.widen({ ...of, vcpu: 1 << 20 }), OutOfMemory);
  assertEquals([...numbersOf(wide, 0)], [1, 2, 3]);
});
