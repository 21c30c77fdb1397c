/**
 * Small random models for the comparison of reductions with the full search: both architectures, several kernels,
 * more CPUs than vCPUs and fewer, userspaces and the host acting, programs that are alike, or all but alike.
 *
 * A program is drawn once, as operations that name a slot and an address by index, and made for each vCPU: with
 * addresses and slots of its own or with shared ones. So symmetries are there to be found, and one changed
 * operation makes them false.
 *
 * @module
 */
import type { ArchName } from "../engine/architecture.ts";
import { type Graph, GraphBuilder } from "../engine/explore/graph.ts";
import {
  MIGRATE,
  type Model,
  PREEMPT,
  type Requirement,
} from "../engine/explore/model.ts";
import type { UserAction } from "../engine/explore/programmed_machine.ts";
import { PROPERTY } from "../engine/explore/properties.ts";
import { modelOf, type Setup, straight } from "../engine/explore/testing.ts";
import { type Insn, makeInsn } from "../engine/program.ts";
import type {
  DebuggerRequest,
  HostDebugRequest,
  Rules,
  ViewValue,
} from "../engine/rules.ts";
import * as fc from "fast-check";

/** Which registers and values the operations of an architecture mean. */
interface Vocabulary {
  readonly lengthBytes: number;
  address(slot: number): number;
  watchAddress(slot: number): number;
  /**
   * A write of a control register that arms a slot: register and value.
   *
   * @param other the slot beside it
   * @param how 0 or 1: alone; 2: both slots, or linked to the second; 3: of another type
   */
  arm(slots: {
    readonly slot: number;
    readonly other: number;
    readonly watch: boolean;
    readonly how: number;
  }): readonly [register: number, value: number];
  /** The registers that only some operations name. */
  readonly others: readonly (readonly [
    register: number,
    value: number,
    mask: number,
  ])[];
}

const X86: Vocabulary = {
  lengthBytes: 3,
  address: (slot) => slot,
  watchAddress: (slot) => slot,
  arm: ({ slot, other, watch, how }) => {
    const type = (slot: number) =>
      (watch || how === 3 ? 3 : 0) << 16 + 4 * slot;
    const alone = 0x400 | 2 << 2 * slot | type(slot);
    return [7, how === 2 ? alone | 2 << 2 * other | type(other) : alone];
  },
  others: [[7, 0x400, -1], [7, 0x40a, -1], [6, 0xffff0ff0 | 0, -1]],
};

const RFLAGS = 8;

const MDSCR = 64;
const OSLAR = 66;
const PSTATE = 88;

const ARM64: Vocabulary = {
  lengthBytes: 4,
  address: (slot) => 1 << 4 | slot,
  watchAddress: (slot) => 3 << 4 | slot,
  arm: ({ slot, other, watch, how }) => {
    const register = (watch ? 2 : 0) << 4 | slot;
    const alone = watch ? 0x1ff7 : 0x1e7;
    const linked = 1 << 20 | Math.max(slot, other) << 16;
    // Of a watchpoint the two lower bytes alone; of a breakpoint the context type.
    const type = watch ? 0x77 : 0x1e7 | 2 << 20;
    return [register, how === 2 ? alone | linked : how === 3 ? type : alone];
  },
  others: [
    [MDSCR, 0xa000, -1],
    [MDSCR, 0xa000, -1],
    [MDSCR, 0, -1],
    [OSLAR, 1, -1],
    [PSTATE, 0, 0x200],
    [PSTATE, 0, 0x200],
    // A link to a context-aware breakpoint, and one to a number that no guest has.
    [0, 0x1e5 | 1 << 20 | 3 << 16, -1],
    [2 << 4, 0x1ff7 | 1 << 20 | 9 << 16, -1],
  ],
};

/** An operation of a guest, still without slot and addresses. */
interface Op {
  readonly kind:
    | "address"
    | "watch-address"
    | "arm"
    | "arm-watch"
    | "exec"
    | "access"
    | "read"
    | "other"
    | "trap"
    | "io";
  readonly slot: number;
  /** Index of an address. */
  readonly to: number;
}

const op: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom<Op["kind"]>(
    "address",
    "address",
    "watch-address",
    "arm",
    "arm",
    "arm-watch",
    "exec",
    "exec",
    "access",
    "read",
    "other",
    "trap",
    "io",
  ),
  slot: fc.integer({ min: 0, max: 1 }),
  to: fc.integer({ min: 0, max: 3 }),
});

/** What a vCPU calls its own. */
interface Names {
  readonly arch: ArchName;
  /** Added to addresses of which each vCPU has its own. */
  readonly page: number;
  /** The slot that it uses as the first of two: 0 or 1. */
  readonly slot: number;
  /** What these two begin at. */
  readonly base: number;
  /** Added to addresses of data, not to those of the program. */
  readonly shift: number;
}

function vocabulary({ arch }: Names): Vocabulary {
  return arch === "x86" ? X86 : ARM64;
}

/** Two addresses of a vCPU's own page, that of its other one, which is the first vCPU's null, and a shared one. */
function addressOf(to: number, { page, shift }: Names): number {
  return [0x1000 + page, 0x1004 + page, page, 0x8000][to] + shift;
}

function insnOf(op: Op, names: Names, address: number): Insn {
  const words = vocabulary(names);
  const slot = names.base + (op.slot ^ names.slot);
  const other = names.base + (op.slot ^ names.slot ^ 1);
  const at = addressOf(op.to, names);
  const place = { addressLo: address, lengthBytes: words.lengthBytes };
  switch (op.kind) {
    case "address":
      return makeInsn({
        ...place,
        op: "write",
        register: words.address(slot),
        lo: at,
      });
    case "watch-address":
      return makeInsn({
        ...place,
        op: "write",
        register: words.watchAddress(slot),
        lo: at,
      });
    case "arm":
    case "arm-watch": {
      const watch = op.kind === "arm-watch";
      const [register, lo] = words.arm({ slot, other, watch, how: op.to });
      return makeInsn({ ...place, op: "write", register, lo });
    }
    case "exec":
      return makeInsn({
        op: "exec",
        addressLo: at,
        lengthBytes: names.arch === "x86" ? 1 : 4,
      });
    case "access":
      return makeInsn({
        ...place,
        op: op.slot === 0 ? "load" : "store",
        lo: at,
        sizeBytes: op.to === 0 ? 8 : 4,
      });
    case "read":
      return makeInsn({
        ...place,
        op: "read",
        register: words.address(slot),
      });
    case "other": {
      const { others } = words;
      const [register, lo, maskLo] = others[
        (2 * op.to + op.slot) %
        others.length
      ];
      return makeInsn({ ...place, op: "write", register, lo, maskLo });
    }
    case "trap":
      return makeInsn({
        ...place,
        op: names.arch === "x86"
          ? (["cpuid", "icebp", "int3", "movss"] as const)[op.to]
          : (["hvc", "brk", "svc", "isb"] as const)[op.to],
      });
    case "io":
      return names.arch === "x86"
        ? makeInsn({
          ...place,
          op: op.slot === 0 ? "in" : "out",
          lo: 0x80,
          sizeBytes: 1,
        })
        : makeInsn({
          ...place,
          op: op.slot === 0 ? "load" : "store",
          lo: 0xa000,
          sizeBytes: 4,
          mmio: true,
        });
    default:
      return op.kind satisfies never;
  }
}

/** A part of a program. */
type Part =
  | { readonly kind: "op"; readonly op: Op }
  /**
   * The operations with the one slot or with the other, at the same places: a program that does not tell the slots
   * apart.
   */
  | {
    readonly kind: "either-slot";
    readonly ops: readonly Op[];
    /** Each has an address of its own. */
    readonly apart: boolean;
  }
  | { readonly kind: "either"; readonly ways: readonly (readonly Op[])[] }
  | { readonly kind: "twice"; readonly op: Op };

const ops = (maxLength: number) => fc.array(op, { minLength: 1, maxLength });

/** Address, control, execution: what makes a breakpoint fire, or be missed. */
const useful: fc.Arbitrary<readonly Part[]> = fc.record({
  slot: fc.integer({ min: 0, max: 1 }),
  to: fc.integer({ min: 0, max: 3 }),
  reads: fc.boolean(),
}).map(({ slot, to, reads }) => {
  const kinds: Op["kind"][] = ["address", "arm", reads ? "read" : "exec"];
  return kinds.map((kind) => ({ kind: "op", op: { kind, slot, to } }));
});

const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 6, arbitrary: op.map((op): Part => ({ kind: "op", op })) },
  {
    weight: 1,
    arbitrary: fc.tuple(ops(2), fc.boolean()).map(([ops, apart]): Part => ({
      kind: "either-slot",
      ops,
      apart,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.array(ops(2), { minLength: 2, maxLength: 2 }).map(
      (ways): Part => ({ kind: "either", ways }),
    ),
  },
  { weight: 1, arbitrary: op.map((op): Part => ({ kind: "twice", op })) },
);

/** The same with either slot, once or twice, so that both may be armed, and something that hits. */
const ofEitherSlot: fc.Arbitrary<readonly Part[]> = fc.record({
  to: fc.integer({ min: 0, max: 1 }),
  how: fc.integer({ min: 0, max: 3 }),
  watch: fc.boolean(),
  apart: fc.boolean(),
  again: fc.boolean(),
  last: fc.oneof(fc.constant(undefined), op),
}).map(({ to, how, watch, apart, again, last }) => {
  const hit: Op = { kind: watch ? "access" : "exec", slot: 0, to: 0 };
  const once = (to: number): Part => ({
    kind: "either-slot",
    apart,
    ops: [
      // The choice is open between two addresses.
      ...apart ? [{ ...hit, kind: "exec" } as const] : [],
      { kind: watch ? "watch-address" : "address", slot: 0, to },
      { kind: watch ? "arm-watch" : "arm", slot: 0, to: how },
    ],
  });
  return [
    once(to),
    ...again ? [once(1 - to)] : [],
    { kind: "op", op: last ?? hit },
  ];
});

/** Exceptions of the guest's own, which userspace may look at. */
const trapping: fc.Arbitrary<readonly Part[]> = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  op,
).map(([to, next]) => [
  { kind: "op", op: { kind: "trap", slot: 1, to } },
  { kind: "op", op: next },
]);

const program: fc.Arbitrary<readonly Part[]> = fc.oneof(
  { weight: 2, arbitrary: useful },
  { weight: 2, arbitrary: ofEitherSlot },
  { weight: 1, arbitrary: trapping },
  { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 3 }) },
);

/** Makes a program: each instruction has its place in the text. */
function graphOf(
  parts: readonly Part[],
  names: Names,
  together: boolean,
): Graph<Insn> {
  const builder = new GraphBuilder<Insn>();
  const first = 0x10_0000 + names.page * 0x10;
  let at = first;
  const insns = (list: readonly Op[], as = names): Insn[] =>
    list.map((one) => {
      const insn = insnOf(one, as, together ? first : at);
      at += insn.lengthBytes;
      return insn;
    });
  const chain = (list: readonly Insn[], next: number): number =>
    list.reduceRight((after, insn) => builder.act(insn, after), next);
  const made = parts.map((part): (next: number) => number => {
    switch (part.kind) {
      case "op": {
        const list = insns([part.op]);
        return (next) => chain(list, next);
      }
      case "twice": {
        const list = insns([part.op]);
        return (next) => builder.repeat(2, next, (after) => chain(list, after));
      }
      case "either": {
        const ways = part.ways.map((way) => insns(way));
        return (next) => builder.choice(ways.map((way) => chain(way, next)));
      }
      case "either-slot": {
        const begin = at;
        const ways = [names.slot, 1 - names.slot].map((slot) => {
          at = begin;
          const page = names.page + (part.apart ? 0x40_0000 * (1 + slot) : 0);
          return insns(part.ops, { ...names, slot, page });
        });
        return (next) => builder.choice(ways.map((way) => chain(way, next)));
      }
      default:
        return part satisfies never;
    }
  });
  return builder.finish(
    made.reduceRight((next, make) => make(next), builder.end),
  );
}

/** What userspace does, by index of an address and a slot. */
interface UserOp {
  readonly kind:
    | "step"
    | "break"
    | "watch"
    | "off"
    | "set"
    | "flags"
    | "get"
    | "raw";
  readonly slot: number;
  readonly to: number;
}

const userOp: fc.Arbitrary<UserOp> = fc.record({
  kind: fc.constantFrom<UserOp["kind"]>(
    "step",
    "step",
    "break",
    "break",
    "watch",
    "off",
    "set",
    "flags",
    "get",
    "raw",
  ),
  slot: fc.integer({ min: 0, max: 1 }),
  to: fc.integer({ min: 0, max: 3 }),
});

function userAction(op: UserOp, names: Names): UserAction {
  const words = vocabulary(names);
  const slot = names.base + (op.slot ^ names.slot);
  const address = BigInt(addressOf(op.to, names));
  const debug = (request: DebuggerRequest): UserAction => ({
    kind: "debugger",
    request,
  });
  switch (op.kind) {
    case "step":
    case "off":
      return debug({ action: op.kind });
    case "break":
      return debug({ action: "break", address });
    case "watch":
      return debug({ action: "watch", address, sizeBytes: 4, on: "store" });
    case "set":
      return { kind: "set", register: words.address(slot), value: address };
    case "flags":
      return names.arch === "x86"
        ? { kind: "set", register: RFLAGS, value: 2n }
        : { kind: "set", register: MDSCR, value: 0xa000n };
    case "get":
      return { kind: "get", register: words.address(slot) };
    case "raw": {
      const how = { slot, other: slot, watch: false, how: 0 };
      const [register, value] = words.arm(how);
      return {
        kind: "guest-debug",
        request: {
          control: 0x20001,
          inject: undefined,
          blockirq: false,
          registers: [
            { register: words.address(slot), value: address },
            { register, value: BigInt(value) },
          ],
        },
      };
    }
    default:
      return op.kind satisfies never;
  }
}

interface HostOp {
  readonly kind: "break" | "watch" | "off";
  readonly to: number;
}

const hostOp: fc.Arbitrary<HostOp> = fc.record({
  kind: fc.constantFrom<HostOp["kind"]>("break", "break", "watch", "off"),
  to: fc.integer({ min: 0, max: 3 }),
});

function hostRequest({ kind, to }: HostOp, page: number): HostDebugRequest {
  const address = BigInt([0x3000 + page, 0x4000, 0x8000, 0x3008 + page][to]);
  switch (kind) {
    case "off":
      return { action: "off" };
    case "break":
      return { action: "break", address };
    case "watch":
      return { action: "watch", address, sizeBytes: 4, on: "store" };
    default:
      return kind satisfies never;
  }
}

const KERNELS: Readonly<
  Record<ArchName, readonly Pick<Setup, "profile" | "options">[]>
> = {
  x86: [
    { profile: "kiszka-2008" },
    // The kernels with bugs more often, so that both verdicts come up.
    { profile: "linux-4.4" },
    { profile: "linux-4.4" },
    { profile: "reload-2016" },
    { profile: "reload-2016" },
    { profile: "linux-4.9" },
    { profile: "linux-6.1" },
    { profile: "linux-7.2" },
  ],
  arm64: [
    { profile: "bennee-v2" },
    { profile: "bennee-v2", options: { clear: "after-exit" } },
    { profile: "bennee-v3" },
    { profile: "watanabe-v7" },
    { profile: "watanabe-v7" },
    { profile: "linux-6.1" },
    { profile: "linux-6.12" },
    { profile: "linux-7.2" },
  ],
};

/** Machine and guest: as many breakpoints, or fewer, so that numbers may have to be changed. */
const COUNTS: readonly Pick<Setup, "host" | "counts">[] = [
  {},
  { host: { brps: 5, ctx: 2, wrps: 4 } },
  {
    host: { brps: 5, ctx: 2, wrps: 4 },
    counts: { brps: 4, ctx: 2 },
  },
];

/** vCPUs and CPUs. */
const SIZES: readonly (readonly [vcpus: number, cpus: number])[] = [
  [1, 1],
  [1, 2],
  [1, 3],
  [2, 1],
  [2, 1],
  [2, 2],
  [2, 2],
  [2, 3],
  [3, 1],
  [3, 2],
];

/** How far what is done by one vCPU is like what the others do: with slots exchanged, or offsets in pages others. */
const LIKENESS = [
  "alike",
  "alike",
  "crossed",
  "crossed",
  "shifted",
  "all-but",
  "different",
] as const;
type Likeness = typeof LIKENESS[number];

/** The same of what userspaces and the host do: the address alone may differ. */
const OTHERS = ["alike", "alike", "other-address", "different"] as const;

/** What the one with a number does. */
function likewise<A extends { readonly to: number }>(
  lists: readonly (readonly A[])[],
  number: number,
  like: typeof OTHERS[number],
): readonly A[] {
  const own = (like === "different" ? lists[number] : lists[0]) ?? [];
  return like === "other-address" && number > 0
    ? own.map((one) => ({ ...one, to: one.to ^ 1 }))
    : own;
}

const NEVER: readonly number[] = [
  63,
  63,
  63,
  PROPERTY.missed,
  PROPERTY.stray,
  PROPERTY.leak,
  PROPERTY.stale,
  PROPERTY["host-lost"],
  PROPERTY["host-lost"],
  PROPERTY.warn,
  PROPERTY.missed | PROPERTY.stray,
  0,
];

/** A question, before the rules are there that answer it. */
interface Question {
  readonly of: Requirement["of"];
  readonly index: number;
  readonly register: number;
  readonly value: bigint;
  readonly isEqual: boolean;
}

/** The same, the register by what it is for. */
type Asked = Omit<Question, "register"> & { readonly pick: number };

const question: fc.Arbitrary<Asked> = fc.record({
  of: fc.constantFrom<Requirement["of"]>("vcpu", "vcpu", "cpu"),
  index: fc.integer({ min: 0, max: 1 }),
  pick: fc.integer({ min: 0, max: 2 }),
  value: fc.constantFrom(0n, 0x1000n, 0x2000n, 0x11000n, 0x400n),
  isEqual: fc.boolean(),
});

function requirement(
  { of, index, register, value, isEqual }: Question,
  rules: Rules,
): Requirement {
  return {
    of,
    index,
    holds(f) {
      const seen: ViewValue = of === "vcpu"
        ? rules.peek(f, register)
        : rules.cpuView(f, register);
      return seen.kind !== "value" || (seen.value === value) === isEqual;
    },
  };
}

/** Choices of which a model is made. */
const parts = fc.record({
  arch: fc.constantFrom<ArchName>("x86", "x86", "arm64"),
  kernel: fc.nat(7),
  counts: fc.constantFrom(...COUNTS),
  size: fc.constantFrom(...SIZES),
  likeness: fc.constantFrom<Likeness>(...LIKENESS),
  together: fc.boolean(),
  programs: fc.array(program, { minLength: 3, maxLength: 3 }),
  changed: op,
  users: fc.oneof(
    { weight: 1, arbitrary: fc.constant<UserOp[][]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(userOp, { maxLength: 2 }), { maxLength: 2 }),
    },
  ),
  usersLike: fc.constantFrom(...OTHERS),
  hosts: fc.oneof(
    { weight: 1, arbitrary: fc.constant<HostOp[][]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(hostOp, { maxLength: 2 }), { maxLength: 3 }),
    },
  ),
  hostsLike: fc.constantFrom(...OTHERS),
  base: fc.integer({ min: 0, max: 3 }),
  before: fc.constantFrom(
    "",
    "",
    "",
    "register",
    "host",
    "debugger",
    "stepper",
  ),
  preempt: fc.constantFrom(...PREEMPT),
  migrate: fc.constantFrom(...MIGRATE),
  fail: fc.constantFrom(undefined, undefined, undefined, "vgic" as const),
  never: fc.constantFrom(...NEVER),
  always: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Asked[]>([]) },
    { weight: 1, arbitrary: fc.array(question, { maxLength: 1 }) },
  ),
  finally: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Asked[]>([]) },
    { weight: 1, arbitrary: fc.array(question, { maxLength: 1 }) },
  ),
});

/** A model, and what it is made of: that prints when a comparison fails. */
interface Drawn {
  readonly parts: unknown;
  readonly model: () => Model;
}

type Parts = typeof parts extends fc.Arbitrary<infer P> ? P : never;

function drawnModel(drawn: Parts): Drawn {
  const { arch, size, likeness, together } = drawn;
  const [vcpus, cpus] = size;
  // The more there are that act, the less each does: the full search must come to its end.
  const parts = vcpus === 1
    ? 4
    : vcpus === 2 && cpus === 1
    ? 3
    : drawn.preempt === "none"
    ? 2
    : 1;
  const programs = drawn.programs.map((list) => list.slice(0, parts));
  const acts = Math.min(2, parts);
  const users = drawn.users.map((list) => list.slice(0, acts));
  const hosts = drawn.hosts.map((list) => list.slice(0, acts));
  const namesOf = (v: number): Names => ({
    arch,
    page: likeness === "different" ? 0 : v * 0x1_0000,
    shift: likeness === "shifted" ? 8 * v : 0,
    base: arch === "x86" ? drawn.base & 2 : drawn.base,
    slot: likeness === "crossed" ? v & 1 : 0,
  });
  const guests = Array.from({ length: vcpus }, (_, v) => {
    const own = likeness === "different" ? programs[v] : programs[0];
    const changed: Part = { kind: "op", op: drawn.changed };
    const list = likeness === "all-but" && v === vcpus - 1
      ? [...own.slice(0, -1), changed]
      : own;
    return graphOf(list, namesOf(v), together);
  });
  const model = (): Model => {
    const asked = (list: readonly Asked[], rules: Rules): Requirement[] =>
      list.map(({ pick, ...question }) => {
        const words = vocabulary(namesOf(0));
        const registers = [
          words.address(0),
          words.address(1),
          arch === "x86" ? 7 : 0,
        ];
        const index = question.index %
          (question.of === "vcpu" ? vcpus : cpus);
        const register = registers[pick];
        return requirement({ ...question, index, register }, rules);
      });
    const made = modelOf({
      arch,
      ...KERNELS[arch][drawn.kernel],
      ...(arch === "arm64" ? drawn.counts : {}),
      cpus,
      guests,
      users: guests.map((_, v) =>
        straight(
          likewise(users, v, drawn.usersLike).map((one) =>
            userAction(one, namesOf(v))
          ),
        )
      ),
      hosts: Array.from({ length: cpus }, (_, p) => {
        const own = drawn.hostsLike === "alike" ? 0x1_0000 * p : 0;
        const list = likewise(hosts, p, drawn.hostsLike);
        return straight(list.map((one) => hostRequest(one, own)));
      }),
      before(machine) {
        const register = vocabulary(namesOf(0)).address(0);
        if (drawn.before === "register") {
          machine.userSet(0, register, 0x1000n, "before");
        } else if (drawn.before === "host") {
          machine.hostDebug(0, { action: "break", address: 0x4000n });
        } else if (drawn.before === "debugger") {
          machine.debugger(0, { action: "break", address: 0x5000n });
        } else if (drawn.before === "stepper") {
          machine.debugger(0, { action: "step" });
        }
      },
      preempt: drawn.preempt,
      migrate: drawn.migrate,
      ...(drawn.fail && arch === "arm64" ? { fail: drawn.fail } : {}),
      never: drawn.never,
    });
    return {
      ...made,
      always: asked(drawn.always, made.rules),
      finally: asked(drawn.finally, made.rules),
    };
  };
  return { parts: drawn, model };
}

/** Models in which the slots matter. */
const ofSlots: fc.Arbitrary<Drawn> = fc.tuple(
  parts,
  ofEitherSlot,
  fc.boolean(),
).map(([drawn, either, alone]) =>
  drawnModel({
    ...drawn,
    size: drawn.size[0] > 1 ? [1, 1] : drawn.size,
    programs: [either, either, either],
    ...alone ? { users: [], hosts: [], before: "" } : {},
    always: [],
    finally: [],
  })
);

/** Models in which vCPUs do the same, or userspaces too, or the host on CPUs. */
const ofEquals: fc.Arbitrary<Drawn> = fc.tuple(
  parts,
  useful,
  userOp,
  hostOp,
  fc.constantFrom("guests", "users", "hosts"),
).map(([drawn, program, user, host, equal]) => {
  const list = equal === "users" ? drawn.programs[0].slice(0, 1) : program;
  return drawnModel({
    ...drawn,
    size: equal === "hosts" ? [1, 2] : [2, 1],
    likeness: "alike",
    programs: [list, list, list],
    users: equal === "users" ? [[user]] : [],
    usersLike: "alike",
    hosts: equal === "hosts" ? [[host]] : [],
    hostsLike: "alike",
    before: "",
    preempt: equal === "users" ? "none" : drawn.preempt,
    // Of kernels with the bug of 2016 more, so that something breaks that others do as well.
    ...equal === "guests" ? { arch: "x86", kernel: 1, never: 63 } : {},
    always: [],
    finally: [],
  });
});

/** Models in which userspace looks on while the guest takes exceptions of its own. */
const ofHandlers: fc.Arbitrary<Drawn> = fc.tuple(parts, trapping).map((
  [drawn, program],
) =>
  drawnModel({
    ...drawn,
    size: [1, 1],
    programs: [program, program, program],
    before: drawn.before === "" ? "stepper" : drawn.before,
    hosts: [],
  })
);

/** Random models of all kinds. */
export const MODELS: fc.Arbitrary<Drawn> = fc.oneof(
  { weight: 4, arbitrary: parts.map(drawnModel) },
  { weight: 2, arbitrary: ofSlots },
  { weight: 2, arbitrary: ofEquals },
  { weight: 1, arbitrary: ofHandlers },
);
