import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { minimalSets, reduced, type SetQuestion } from "./minimal_sets.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"] as const;

type Name = typeof NAMES[number];

/** What a set comes to: a change is asked for, and the rest depends on the answer. */
type Tree = boolean | {
  readonly on: Name;
  readonly has: Tree;
  readonly not: Tree;
};

const { tree: TREE } = fc.letrec<{ tree: Tree; node: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.boolean(),
    tie("node"),
  ),
  node: fc.record({
    on: fc.constantFrom(...NAMES),
    has: tie("tree"),
    not: tie("tree"),
  }),
}));

/** Which earlier changes each change needs. */
const NEEDS = fc.tuple(
  ...NAMES.map((_, at) =>
    fc.subarray(NAMES.slice(0, at), { maxLength: Math.min(1, at) })
  ),
);

function outcome(
  tree: Tree,
  set: ReadonlySet<string>,
  read: Set<string>,
): boolean {
  if (typeof tree === "boolean") return tree;
  read.add(tree.on);
  return outcome(set.has(tree.on) ? tree.has : tree.not, set, read);
}

function close(
  needs: readonly (readonly Name[])[],
  set: ReadonlySet<string>,
): Set<string> {
  const closed = new Set(set);
  for (let at = NAMES.length - 1; at >= 0; at--) {
    if (closed.has(NAMES[at])) { for (const one of needs[at]) closed.add(one); }
  }
  return closed;
}

function questionOf(
  tree: Tree,
  needs: readonly (readonly Name[])[],
): SetQuestion & { attempts: number } {
  return {
    attempts: 0,
    changes: NAMES,
    close: (set) => close(needs, set),
    attempt(set) {
      this.attempts++;
      const read = new Set<string>();
      const mends = outcome(tree, set, read);
      return Promise.resolve({ mends, matters: (change) => read.has(change) });
    },
  };
}

/** All sets that have what they need, small ones first. */
function closedSets(needs: readonly (readonly Name[])[]): Set<string>[] {
  const all = Array.from(
    { length: 1 << NAMES.length },
    (_, bits) => new Set<string>(NAMES.filter((_, at) => bits >> at & 1)),
  );
  return all.filter((set) => close(needs, set).size === set.size).toSorted(
    (a, b) => a.size - b.size,
  );
}

/** The same as `minimalSets`, by trying everything. */
function allMinimal(
  tree: Tree,
  needs: readonly (readonly Name[])[],
): string[] {
  const found: Set<string>[] = [];
  for (const set of closedSets(needs)) {
    if (!outcome(tree, set, new Set())) continue;
    if (!found.some((one) => one.isSubsetOf(set))) found.push(set);
  }
  return found.map((set) => [...set].join("")).toSorted();
}

Deno.test("minimal sets: those that trying everything finds, however changes act together", async () => {
  let several = 0;
  await fc.assert(
    fc.asyncProperty(TREE, NEEDS, async (tree, needs) => {
      const { sets, decidedSize } = await minimalSets(
        questionOf(tree, needs),
        Infinity,
      );
      assertEquals(decidedSize, undefined);
      const found = sets.map((set) => set.join("")).toSorted();
      assertEquals(found, allMinimal(tree, needs));
      if (sets.length > 1 && sets.some(({ length }) => length > 1)) several++;
    }),
    { numRuns: 2000 },
  );
  assert(several > 50, `${several} with more than one`);
});

Deno.test("minimal sets: what is not reached is said", async () => {
  await fc.assert(
    fc.asyncProperty(TREE, NEEDS, fc.nat(20), async (tree, needs, most) => {
      const question = questionOf(tree, needs);
      const { sets, decidedSize } = await minimalSets(question, most);
      assert(question.attempts <= most);
      const all = allMinimal(tree, needs);
      const found = sets.map((set) => set.join(""));
      for (const set of found) assert(all.includes(set), set);
      if (decidedSize === undefined) assertEquals(found.length, all.length);
      else {
        const small = all.filter(({ length }) => length <= decidedSize);
        for (const set of small) assert(found.includes(set), set);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("reduced: nothing can be left out of what stays", async () => {
  await fc.assert(
    fc.asyncProperty(TREE, NEEDS, async (tree, needs) => {
      const question = questionOf(tree, needs);
      for (const set of closedSets(needs)) {
        if (!outcome(tree, set, new Set())) continue;
        const small = await reduced(question, set);
        assert(small.isSubsetOf(set));
        assert(outcome(tree, small, new Set()));
        assertEquals(close(needs, small).size, small.size);
        for (const one of small) {
          const rest = close(needs, small.difference(new Set([one])));
          if (rest.size >= small.size || small.size === 1) continue;
          assert(!outcome(tree, rest, new Set()), [...small].join(""));
        }
      }
    }),
    { numRuns: 300 },
  );
});
