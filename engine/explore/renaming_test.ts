/** Renamings: which a model has, what one after the other makes, and which state stands for all that they make of one. */
import { makeInsn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import { classesOf } from "./classes.ts";
import type { Model } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import { PairClasses } from "./pair_classes.ts";
import type { UserAction } from "./programmed_machine.ts";
import { closed, isSame, type Renaming } from "./renaming.ts";
import { renamingsOf } from "./renamings.ts";
import { Steps } from "./steps.ts";
import { Symmetry } from "./symmetry.ts";
import { anyOf, modelOf, type Setup, straight, x86Guest } from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("renaming: numbers that pairs bring together, and no class of one", () => {
  const sorted = (classes: number[][]) =>
    classes.map((one) => one.toSorted()).toSorted((a, b) => a[0] - b[0]);
  assertEquals(classesOf([]), []);
  assertEquals(classesOf([[1, 1], [2, 2]]), []);
  assertEquals(sorted(classesOf([[1, 2], [3, 4], [5, 5]])), [[1, 2], [3, 4]]);
  assertEquals(
    sorted(classesOf([[4, 3], [1, 2], [2, 3], [6, 7], [3, 1]])),
    [[1, 2, 3, 4], [6, 7]],
  );
});

/** A renaming of two vCPUs and three CPUs that does nothing else. */
const SAME: Renaming = {
  vcpus: [0, 1],
  cpus: [0, 1, 2],
  slots: undefined,
  pages: new Map(),
  guests: [undefined, undefined],
  users: [undefined, undefined],
  hosts: [undefined, undefined, undefined],
};

Deno.test("renaming: those that others make one after the other, each once", () => {
  const cycle = { ...SAME, cpus: [1, 2, 0] };
  const found = closed([SAME, cycle])!;
  assertEquals(
    found.map(({ cpus }) => cpus.join()).toSorted(),
    ["0,1,2", "1,2,0", "2,0,1"],
  );
  // Two exchanges make all six orders.
  const exchanges = [[1, 0, 2], [0, 2, 1]].map((cpus) => ({ ...SAME, cpus }));
  const orders = closed([SAME, ...exchanges])!.map(({ cpus }) => cpus.join());
  assertEquals([orders.length, new Set(orders).size], [6, 6]);
  // Equal ones are one, whatever way they say that something stays.
  const equal = {
    ...SAME,
    slots: [0, 1, 2],
    pages: new Map([[4, 4]]),
    guests: [new Map([[1, 1]]), undefined],
  };
  assertEquals(closed([SAME, equal])!.length, 1);
  const [one, other] = [[1, 2], [2, 1]].map(([first, then]) => ({
    ...SAME,
    pages: new Map([[first, 3 - first], [then, 3 - then]]),
  }));
  assertEquals(closed([one, other])!.length, 2);
});

Deno.test("renaming: pages, slots and positions are renamed one after the other", () => {
  const exchange: Renaming = {
    ...SAME,
    vcpus: [1, 0],
    slots: [1, 0],
    pages: new Map([[1, 2], [2, 3], [3, 1]]),
    guests: [new Map([[1, 2], [2, 1]]), new Map([[1, 3], [3, 1]])],
    users: [new Map([[1, 2], [2, 1]]), undefined],
  };
  const found = closed([exchange])!;
  // Twice it renames no vCPU and no slot, pages and positions of guests in rings of three, and those of userspaces by
  // twos: that is itself again after six times.
  assertEquals(found.length, 12);
  const twice = found.find(({ vcpus, pages }) =>
    isSame(vcpus) && pages.get(1) === 3
  )!;
  assertEquals([...twice.pages].toSorted(), [[1, 3], [2, 1], [3, 2]]);
  assert(isSame(twice.slots));
  // vCPU 0's position 1 is 2 of vCPU 1, which stays 2 of vCPU 0; 2 is 1 of vCPU 1, which is 3 of vCPU 0.
  assertEquals([...twice.guests[0]!].toSorted(), [[1, 2], [2, 3], [3, 1]]);
  assertEquals([...twice.users[0]!].toSorted(), [[1, 2], [2, 1]]);
  assertEquals([...twice.users[1]!].toSorted(), [[1, 2], [2, 1]]);
});

Deno.test("renaming: more than a hundred that make each other are too many", () => {
  const ring = (length: number): Renaming => ({
    ...SAME,
    cpus: Array.from({ length }, (_, p) => (p + 1) % length),
    hosts: Array.from({ length }, () => undefined),
  });
  assertEquals(closed([ring(100)])?.length, 100);
  assertEquals(closed([ring(101)]), undefined);
});

/** vCPUs that are alike, each at addresses of its own. */
function guests(count: number): Setup["guests"] {
  return Array.from({ length: count }, (_, v) => {
    const guest = x86Guest(v);
    const address = 0x1000 + 0x1_0000 * v;
    return straight([guest.writeDr0(address), guest.exec(address)]);
  });
}

const GET: UserAction = { kind: "get", register: 0 };
const HOST: HostDebugRequest = { action: "break", address: 0x9000n };

const X86: Setup = {
  arch: "x86",
  profile: "linux-6.1",
  cpus: 1,
  guests: guests(2),
  never: 0,
};

/** Models, and how many renamings they have with the identity: of numbers, of slots, of both. */
const COUNTS: readonly (readonly [
  name: string,
  setup: Partial<Setup>,
  numbers: number,
  slots: number,
  both: number,
])[] = [
  ["two vCPUs", {}, 2, 1, 2],
  ["three", { guests: guests(3) }, 6, 1, 6],
  ["two, and two CPUs", { cpus: 2 }, 4, 1, 4],
  [
    "two with userspaces that are alike",
    {
      users: [straight([GET]), straight([GET])],
    },
    2,
    1,
    2,
  ],
  ["two with a userspace", { users: [straight([GET])] }, 1, 1, 1],
  [
    "two CPUs with hosts that are alike",
    {
      cpus: 2,
      hosts: [straight([HOST]), straight([HOST])],
    },
    4,
    1,
    4,
  ],
  [
    "two CPUs, one with a host",
    { cpus: 2, hosts: [straight([HOST])] },
    2,
    1,
    2,
  ],
  [
    "guests of which one does something else",
    {
      guests: [guests(2)[0], straight([x86Guest(1).exec(0x1_1000)])],
    },
    1,
    1,
    1,
  ],
  [
    "guests of which one is at another offset of its page",
    {
      guests: [
        straight([x86Guest(0).exec(0x1000)]),
        straight([x86Guest(1).exec(0x2004)]),
      ],
    },
    1,
    1,
    1,
  ],
  // Where one is at 0x1000 the other must be at what 0x1000 is renamed to.
  [
    "guests at addresses of each other",
    {
      guests: [
        straight([x86Guest(0).exec(0x1000), x86Guest(0).exec(0x2000)]),
        straight([x86Guest(1).exec(0x2000), x86Guest(1).exec(0x1000)]),
      ],
    },
    2,
    1,
    2,
  ],
  [
    "guests of which one comes twice to where the other comes once",
    {
      guests: [
        straight([x86Guest(0).exec(0x1000), x86Guest(0).exec(0x2000)]),
        straight([x86Guest(1).exec(0x2000), x86Guest(1).exec(0x3000)]),
      ],
    },
    1,
    1,
    1,
  ],
  [
    "a guest that may write either slot",
    {
      guests: [anyOf(
        [0, 1].map((register) =>
          makeInsn({
            op: "write",
            register,
            lo: 0x1000,
            addressLo: 0x5000,
            lengthBytes: 3,
          })
        ),
        1,
      )],
    },
    1,
    2,
    2,
  ],
  // Exchanging the first two exchanges the addresses as well, by the order of the ways, and the others do not: with all
  // that they make one after the other, both orders of the addresses are there for each of the six of the slots.
  [
    "a guest that may write any of three slots with either address",
    {
      guests: [anyOf(
        [[0, 1], [0, 2], [1, 2], [1, 1], [2, 1], [2, 2]].map((
          [register, page],
        ) =>
          makeInsn({
            op: "write",
            register,
            lo: 0x1000 * page,
            addressLo: 0x5000,
            lengthBytes: 3,
          })
        ),
        1,
      )],
    },
    1,
    12,
    12,
  ],
];

for (const [name, setup, ...counts] of COUNTS) {
  Deno.test(`renaming: ${name}: ${counts.join(", ")}`, () => {
    const model = modelOf({ ...X86, ...setup });
    const steps = new Steps(model, false);
    const found = [
      { numbers: true, slots: false },
      { numbers: false, slots: true },
      { numbers: true, slots: true },
    ].map((names) => new Symmetry(model, steps, names));
    assertEquals(found.map(({ count }) => count), counts);
    assertEquals(
      found.map(({ ofNumbers }) => ofNumbers),
      [counts[0] > 1, false, counts[0] > 1],
    );
    assertEquals(
      found.map(({ ofSlots }) => ofSlots),
      [false, counts[1] > 1, counts[1] > 1],
    );
    for (const { renamings, count } of found) {
      assertEquals(renamings.length, count - 1);
    }
    // Where one is asked about by its number nothing is renamed.
    const asked: Model = {
      ...model,
      always: [{
        of: "vcpu",
        index: 0,
        holds: () => true,
        isThere: () => true,
      }],
    };
    assertEquals(new Symmetry(asked, steps).count, 1);
    assertEquals(
      new Symmetry({ ...model, finally: asked.always }, steps).count,
      1,
    );
  });
}

Deno.test("renaming: more than a thousand ways are not tried", () => {
  for (const [cpus, count] of [[6, 720], [7, 0]] as const) {
    const model = modelOf({ ...X86, cpus, guests: guests(1) });
    assertEquals(
      renamingsOf(model, { numbers: true, slots: false }).length,
      count,
    );
  }
});

Deno.test("renaming: a state, a pair and a CPU have one least image, which renamings lead to", () => {
  const model = modelOf({ ...X86, cpus: 2, guests: guests(2) });
  const steps = new Steps(model, false);
  const symmetry = new Symmetry(model, steps);
  assertEquals(symmetry.count, 4);
  const start = steps.initial();
  // Numbers up to those of a hundred blocks or more.
  const tuples: number[][] = [[...start.vcpus, ...start.cpus]];
  for (let n = 0; n < tuples.length && n < 60; n++) {
    const [tuple, v] = [tuples[n], n % 2];
    const p = steps.components.mode[tuple[v]] === 0
      ? 0
      : steps.components.where[tuple[v]];
    if (p < 0 || tuple[v] < 0) continue;
    for (const one of steps.successorsOf(tuple[v], tuple[2 + p], start.vm)) {
      const after = [...tuple];
      after[v] = one.vcpu;
      after[2 + p] = one.cpu;
      tuples.push(after);
    }
  }
  const least = (tuple: readonly number[], at: number) => {
    const words = Int32Array.from([...Array(at).fill(-7), ...tuple]);
    symmetry.canonical(words, at);
    assert(words.subarray(0, at).every((word) => word === -7));
    return [...words.subarray(at)];
  };
  const classes = new PairClasses(symmetry);
  for (const tuple of tuples) {
    const images = [
      tuple,
      ...symmetry.renamings.map((one) => {
        const image: number[] = [];
        one.vcpus.forEach((to, v) => {
          image[to] = steps.renamedVcpu(tuple[v], one);
        });
        one.cpus.forEach((to, p) => {
          image[2 + to] = steps.renamedCpu(tuple[2 + p], one);
        });
        return image;
      }),
    ];
    const smaller = (a: readonly number[], b: readonly number[]) => {
      const at = a.findIndex((id, i) => id !== b[i]);
      return at >= 0 && a[at] < b[at];
    };
    const expected = images.reduce((a, b) => smaller(b, a) ? b : a);
    for (const image of images) {
      assertEquals(least(image, 0), expected);
      assertEquals(least(image, 3), expected);
    }
    const pair: [number, number] = [9, 9];
    for (const [v, p] of [[0, 0], [1, 0], [0, 1]]) {
      const [vcpu, cpu] = [tuple[v], tuple[2 + p]];
      const pairs = [
        [vcpu, cpu],
        ...symmetry.renamings.map((one) => [
          steps.renamedVcpu(vcpu, one),
          steps.renamedCpu(cpu, one),
        ]),
      ];
      const leastPair = pairs.reduce((a, b) => smaller(b, a) ? b : a);
      symmetry.leastPair(vcpu, cpu, pair);
      assertEquals(pair, leastPair);
      symmetry.leastPair(vcpu, NONE, pair);
      assertEquals(pair, [leastPair[0], NONE]);
      assertEquals(
        new Set(symmetry.cpusLike(cpu)),
        new Set(pairs.map(([, cpu]) => cpu)),
      );
      // One of them counts, the first that comes; with another VM block it is another pair.
      classes.take(vcpu, cpu, 0);
      classes.take(NONE, cpu, 0);
      for (const [v, c] of pairs) {
        assert(!classes.take(v, c, 0));
        assert(!classes.take(NONE, c, 0));
      }
    }
  }
  assert(classes.take(tuples[0][0], tuples[0][2], 1));
  assert(new PairClasses(undefined).take(3, 4, 5));
});

Deno.test("renaming: components of any number are renamed, those first that tables have no room for", () => {
  const model = modelOf({ ...X86, guests: guests(2) });
  const own = new Steps(model, false);
  // Each two that begin with an odd number are exchanged, as the vCPUs of the start are.
  const start = { ...own.initial(), vcpus: [1, 2] };
  const other = (id: number) => (id - 1 ^ 1) + 1;
  const steps: Steps = Object.create(own, {
    initial: { value: () => start },
    renamedVcpu: { value: other },
    renamedCpu: { value: other },
  });
  for (const id of [63, 64, 65, 127, 128, 255, 256, 257, 512]) {
    const symmetry = new Symmetry(model, steps);
    assertEquals(symmetry.count, 2);
    assertEquals(symmetry.cpusLike(id), [id, other(id)]);
    const pair: [number, number] = [0, 0];
    new Symmetry(model, steps).leastPair(id, id, pair);
    const least = Math.min(id, other(id));
    assertEquals(pair, [least, least]);
    // The vCPUs change places as well.
    const tuple = Int32Array.from([id, id, id]);
    new Symmetry(model, steps).canonical(tuple, 0);
    assertEquals([...tuple], [least, least, least]);
  }
});

Deno.test("renaming: the null address has no other name", () => {
  const guests = (other: number): Setup["guests"] =>
    [other, 0x1000].map((lo, v) => straight([x86Guest(v).writeDr0(lo)]));
  for (const [other, count] of [[0x2000, 2], [0, 1]] as const) {
    const model = modelOf({ ...X86, guests: guests(other) });
    const found = renamingsOf(model, { numbers: true, slots: false });
    assertEquals(found.length, count);
  }
});
