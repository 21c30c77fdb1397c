/**
 * Random programs of guests: operations that name a slot and an address by index, made for each vCPU.
 *
 * @module
 */
import { type Graph, GraphBuilder } from "../../engine/explore/graph.ts";
import {
  flat,
  type Insn,
  type InsnParts,
  makeInsn,
  type Operation,
} from "../../engine/program.ts";
import { addressOf, DEBUGCTL, type Names, vocabulary } from "./names.ts";
import * as fc from "fast-check";

/** An operation of a guest, still without slot and addresses. */
export interface Op {
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
    | "io"
    | "msr"
    | "branch";
  readonly slot: number;
  /** Index of an address. */
  readonly to: number;
}

export const op: fc.Arbitrary<Op> = fc.record({
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
    "msr",
    "branch",
  ),
  slot: fc.integer({ min: 0, max: 1 }),
  to: fc.integer({ min: 0, max: 3 }),
});

/** Instructions that exit, raise something, or change what the next one does. */
const TRAPS = {
  x86: [
    "cpuid",
    "icebp",
    "int3",
    "movss",
    "sti",
    "hypercall",
    "ud2",
    "cli",
  ],
  arm64: ["hvc", "isb", "smc", "brk", "eret", "svc", "ldxr", "stxr"],
} as const;

/** What some of them need, given an address. */
const OPERANDS: Readonly<
  Partial<Record<Operation, (at: number) => Partial<InsnParts>>>
> = {
  ldxr: (lo) => ({ lo, sizeBytes: 4 }),
  stxr: (lo) => ({ lo, sizeBytes: 4 }),
  // SPSR_EL1.SS set and D clear.
  eret: () => ({ lo: 1 << 21, maskLo: 1 << 21 | 1 << 9, maskHi: 0 }),
};

/** A transaction with an access, its second instruction. */
function transactionOf(
  op: "load" | "store",
  lo: number,
  place: Pick<Insn, "addressLo" | "lengthBytes">,
): Insn {
  const begin = makeInsn({ ...place, op: "xbegin" });
  const parts: InsnParts[] = [{ op, lo, sizeBytes: 4 }, { op: "xend" }];
  const members = parts.map((part, n) =>
    makeInsn({
      ...place,
      ...part,
      addressLo: place.addressLo + (n + 1) * place.lengthBytes,
    })
  );
  return { ...begin, members: [begin, ...members] };
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
        // A base of the code segment makes it another address.
        code32: names.arch === "x86" && op.slot === 1,
      });
    case "access":
      if (names.arch === "x86" && op.to === 2) {
        return transactionOf(op.slot === 0 ? "load" : "store", at, place);
      }
      if (names.arch === "x86" && op.to === 3) {
        // The middle of what REP accesses is the address.
        const string = { ...place, sizeBytes: 4, count: 3 };
        return op.slot === 0
          ? makeInsn({ ...string, op: "movs", lo: 0xb000, otherLo: at - 4 })
          : makeInsn({ ...string, op: "stos", lo: at - 4 });
      }
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
      if (names.arch === "x86" && op.to === 3) {
        return makeInsn({ ...place, op: op.slot === 0 ? "syscall" : "sysret" });
      }
      const { others } = words;
      const [register, lo, maskLo] = others[
        (2 * op.to + op.slot) %
        others.length
      ];
      return makeInsn({ ...place, op: "write", register, lo, maskLo });
    }
    case "trap": {
      const which = TRAPS[names.arch][2 * op.to + op.slot];
      return makeInsn({ ...place, ...OPERANDS[which]?.(at), op: which });
    }
    case "io":
      if (names.arch === "x86" && op.to > 1) {
        return makeInsn({
          ...place,
          op: op.slot === 0 ? "ins" : "outs",
          lo: 0x80,
          otherLo: at,
          sizeBytes: 1,
          count: 2,
        });
      }
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
    case "msr":
      if (names.arch === "arm64") return makeInsn({ ...place, op: "isb" });
      return makeInsn({
        ...place,
        op: op.slot === 0 ? "wrmsr" : "rdmsr",
        register: DEBUGCTL,
        lo: op.slot === 0 ? [0x8000, 2, 3, 0x8007][op.to] : 0,
      });
    case "branch":
      if (names.arch === "arm64") return makeInsn({ ...place, op: "isb" });
      switch (op.to) {
        case 0:
          return makeInsn({ ...place, op: "popf", lo: op.slot, hi: 1 });
        case 1:
          return makeInsn({
            ...place,
            op: "lock",
            lo: 0x903e,
            sizeBytes: 4,
            level: op.slot === 0 ? 3 : 0,
          });
        default:
          return makeInsn({
            ...place,
            op: "jump",
            lo: address + words.lengthBytes,
          });
      }
    default:
      return op.kind satisfies never;
  }
}

/** A part of a program. */
export type Part =
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
export const useful: fc.Arbitrary<readonly Part[]> = fc.record({
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
export const ofEitherSlot: fc.Arbitrary<readonly Part[]> = fc.record({
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
export const trapping: fc.Arbitrary<readonly Part[]> = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  op,
).map(([to, next]) => [
  { kind: "op", op: { kind: "trap", slot: 1, to } },
  { kind: "op", op: next },
]);

export const program: fc.Arbitrary<readonly Part[]> = fc.oneof(
  { weight: 2, arbitrary: useful },
  { weight: 2, arbitrary: ofEitherSlot },
  { weight: 1, arbitrary: trapping },
  { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 3 }) },
);

/** Makes a program: each instruction has its place in the text. */
export function graphOf(
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
      at += flat(insn).reduce(
        (bytes, { lengthBytes }) => bytes + lengthBytes,
        0,
      );
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
