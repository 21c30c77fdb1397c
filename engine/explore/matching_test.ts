/** Which programs are each other under other names: page by page, instruction by instruction, node by node. */
import { type Insn, type InsnParts, makeInsn } from "../program.ts";
import {
  sameInsn,
  sameRequest,
  sameUser,
  type Terms,
} from "./action_matching.ts";
import { type Graph, GraphBuilder } from "./graph.ts";
import { Pages, positionsOf } from "./program_matching.ts";
import type { UserAction } from "./programmed_machine.ts";
import { modelOf, straight } from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

/** Pairs of addresses, one after the other: whether each can stand for the other, after those before. */
const PAGES = [
  [0x1000n, 0x5000n, true],
  [0x1008n, 0x5008n, true],
  [0x1008n, 0x500cn, false],
  // Another page, for one that is renamed already, and the same page for another one.
  [0x1008n, 0x6008n, false],
  [0x2000n, 0x5000n, false],
  [0x5000n, 0x1000n, true],
  [0xffff_ffff_8000_0000n, 0xffff_ffff_8000_0000n, true],
] as const;

Deno.test("matching: pages are renamed one to one, and offsets in them stay", () => {
  const pages = new Pages();
  assertEquals(
    PAGES.map(([a, b]) => pages.match(a, b)),
    PAGES.map(([, , expected]) => expected),
  );
  assertEquals(pages.mark, 3);
  assert(pages.isPermutation());
});

Deno.test("matching: what was matched since a mark is forgotten, and nothing else", () => {
  const pages = new Pages();
  assert(pages.match(0x1000n, 0x2000n));
  const { mark } = pages;
  assert(pages.match(0x2000n, 0x3000n) && pages.match(0x3000n, 0x1000n));
  assert(pages.isPermutation());
  pages.backTo(mark);
  assertEquals([...pages.map], [[1, 2]]);
  assert(!pages.isPermutation(), "nothing is renamed to page 1");
  // Both sides of what was forgotten are free.
  assert(pages.match(0x4000n, 0x3000n));
  assert(pages.match(0x2000n, 0x1000n));
  assert(!pages.match(0x5000n, 0x2000n));
});

const MODEL = modelOf({
  arch: "x86",
  profile: "linux-6.1",
  cpus: 1,
  guests: [straight([])],
  never: 0,
});

function terms(): Terms {
  return { model: MODEL, pages: new Pages(), slots: undefined };
}

const WRITE: InsnParts = {
  op: "write",
  register: 7,
  lo: 2,
  addressLo: 0x5000,
  lengthBytes: 3,
};
const ADDRESS = { ...WRITE, register: 0, lo: 0x1008 };
const LOAD: InsnParts = {
  op: "load",
  lo: 0x1008,
  sizeBytes: 4,
  addressLo: 0x5000,
  lengthBytes: 7,
};
const STRING: InsnParts = {
  ...LOAD,
  op: "movs",
  count: 2,
  otherLo: 0x3000,
  lengthBytes: 2,
};

/** Two instructions, the second by what differs from the first: whether they do the same under other names. */
const INSNS: readonly (readonly [
  first: InsnParts,
  change: Partial<InsnParts>,
  isSame: boolean,
])[] = [
  [WRITE, {}, true],
  [WRITE, { addressLo: 0x7000 }, true],
  [WRITE, { addressLo: 0x7004 }, false],
  [WRITE, { op: "read" }, false],
  [WRITE, { register: 6 }, false],
  [WRITE, { lo: 0x402 }, false],
  [WRITE, { hi: 1 }, false],
  [WRITE, { level: 3 }, false],
  [WRITE, { maskLo: 0xf }, false],
  [WRITE, { maskHi: 0 }, false],
  [WRITE, { lengthBytes: 4 }, false],
  [{ ...WRITE, code32: true }, {}, false],
  // The value is an address, which is renamed too.
  [ADDRESS, { lo: 0x2008 }, true],
  [ADDRESS, { lo: 0x200c }, false],
  [WRITE, { lo: 0x1002 }, false],
  [LOAD, { lo: 0x2008 }, true],
  [LOAD, { lo: 0x200c }, false],
  [LOAD, { sizeBytes: 8 }, false],
  [LOAD, { mmio: true }, false],
  [LOAD, { op: "store" }, false],
  [{ ...LOAD, op: "store" }, { lo: 0x2008 }, true],
  [{ ...LOAD, op: "rmw" }, { lo: 0x2008 }, true],
  // A port is not in a page.
  [{ ...LOAD, op: "in" }, { lo: 0x2008 }, false],
  // The last byte of a page, and one more.
  [{ op: "exec", addressLo: 0x5ffe, lengthBytes: 1 }, {}, true],
  [{ op: "exec", addressLo: 0x5ffe, lengthBytes: 3 }, {}, false],
  [{ op: "exec", addressLo: 0x5ffd, lengthBytes: 3 }, {}, false],
  // The addresses of a string instruction, each within its page.
  [STRING, {}, true],
  [STRING, { lo: 0x2008, otherLo: 0x4000 }, true],
  [STRING, { count: 3 }, false],
  [STRING, { otherLo: 0x4008 }, false],
  [STRING, { otherMmio: true }, false],
  [{ ...STRING, lo: 0x1ff8 }, {}, true],
  [{ ...STRING, lo: 0x1ffc }, {}, false],
  [{ ...STRING, otherLo: 0x3ff8 }, {}, true],
  [{ ...STRING, otherLo: 0x3ffc }, {}, false],
  [{ ...STRING, op: "stos", otherLo: 0 }, { lo: 0x2008 }, true],
  [{ ...STRING, op: "stos", otherLo: 0xffc }, { otherLo: 4 }, true],
  [{ ...STRING, op: "stos", lo: 0x1ffc }, {}, false],
  // Port 0xffe, which is in no page.
  [{ ...STRING, op: "ins", lo: 0xffe }, {}, true],
  [{ ...STRING, op: "outs", lo: 0xffe }, {}, true],
  [{ ...STRING, op: "ins", lo: 0xffe }, { lo: 0x1ffe }, false],
  [{ ...STRING, op: "ins", otherLo: 0x3ffc }, {}, false],
];

for (const [first, change, isSame] of INSNS) {
  const text = JSON.stringify([first, change]);
  Deno.test(`matching: ${isSame ? "the same" : "another"} instruction: ${text}`, () => {
    const [a, b] = [first, { ...first, ...change }].map((one) => makeInsn(one));
    assertEquals([sameInsn(a, b, terms()), sameInsn(b, a, terms())], [
      isSame,
      isSame,
    ]);
  });
}

Deno.test("matching: the pages of an instruction's addresses are renamed from the first to the second", () => {
  const rows = [[LOAD, "lo"], [STRING, "otherLo"]] as const;
  for (const [parts, address] of rows) {
    const all = terms();
    const at = (lo: number) => makeInsn({ ...parts, [address]: lo });
    assert(sameInsn(at(0x6000), at(0x7000), all));
    // The second page may be renamed in turn, but no longer stays what it is.
    assert(!all.pages.match(0x7000n, 0x7000n));
    assert(all.pages.match(0x7000n, 0x8000n));
  }
});

Deno.test("matching: transactions do the same if each of their instructions does, and they are as long", () => {
  const inside = (...parts: InsnParts[]): Insn => {
    const begin = makeInsn({ op: "xbegin", addressLo: 0x5000, lengthBytes: 6 });
    const members = parts.map((part) => makeInsn(part));
    return { ...begin, members: [begin, ...members] };
  };
  const end: InsnParts = { op: "xend", addressLo: 0x500e, lengthBytes: 3 };
  const load = { ...LOAD, addressLo: 0x5006 };
  const all = inside(load, end);
  const pairs = [
    [inside(load, end), true],
    [inside({ ...load, lo: 0x3008 }, end), true],
    [inside({ ...load, lo: 0x3004 }, end), false],
    [inside(load), false],
    [inside(load, end, end), false],
  ] as const;
  for (const [other, isSame] of pairs) {
    assertEquals(sameInsn(all, other, terms()), isSame);
    assertEquals(sameInsn(other, all, terms()), isSame);
  }
});

const BREAK = { action: "break", address: 0x1000n } as const;
const WRMSR = { action: "wrmsr", register: 3, value: 1n } as const;

/** Requests of debuggers and of the host. */
const REQUESTS = [
  [BREAK, BREAK, true],
  [BREAK, { ...BREAK, address: 0x2000n }, true],
  [BREAK, { ...BREAK, address: 0x2004n }, false],
  [BREAK, { action: "step" }, false],
  [{ action: "step" }, { action: "step" }, true],
  [{ action: "off" }, { action: "step" }, false],
  [
    { ...BREAK, action: "watch", sizeBytes: 4 },
    { ...BREAK, action: "watch", sizeBytes: 8 },
    false,
  ],
  [BREAK, { action: "break" }, false],
  [WRMSR, WRMSR, true],
  [WRMSR, { ...WRMSR, value: 2n }, false],
  [WRMSR, { ...WRMSR, register: 4 }, false],
] as const;

Deno.test("matching: requests do the same under other names of addresses, and of nothing else", () => {
  for (const [a, b, isSame] of REQUESTS) {
    for (const [one, other] of [[a, b], [b, a]]) {
      assertEquals(
        [one, other, sameRequest(one, other, new Pages())],
        [one, other, isSame],
      );
    }
  }
});

const SET: UserAction = { kind: "set", register: 0, value: 0x1000n };
const GUEST_DEBUG: UserAction = {
  kind: "guest-debug",
  request: {
    control: 1,
    inject: undefined,
    blockirq: false,
    registers: [
      { register: 0, value: 0x1000n },
      { register: 7, value: 2n },
    ],
  },
};

function withRegisters(
  ...registers: (readonly [register: number, value: bigint])[]
): UserAction {
  const { request } = GUEST_DEBUG as Extract<
    UserAction,
    { readonly kind: "guest-debug" }
  >;
  return {
    kind: "guest-debug",
    request: {
      ...request,
      registers: registers.map(([register, value]) => ({ register, value })),
    },
  };
}

/** Actions of userspace. */
const USERS: readonly (readonly [UserAction, UserAction, boolean])[] = [
  [SET, SET, true],
  [SET, { ...SET, value: 0x3000n }, true],
  [SET, { ...SET, value: 0x3004n }, false],
  [SET, { ...SET, register: 1 }, false],
  [{ ...SET, register: 7 }, { ...SET, register: 7 }, true],
  [{ ...SET, register: 7 }, { ...SET, register: 7, value: 0n }, false],
  [SET, { kind: "get", register: 0 }, false],
  [{ kind: "get", register: 0 }, { kind: "get", register: 0 }, true],
  [{ kind: "get", register: 0 }, { kind: "get", register: 1 }, false],
  [{ kind: "init" }, { kind: "init" }, true],
  [{ kind: "init" }, { kind: "get", register: 0 }, false],
  [{ kind: "nmi", vector: 2 }, { kind: "nmi", vector: 2 }, true],
  [{ kind: "nmi", vector: 2 }, { kind: "interrupt", vector: 2 }, false],
  [{ kind: "interrupt", vector: 3 }, { kind: "interrupt", vector: 4 }, false],
  [
    { kind: "debugger", request: BREAK },
    { kind: "debugger", request: { ...BREAK, address: 0x7000n } },
    true,
  ],
  [
    { kind: "debugger", request: BREAK },
    { kind: "debugger", request: { action: "off" } },
    false,
  ],
  [{ kind: "debugger", request: BREAK }, { kind: "init" }, false],
  [GUEST_DEBUG, GUEST_DEBUG, true],
  [GUEST_DEBUG, withRegisters([7, 2n], [0, 0x5000n]), true],
  [GUEST_DEBUG, withRegisters([0, 0x5004n], [7, 2n]), false],
  [GUEST_DEBUG, withRegisters([0, 0x1000n], [7, 3n]), false],
  [GUEST_DEBUG, withRegisters([0, 0x1000n], [6, 2n]), false],
  [GUEST_DEBUG, withRegisters([0, 0x1000n]), false],
  [GUEST_DEBUG, { kind: "init" }, false],
  // Which of two values counts is not compared.
  [
    withRegisters([7, 2n], [7, 2n]),
    withRegisters([7, 2n], [7, 2n]),
    false,
  ],
];

Deno.test("matching: actions of userspace do the same under other names of addresses, and of nothing else", () => {
  for (const [n, [a, b, isSame]] of USERS.entries()) {
    assertEquals(
      [n, sameUser(a, b, terms()), sameUser(b, a, terms())],
      [n, isSame, isSame],
    );
  }
});

/** An action that is at an address: the same under another name of that. */
type At = readonly [what: string, address: bigint];

/** A program of actions, of choices between programs, and of programs one after the other. */
type Text = At | { readonly either: readonly Text[] } | {
  readonly all: Text[];
};

function graphOf(text: Text): Graph<At> {
  const builder = new GraphBuilder<At>();
  const add = (part: Text, next: number): number => {
    if ("either" in part) {
      return builder.choice(part.either.map((way) => add(way, next)));
    }
    return "all" in part
      ? part.all.reduceRight((next, one) => add(one, next), next)
      : builder.act(part, next);
  };
  return builder.finish(add(text, builder.end));
}

function either(...either: Text[]): Text {
  return { either };
}

function all(...all: Text[]): Text {
  return { all };
}

const [A, B, C] = [
  ["a", 0x1000n],
  ["b", 0x2000n],
  ["c", 0x3000n],
] satisfies At[];
/** The same as `A` at another address. */
const A2: At = ["a", 0x4000n];

/** Two programs: whether they are each other node by node, and with the ways of choices in any order. */
const PROGRAMS: readonly (readonly [
  name: string,
  a: Text,
  b: Text,
  inOrder: boolean,
  inAnyOrder: boolean,
])[] = [
  ["nothing", all(), all(), true, true],
  ["the same", all(A, B), all(A, B), true, true],
  ["another address", all(A, B), all(A2, B), true, true],
  ["one address twice", all(A, A), all(A2, A2), true, true],
  ["two addresses for one", all(A, A), all(A2, A), false, false],
  ["one more", all(A), all(A, B), false, false],
  ["another one", all(A, B), all(A, C), false, false],
  ["in the reverse order", all(A, B), all(B, A), false, false],
  ["a choice", either(A, B), either(A, B), true, true],
  ["its ways exchanged", either(A, B), either(B, A), false, true],
  ["another way", either(A, B), either(A, C), false, false],
  ["a way more", either(A, B), either(A, B, C), false, false],
  ["no choice", either(A, B), all(A, B), false, false],
  ["an end for an action", either(A, all()), either(A, B), false, false],
  [
    "an end that can come at once",
    either(A, all()),
    either(all(), A),
    false,
    true,
  ],
  [
    "a choice in a choice",
    either(all(A, either(B, C)), B),
    either(B, all(A, either(C, B))),
    false,
    true,
  ],
  [
    // The first way fits the first of the others, but then what comes after does not.
    "the way that fits in the end",
    either(all(A, B), all(A, C)),
    either(all(A2, C), all(A2, B)),
    false,
    true,
  ],
];

for (const [name, first, second, inOrder, inAnyOrder] of PROGRAMS) {
  Deno.test(`matching: programs, ${name}`, () => {
    const [a, b] = [first, second].map(graphOf);
    for (const isAny of [false, true]) {
      for (const [from, to] of [[a, b], [b, a]]) {
        const pages = new Pages();
        assert(pages.match(0x9000n, 0x9000n));
        // In their order: the first is of the first program.
        const seen = new Set<At>();
        const found = positionsOf(from, to, {
          pages,
          inAnyOrder: isAny,
          same: (one, other) => {
            seen.add(one);
            return one[0] === other[0] && pages.match(one[1], other[1]);
          },
        });
        const has = (one: At) =>
          from.nodes.some((node) => node.kind === "act" && node.action === one);
        assert([...seen].every(has));
        assertEquals(found !== false, isAny ? inAnyOrder : inOrder);
        if (found === false) continue;
        assertEquals(found === undefined, inOrder);
        // Each node goes to a node of its kind, and what comes after it to what comes after that.
        for (const [node, other] of found ?? []) {
          const [one, two] = [from.nodes[node], to.nodes[other]];
          assertEquals(one.kind, two.kind);
          if (one.kind === "act" && two.kind === "act") {
            assertEquals(found!.get(one.next), two.next);
            assertEquals(one.action[0], two.action[0]);
          }
        }
        if (found) {
          assertEquals(found.get(from.start), to.start);
          assertEquals(new Set(found.values()).size, found.size);
        }
      }
    }
  });
}

Deno.test("matching: the ways of a choice are compared in any order up to a thousand nodes", () => {
  for (const [length, isFound] of [[1000, true], [1001, false]] as const) {
    const builders = [0, 1].map((n) => {
      const builder = new GraphBuilder<number>();
      // An end, a choice of two ways, and what comes after them.
      const next = builder.repeat(
        length - 4,
        builder.end,
        (next) => builder.act(9, next),
      );
      const ways = [1, 2].map((action) => builder.act(action, next));
      return builder.finish(builder.choice(n === 0 ? ways : ways.reverse()));
    });
    const [a, b] = builders;
    assertEquals(a.nodes.length, length);
    const given = {
      same: (one: number, other: number) => one === other,
      pages: new Pages(),
      inAnyOrder: true,
    };
    assertEquals(positionsOf(a, b, given) !== false, isFound);
  }
});
