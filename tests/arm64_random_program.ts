/**
 * Random programs for an arm64 guest that uses its debug registers, and for whoever disturbs it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  architecture,
  createMachine,
  type InsnParts,
  type Machine,
} from "../engine/mod.ts";

const ARM64 = architecture("arm64")!;

/** The physical machine of the tests. */
export const HOST = { brps: 6, ctx: 2, wrps: 4, cpus: 3 };

/** Where programs begin; their own instructions follow one another from here. */
export const CODE = 0x4008_0000n;

/** Where breakpoints are set, and what `exec` executes. */
const TARGETS = [0x7000_0000n, 0x7000_0004n, 0x7000_0040n];

/** Where watchpoints are set, and what is loaded and stored. */
const DATA = [0x4010_0000n, 0x4010_0004n, 0x4010_0008n];

/** Values of CONTEXTIDR_EL1, in links too. */
const CONTEXTS = [0n, 0x1234n];

/** A kernel, and the breakpoints and watchpoints that it gives the guest. */
export interface Setting {
  readonly profile: string;
  readonly options: Readonly<Record<string, string>>;
  readonly guest: { brps: number; ctx: number; wrps: number };
}

const ALL = { brps: HOST.brps, ctx: HOST.ctx, wrps: HOST.wrps };

/** Every kernel, and the renumbering one with smaller guests too. */
export const SETTINGS: readonly Setting[] = [
  { profile: "bennee-v2", options: { clear: "after-handle" }, guest: ALL },
  { profile: "bennee-v3", options: {}, guest: ALL },
  { profile: "watanabe-v7", options: {}, guest: ALL },
  { profile: "watanabe-v7", options: {}, guest: { ...ALL, brps: 4 } },
  { profile: "watanabe-v7", options: {}, guest: { brps: 2, ctx: 2, wrps: 2 } },
  { profile: "watanabe-v7", options: {}, guest: { brps: 3, ctx: 1, wrps: 4 } },
  { profile: "linux-4.4", options: {}, guest: ALL },
  { profile: "linux-4.15", options: {}, guest: ALL },
  { profile: "linux-5.13", options: {}, guest: ALL },
  { profile: "linux-6.1", options: {}, guest: ALL },
  { profile: "linux-6.12", options: {}, guest: { ...ALL, wrps: 3 } },
  { profile: "linux-7.2", options: {}, guest: ALL },
  { profile: "linux-7.2", options: {}, guest: { ...ALL, wrps: 2 } },
];

/** What a setting is called in a test's name. */
export function settingName({ profile, guest }: Setting): string {
  return `${profile}, guest ${guest.brps}/${guest.ctx}/${guest.wrps}`;
}

/** A machine with the setting's kernel and guests. */
export function machineFor(
  { profile, options, guest }: Setting,
  vcpus = 1,
): Machine {
  const machine = createMachine(
    ARM64,
    { profile, vendor: undefined, options },
    { counts: HOST, model: undefined, unpredictable: undefined },
  );
  if (vcpus > 1) machine.growTo(vcpus);
  if (JSON.stringify(guest) !== JSON.stringify(ALL)) {
    assertEquals(machine.set(guest).result, 0);
  }
  return machine;
}

/** Id of a register by name. */
export function registerId(name: string): number {
  return ARM64.registers.find(name)!.id;
}

/** A register of the guest and a value that no rule changes: no reserved bit, a link that the guest has. */
export interface RegisterWrite {
  readonly register: string;
  readonly value: bigint;
}

/** One instruction of the guest. */
export type GuestInsn =
  | { readonly kind: "write"; readonly write: RegisterWrite }
  | { readonly kind: "read"; readonly register: string }
  | { readonly kind: "exec"; readonly address: bigint; readonly el: number }
  | {
    readonly kind: "load" | "store" | "rmw";
    readonly address: bigint;
    readonly sizeBytes: number;
  }
  | { readonly kind: "brk" | "svc" | "isb" }
  | { readonly kind: "mask"; readonly d: number }
  | { readonly kind: "lock"; readonly oslk: number };

/** Names of the registers that a guest of the setting has and that hold what was written. */
export function registersOf({ guest }: Setting): string[] {
  const numbered = (count: number, ...families: string[]): string[] =>
    Array.from(
      { length: count },
      (_, n) => families.map((family) => `${family}${n}`),
    ).flat();
  return [
    ...numbered(guest.brps, "dbgbcr", "dbgbvr"),
    ...numbered(guest.wrps, "dbgwcr", "dbgwvr"),
    "mdscr",
    "mdccint",
    "contextidr",
  ];
}

/** Bits of a value, to be taken from the low end. */
function bitsOf(bits: number): (count: number) => bigint {
  let left = bits >>> 0;
  return (count) => {
    const taken = left & ((1 << count) - 1);
    left >>>= count;
    return BigInt(taken);
  };
}

/** A value for a register, from 32 random bits. */
function valueFor(setting: Setting, register: string, bits: number): bigint {
  const take = bitsOf(bits);
  const { brps } = setting.guest;
  const link = () => take(4) % BigInt(brps) << 16n;
  // Filters that are allocated: EL1, EL0, or both.
  const filter = () => (take(2) % 3n + 1n) << 1n;
  switch (register.replace(/\d+$/, "")) {
    case "dbgbcr": {
      // Unlinked and linked address, linked context. An unlinked context breakpoint would hit at each instruction.
      const type = [0n, 1n, 0n, 3n][Number(take(2))] << 20n;
      return take(1) | filter() | 0xfn << 5n | link() | type;
    }
    case "dbgwcr":
      return take(1) | filter() | take(2) << 3n | 0xffn << 5n | link() |
        take(1) << 20n;
    case "dbgbvr":
      return take(1) === 0n
        ? TARGETS[Number(take(2)) % TARGETS.length]
        : take(1) === 0n
        ? CONTEXTS[1]
        : take(16) << 32n | take(12) << 4n;
    case "dbgwvr":
      return take(1) === 0n
        ? DATA[Number(take(2)) % DATA.length] & ~7n
        : take(16) << 32n | take(12) << 4n;
    case "mdscr":
      // SS, TDCC, KDE, MDE; the last two rather set than not.
      return take(2) / 3n | take(1) << 12n | (take(2) + 2n) / 3n << 13n |
        (take(2) + 2n) / 3n << 15n;
    case "mdccint":
      return take(2) << 29n;
    case "contextidr":
      return CONTEXTS[Number(take(1))];
    default:
      throw new RangeError(`No values for ${register}`);
  }
}

/** A write of a register of the setting's guest. */
export function registerWrites(setting: Setting): fc.Arbitrary<RegisterWrite> {
  const registers = registersOf(setting);
  return fc.tuple(fc.constantFrom(...registers), fc.nat(0xffff_ffff)).map(
    ([register, bits]) => ({
      register,
      value: valueFor(setting, register, bits),
    }),
  );
}

/** An instruction of the setting's guest. */
export function guestInsns(setting: Setting): fc.Arbitrary<GuestInsn> {
  return fc.oneof(
    {
      weight: 8,
      arbitrary: registerWrites(setting).map((write) => ({
        kind: "write" as const,
        write,
      })),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("read" as const),
        register: fc.constantFrom(...registersOf(setting)),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("exec" as const),
        address: fc.constantFrom(...TARGETS),
        el: fc.constantFrom(0, 1, 1),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "load" as const,
          "store" as const,
          "rmw" as const,
        ),
        address: fc.constantFrom(...DATA),
        sizeBytes: fc.constantFrom(1, 4, 8),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<GuestInsn>(
        { kind: "brk" },
        { kind: "svc" },
        { kind: "isb" },
      ),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("mask" as const),
        d: fc.constantFrom(0, 0, 1),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("lock" as const),
        oslk: fc.nat(1),
      }),
    },
  );
}

/** What a program that is to take exceptions begins with: they are enabled, and something is armed. */
const ARMED: readonly GuestInsn[] = [
  ["dbgbvr0", TARGETS[0]],
  ["dbgbcr0", 0x1e7n],
  ["dbgwvr0", DATA[0]],
  ["dbgwcr0", 0x1fffn],
  ["mdscr", 0xa000n],
].map(([register, value]): GuestInsn => ({
  kind: "write",
  write: { register: `${register}`, value: BigInt(value) },
})).concat({ kind: "mask", d: 0 });

/** A program of the setting's guest; every other one begins armed. */
export function guestPrograms(
  setting: Setting,
  insnsMax: number,
): fc.Arbitrary<readonly GuestInsn[]> {
  return fc.tuple(
    fc.boolean(),
    fc.array(guestInsns(setting), { maxLength: insnsMax, size: "max" }),
  ).map(([armed, insns]) => armed ? [...ARMED, ...insns] : insns);
}

/** PSTATE.D. */
const PSTATE_D = 1 << 9;

function partsOf(insn: GuestInsn, name: string | undefined): InsnParts {
  switch (insn.kind) {
    case "write": {
      const { register, value } = insn.write;
      return {
        op: "write",
        register: registerId(register),
        lo: Number(BigInt.asIntN(32, value)),
        hi: Number(BigInt.asIntN(32, value >> 32n)),
      };
    }
    case "read":
      return { op: "read", register: registerId(insn.register), name };
    case "exec":
      return { op: "exec", level: insn.el };
    case "load":
    case "store":
    case "rmw":
      return {
        op: insn.kind,
        lo: Number(BigInt.asIntN(32, insn.address)),
        hi: 0,
        sizeBytes: insn.sizeBytes,
      };
    case "brk":
    case "svc":
    case "isb":
      return { op: insn.kind };
    case "mask":
      return {
        op: "write",
        register: registerId("pstate"),
        lo: insn.d === 0 ? 0 : PSTATE_D,
        maskLo: PSTATE_D,
      };
    case "lock":
      return { op: "write", register: registerId("oslar"), lo: insn.oslk };
    default:
      return insn satisfies never;
  }
}

/**
 * Appends an instruction.
 *
 * @param at where it is, unless it is an `exec`, which is where its target is
 * @param name what a read is called
 */
export function append(
  machine: Machine,
  insn: GuestInsn,
  { v, at, name }: { v: number; at: bigint; name?: string },
): void {
  machine.append(
    v,
    partsOf(insn, name),
    insn.kind === "exec" ? insn.address : at,
  );
}

/** What userspace asks of KVM_SET_GUEST_DEBUG, by number. */
export const DEBUG_REQUESTS:
  readonly ((machine: Machine, v: number) => void)[] = [
    (machine, v) =>
      machine.debugger(v, { action: "break", address: TARGETS[0] }),
    (machine, v) =>
      machine.debugger(v, {
        action: "watch",
        address: DATA[0],
        sizeBytes: 8,
        on: "access",
      }),
    (machine, v) => machine.debugger(v, { action: "step" }),
    (machine, v) => machine.debugger(v, { action: "swbreak" }),
    (machine, v) => machine.debugger(v, { action: "off" }),
    (machine, v) =>
      machine.setGuestDebug(v, {
        control: 0x20001,
        inject: undefined,
        blockirq: false,
        // Values as they come, past the machine's numbers and in reserved bits.
        registers: [0, 1, 5, 9, 16, 25, 32, 35, 48, 63].map((register) => ({
          register,
          value: 0xffff_ffff_7000_01e7n >> BigInt(register & 15),
        })),
      }),
  ];

/** A new seed. A test that uses one tells it in the name of a step. */
export function newSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0];
}
