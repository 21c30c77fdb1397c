/**
 * Random programs of one guest, with every instruction and register of its architecture.
 *
 * @module
 */
import type { ArchName } from "../engine/architecture.ts";
import { architecture } from "../engine/architectures.ts";
import { type Insn, makeInsn, type Operation } from "../engine/program.ts";
import { HANDLER, type HandlerName } from "../engine/rules.ts";
import { highWord, lowWord } from "../engine/word64.ts";
import * as fc from "fast-check";

/** A guest with its program. */
export interface RandomGuest {
  readonly handler: HandlerName;
  readonly program: readonly Insn[];
}

/** Where instructions and data are: few addresses, so that breakpoints hit. */
const CODE = [0x1000n, 0x1001n, 0x1004n, 0x1008n, 0x2000n] as const;
const DATA = [0x8000n, 0x8002n, 0x8004n, 0x8008n] as const;
const DEVICES: Readonly<Record<ArchName, bigint>> = {
  x86: 0xc0_0000n,
  arm64: 0x1000_0000n,
};
const PORT = 0x80n;

const LENGTHS = { x86: 3, arm64: 4 } as const;

/** DR7: slots that are enabled, each with type and length; sometimes GD. */
const dr7 = fc.record({
  slots: fc.array(
    fc.record({ slot: fc.nat(3), type: fc.nat(15), local: fc.boolean() }),
    { minLength: 1, maxLength: 2 },
  ),
  gd: fc.constantFrom(0, 0, 0, 0x2000),
}).map(({ slots, gd }) =>
  slots.reduce<number>(
    (all, { slot, type, local }) =>
      all | (local ? 1 : 2) << 2 * slot | type << 16 + 4 * slot,
    gd,
  ) >>> 0
).map(BigInt);

/** Control registers of arm64, of breakpoints and watchpoints, for EL1 and EL0. */
const control = fc.record({
  bas: fc.constantFrom(0xf, 0x3, 0xff, 0xf0),
  levels: fc.constantFrom(1, 2, 3),
  load: fc.nat(3),
  type: fc.constantFrom(0, 0, 0, 1, 2, 3),
  link: fc.nat(5),
  mask: fc.constantFrom(0, 0, 3),
}).map(({ bas, levels, load, type, link, mask }) =>
  BigInt(
    (1 | levels << 1 | load << 3 | bas << 5 | link << 16 | type << 20 |
      mask << 24) >>> 0,
  )
);

const address = fc.constantFrom(...CODE, ...DATA);

/** A value that makes something of a register. */
function valueFor(arch: ArchName, name: string): fc.Arbitrary<bigint> {
  if (arch === "x86") {
    switch (name) {
      case "DR7":
      case "DR5":
        return dr7;
      case "DR6":
      case "DR4":
        return fc.constantFrom(0n, 0xffff_0ff0n, 0xffff_4ff3n);
      case "RFLAGS":
        return fc.constantFrom(2n, 0x102n, 0x1_0002n);
      case "CR4":
        return fc.constantFrom(0n, 8n);
      default:
        return fc.constantFrom(...CODE, ...DATA, DEVICES.x86, PORT);
    }
  }
  if (/^DBG[BW]CR/.test(name)) return control;
  if (/^DBG[BW]VR/.test(name)) return address;
  switch (name) {
    case "MDSCR_EL1":
      return fc.constantFrom(0xa000n, 0xa000n, 0xa001n, 0x8000n, 0n);
    case "PSTATE":
      return fc.constantFrom(0x1c5n, 0x1c5n, 0x3c5n);
    default:
      return fc.constantFrom(0n, 1n, 0x1000n);
  }
}

/** Where an instruction is: at one of a few addresses, or at its own. */
const place = fc.option(fc.constantFrom(...CODE), { nil: undefined, freq: 3 });

/** One instruction, its place still open. */
function instruction(
  arch: ArchName,
): fc.Arbitrary<(own: bigint) => Insn> {
  const { registers, instructions } = architecture(arch)!;
  const writable = registers.all.filter(({ userOnly, isMsr }) =>
    !userOnly && !isMsr
  );
  const placed = (
    parts: fc.Arbitrary<Partial<Insn> & { readonly op: Operation }>,
  ) =>
    fc.tuple(
      parts,
      place,
      fc.constantFrom(-1, -1, -1, -1, arch === "x86" ? 3 : 0),
    )
      .map(([parts, at, level]) => (own: bigint): Insn =>
        makeInsn({
          lengthBytes: LENGTHS[arch],
          level,
          ...parts,
          addressLo: lowWord(at ?? own),
          addressHi: highWord(at ?? own),
        })
      );
  const low = (value: bigint) => ({ lo: lowWord(value), hi: highWord(value) });
  const named = (names: readonly string[]) =>
    writable.filter(({ name, short }) =>
      names.some((one) => name.startsWith(one) || short === one)
    );
  const often = arch === "x86" ? named(["DR0", "DR1", "DR7", "CR4"]) : named([
    "DBGBCR0",
    "DBGBVR0",
    "DBGWCR0",
    "DBGWVR0",
    "DBGBCR5",
    "MDSCR",
    "PSTATE",
    "OSLAR",
  ]);
  const write = (from: typeof writable) =>
    placed(
      fc.constantFrom(...from).chain(({ id, name }) =>
        valueFor(arch, name).map((value) => ({
          op: "write" as const,
          register: id,
          ...low(value),
        }))
      ),
    );
  const read = placed(
    fc.constantFrom(...writable).map(({ id }) => ({
      op: "read" as const,
      register: id,
    })),
  );
  const access = placed(
    fc.record({
      op: fc.constantFrom<Operation>("load", "store", "rmw"),
      at: fc.constantFrom(...DATA, DEVICES[arch]),
      sizeBytes: fc.constantFrom(1, 2, 4, 8),
    }).map(({ op, at, sizeBytes }) => ({
      op: at === DEVICES[arch] && op === "rmw" ? "store" as const : op,
      sizeBytes,
      mmio: at === DEVICES[arch],
      ...low(at),
    })),
  );
  const plain = (Object.keys(instructions) as Operation[]).filter((op) =>
    !["write", "read", "load", "store", "rmw", "lock", "rdmsr", "jump"]
      .includes(
        op,
      )
  );
  const msr = registers.all.find(({ isMsr }) => isMsr)?.id;
  const special = msr === undefined ? [] : [
    placed(fc.constantFrom(
      { op: "rdmsr" as const, register: msr },
      ...[1n, 2n, 3n, 7n, 0x8000n, 1n << 32n].map((value) => ({
        op: "wrmsr" as const,
        register: msr,
        ...low(value),
      })),
      ...[0x8000n, 0x803en].map((at) => ({
        op: "lock" as const,
        sizeBytes: 4,
        ...low(at),
      })),
      ...CODE.map((at) => ({ op: "jump" as const, ...low(at) })),
    )),
  ];
  const other = placed(
    fc.constantFrom(...plain, ...plain, "exec" as const, "exec" as const).chain(
      (op) =>
        fc.nat(1).map((bit) => ({
          op,
          sizeBytes: op === "in" || op === "out" ? 1 : 0,
          ...low(
            op === "in" || op === "out"
              ? PORT
              : op === "svc"
              ? 0x53n * BigInt(bit)
              : BigInt(bit),
          ),
        })),
    ),
  );
  return fc.oneof(
    { weight: 5, arbitrary: write(often) },
    { weight: 1, arbitrary: write(writable) },
    { weight: 2, arbitrary: read },
    { weight: 3, arbitrary: access },
    { weight: 6, arbitrary: other },
    ...special.map((arbitrary) => ({ weight: 2, arbitrary })),
  );
}

/** A breakpoint or watchpoint that an access matches, in order: address, control, what else enables it, the access. */
function hitting(
  arch: ArchName,
): fc.Arbitrary<readonly ((own: bigint) => Insn)[]> {
  const idOf = (name: string) =>
    architecture(arch)!.registers.all.find((one) => one.name === name)!.id;
  const write = (name: string, value: bigint) => (own: bigint): Insn =>
    makeInsn({
      op: "write",
      register: idOf(name),
      lo: lowWord(value),
      hi: highWord(value),
      addressLo: lowWord(own),
      addressHi: highWord(own),
      lengthBytes: LENGTHS[arch],
    });
  const exec = (at: bigint) => (): Insn =>
    makeInsn({
      op: "exec",
      addressLo: lowWord(at),
      addressHi: highWord(at),
      lengthBytes: arch === "x86" ? 1 : 4,
    });
  const store = (at: bigint) => (own: bigint): Insn =>
    makeInsn({
      op: "store",
      lo: lowWord(at),
      hi: highWord(at),
      sizeBytes: 4,
      addressLo: lowWord(own),
      addressHi: highWord(own),
      lengthBytes: LENGTHS[arch],
    });
  const parts = fc.record({
    isData: fc.boolean(),
    slot: fc.nat(3),
    code: fc.constantFrom(0x1000n, 0x1004n, 0x1008n, 0x2000n),
    data: fc.constantFrom(0x8000n, 0x8004n, 0x8008n),
  });
  return parts.map(({ isData, slot, code, data }) => {
    const at = isData ? data : code;
    const access = isData ? store(at) : exec(at);
    if (arch === "x86") {
      // A write of four bytes.
      const type = isData ? 0xdn << BigInt(16 + 4 * slot) : 0n;
      const dr7 = 0x400n | 2n << BigInt(2 * slot) | type;
      return [write(`DR${slot}`, at), write("DR7", dr7), access];
    }
    // EL1 and EL0; of a watchpoint loads and stores of all bytes.
    const [value, control, bits] = isData
      ? [`DBGWVR${slot}_EL1`, `DBGWCR${slot}_EL1`, 0x1fffn]
      : [`DBGBVR${slot}_EL1`, `DBGBCR${slot}_EL1`, 0x1e7n];
    return [
      write(value, isData ? at & ~7n : at),
      write(control, bits),
      write("OSLAR_EL1", 0n),
      write("MDSCR_EL1", 0xa000n),
      write("PSTATE", 0x1c5n),
      access,
    ];
  });
}

/** Random guests of an architecture; in half of them a breakpoint may be hit, with anything else in between. */
export function randomGuests(
  arch: ArchName,
  maxLength: number,
): fc.Arbitrary<RandomGuest> {
  const base = arch === "x86" ? 0x11_0000n : 0x4008_0000n;
  return fc.record({
    handler: fc.constantFrom<HandlerName>(
      "skip",
      ...Object.keys(HANDLER) as HandlerName[],
    ),
    insns: fc.array(instruction(arch), { minLength: 2, maxLength }),
    hit: fc.option(hitting(arch), { freq: 2, nil: [] }),
    places: fc.array(fc.nat(maxLength), { minLength: 6, maxLength: 6 }),
  }).map(({ handler, insns, hit, places }) => {
    const all = [...insns];
    const sorted = places.toSorted((a, b) => a - b);
    hit.forEach((make, n) =>
      all.splice(Math.min(sorted[n] + n, insns.length + n), 0, make)
    );
    return {
      handler,
      program: all.map((make, at) => make(base + BigInt(LENGTHS[arch] * at))),
    };
  });
}
