/**
 * Random cases for arm64.
 *
 * @module
 */
import type { Dice } from "../../dice.ts";

type Fields = Readonly<Record<string, unknown>>;

const CODE = 0x4008_0000n;
const CODE_STRIDE = 0x1_0000n;
const DATA = 0x4004_0000n;

const hex = (value: bigint): string =>
  `0x${BigInt.asUintN(64, value).toString(16)}`;

/** Registers with their bits that do something; others are reserved. */
const BCR_USED = 0x00ff_e1e7n;
const WCR_USED = 0x1f1f_ffffn;
const ALL = 0xffff_ffff_ffff_ffffn;

/** What a case is about, so that addresses meet. */
interface Scene {
  readonly dice: Dice;
  readonly vcpus: number;
  /** Guest code that breakpoints are set on, by vCPU. */
  readonly code: readonly bigint[];
  /** Data that watchpoints are set on. */
  readonly data: bigint;
}

/** An address at or near one of the case's. */
function near({ dice, data, code, vcpus }: Scene, isData: boolean): bigint {
  const base = isData
    ? data
    : code[dice.below(vcpus)] + 4n * BigInt(dice.below(10));
  return dice.weighted<bigint>([
    [8, () => base],
    [1, () => base + 4n],
    [1, () => base - 4n],
    [1, () => base + BigInt(dice.below(8))],
    [1, () => base | 0xffff_0000_0000_0000n],
    [1, () => base ^ (1n << BigInt(dice.below(64)))],
  ]);
}

function breakpointControl(dice: Dice): bigint {
  const fields = BigInt(dice.below(2)) | BigInt(dice.pick([1, 2, 3, 0])) << 1n |
    BigInt(dice.pick([0xf, 0xf, 0xf, 0x3, 0xc, 0])) << 5n |
    BigInt(dice.oneIn(3) ? dice.below(8) : 0) << 13n |
    BigInt(dice.oneIn(3) ? dice.below(16) : 0) << 16n |
    BigInt(dice.oneIn(3) ? dice.pick([1, 2, 3, 4, 5, 9]) : 0) << 20n;
  return dice.weighted([
    [6, () => fields | 1n],
    [2, () => fields],
    [1, () => fields | (dice.word() & ~BCR_USED & ALL)],
    [1, () => dice.bits(ALL)],
  ]);
}

function watchpointControl(dice: Dice): bigint {
  const fields = BigInt(dice.pick([1, 2, 3, 0])) << 1n |
    BigInt(dice.pick([1, 2, 3, 3])) << 3n |
    BigInt(dice.pick([0xff, 0x0f, 0xf0, 0x01, 0x80, 0x3c])) << 5n |
    BigInt(dice.oneIn(4) ? dice.below(8) : 0) << 13n |
    BigInt(dice.oneIn(4) ? 1 : 0) << 20n |
    BigInt(dice.oneIn(5) ? dice.pick([3, 4, 12, 31]) : 0) << 24n;
  return dice.weighted([
    [6, () => fields | 1n],
    [2, () => fields],
    [1, () => fields | (dice.word() & ~WCR_USED & ALL)],
    [1, () => dice.bits(ALL)],
  ]);
}

/** MDE, KDE, SS and what else is there. */
function mdscr(dice: Dice): bigint {
  return dice.weighted([
    [6, () => BigInt(dice.pick([0x8000, 0xa000, 0x8000, 0xa000, 0x2000, 0]))],
    [1, () => BigInt(dice.pick([0x2001, 0x8001, 0xa001]))],
    [1, () => dice.bits(0xffff_ffffn) & ~1n],
  ]);
}

/** A register that is written, with a value. */
function writable(scene: Scene): { reg: string; value: bigint } {
  const { dice } = scene;
  const n = dice.oneIn(8) ? dice.below(16) : dice.below(6);
  const w = dice.oneIn(8) ? dice.below(16) : dice.below(4);
  return dice.weighted([
    [5, () => ({ reg: `DBGBVR${n}_EL1`, value: near(scene, false) })],
    [5, () => ({ reg: `DBGBCR${n}_EL1`, value: breakpointControl(dice) })],
    [4, () => ({ reg: `DBGWVR${w}_EL1`, value: near(scene, true) })],
    [4, () => ({ reg: `DBGWCR${w}_EL1`, value: watchpointControl(dice) })],
    [5, () => ({ reg: "MDSCR_EL1", value: mdscr(dice) })],
    [1, () => ({ reg: "CONTEXTIDR_EL1", value: dice.bits(0xffff_ffffn) })],
    [1, () => ({ reg: dice.pick(SELDOM), value: dice.bits(0xffn) })],
  ]);
}

/** Registers that few programs use. MDCCINT_EL1 is not among them: QEMU has no register there. */
const SELDOM = ["OSDLR_EL1", "OSECCR_EL1", "DBGPRCR_EL1", "DBGCLAIMSET_EL1"];

const READABLE = [
  "MDSCR_EL1",
  "MDSCR_EL1",
  "OSLSR_EL1",
  "MDRAR_EL1",
  "MDCCSR_EL0",
  "OSDLR_EL1",
  "DBGAUTHSTATUS_EL1",
  "ID_AA64DFR0_EL1",
];

function readable(dice: Dice): string {
  if (dice.oneIn(4)) return dice.pick(READABLE);
  const kind = dice.pick(["DBGBVR", "DBGBCR", "DBGWVR", "DBGWCR"]);
  const few = kind.startsWith("DBGB") ? 6 : 4;
  const n = dice.oneIn(8) ? dice.below(16) : dice.below(few);
  return `${kind}${n}_EL1`;
}

function instruction(scene: Scene): Fields {
  const { dice, data } = scene;
  const address = (): string => {
    const size = dice.pick([4, 4, 8]);
    return hex(data + BigInt(size * dice.between(-1, 3)));
  };
  const size = (): number => dice.pick([4, 4, 4, 1, 2, 8, 16]);
  return dice.weighted<Fields>([
    [6, () => {
      const { reg, value } = writable(scene);
      return { i: "msr", reg, value: hex(value) };
    }],
    [5, () => ({ i: "mrs", reg: readable(dice) })],
    [6, () => ({ i: "nop" })],
    [1, () => ({ i: "isb" })],
    [3, () => ({ i: "str", addr: address(), size: size() })],
    [3, () => ({ i: "ldr", addr: address(), size: size() })],
    [1, () => ({ i: "brk", imm: dice.below(4) })],
    [1, () => ({ i: "svc", imm: dice.pick([0, 0x53]) })],
    [2, () => ({ i: "daifclr", imm: dice.pick([8, 8, 8, 15, 0]) })],
    [1, () => ({ i: "daifset", imm: dice.pick([8, 8, 8, 2, 15]) })],
    [1, () => ({ i: "b" })],
    [
      1,
      () => ({ i: "msr", reg: "OSLAR_EL1", value: hex(BigInt(dice.below(2))) }),
    ],
    // No memory: MMIO, which exits.
    [1, () => ({ i: "str", addr: hex(0x1000_0100n), size: 4 })],
  ]);
}

/** Operands of a program have 25 registers at most. */
const INSTRUCTIONS_MAX = 16;

function program(scene: Scene, vcpu: number): Fields {
  const { dice, code } = scene;
  const length = dice.between(2, INSTRUCTIONS_MAX);
  const ops = Array.from({ length }, (_, n) => {
    const op = instruction(scene);
    const to = op.i === "b" ? { to: dice.between(n + 1, length) } : {};
    return { ...op, ...to, pc: hex(code[vcpu] + 4n * BigInt(n)) };
  });
  return {
    op: "run",
    vcpu,
    ...(dice.oneIn(10) ? { pstate_in: hex(dice.pick([0x3c0n, 0x1c5n])) } : {}),
    program: ops,
  };
}

function guestDebug(scene: Scene, vcpu: number): Fields {
  const { dice } = scene;
  const control = dice.weighted<readonly string[]>([
    [4, () => ["ENABLE", "USE_HW"]],
    [3, () => ["ENABLE", "SINGLESTEP"]],
    [1, () => ["ENABLE", "SINGLESTEP", "USE_HW"]],
    [2, () => ["ENABLE", "USE_SW_BP"]],
    [1, () => ["ENABLE"]],
    [4, () => []],
    [1, () => ["USE_HW"]],
    [1, () => ["ENABLE", hex(1n << BigInt(dice.below(32)))]],
  ]);
  const pairs = (
    value: () => bigint,
    few: number,
  ): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Array.from({ length: dice.below(3) }, () => [
        String(dice.oneIn(10) ? dice.below(16) : dice.below(few)),
        hex(value()),
      ]),
    );
  return {
    op: "guest_debug",
    vcpu,
    control,
    bcr: pairs(() => breakpointControl(dice), 6),
    bvr: pairs(() => near(scene, false), 6),
    wcr: pairs(() => watchpointControl(dice), 4),
    wvr: pairs(() => near(scene, true), 4),
  };
}

const CAPABILITIES = [
  "KVM_CAP_SET_GUEST_DEBUG",
  "KVM_CAP_SET_GUEST_DEBUG2",
  "KVM_CAP_GUEST_DEBUG_HW_BPS",
  "KVM_CAP_GUEST_DEBUG_HW_WPS",
  "KVM_CAP_ONE_REG",
];

/** BRK #0. */
const BRK = 0xd420_0000n;

/** What userspace seldom does. `program` is what the vCPU has loaded. */
function seldom(
  { dice }: Scene,
  vcpu: number,
  program: readonly Fields[] | undefined,
): Fields {
  const inside = (make: (op: Fields, at: number) => Fields): Fields => {
    if (program === undefined) return { op: "reg_list", vcpu };
    const at = dice.below(program.length);
    return make(program[at], at);
  };
  return dice.weighted<Fields>([
    [3, () => inside(({ pc }) => ({ op: "set_pc", vcpu, value: pc }))],
    [3, () =>
      inside(({ pc }, at) => {
        const insn = hex(BRK | BigInt(dice.below(4)) << 5n);
        return { op: "poke_insn", vcpu, at, addr: pc, insn };
      })],
    [1, () => ({ op: "vcpu_init", vcpu })],
    [1, () => ({ op: "reg_list", vcpu })],
    [1, () => ({ op: "check_extension", name: dice.pick(CAPABILITIES) })],
  ]);
}

/** Steps of a random case. */
export function randomArm64(dice: Dice): { vcpus: number; steps: Fields[] } {
  const vcpus = dice.oneIn(3) ? 2 : 1;
  const scene: Scene = {
    dice,
    vcpus,
    code: [0n, 1n].map((v) => CODE + CODE_STRIDE * v),
    data: DATA + 0x100n,
  };
  const steps: Fields[] = [];
  const loaded = new Map<number, readonly Fields[]>();
  const length = dice.between(4, 14);
  while (steps.length < length) {
    const vcpu = dice.below(vcpus);
    dice.weighted<void>([
      [6, () => {
        const run = program(scene, vcpu);
        steps.push(run);
        loaded.set(vcpu, run.program as readonly Fields[]);
        if (dice.oneIn(3)) return;
        steps.push({ op: "run", vcpu, resume: true, until_end: 12 });
      }],
      [3, () => {
        if (loaded.has(vcpu)) steps.push({ op: "run", vcpu, resume: true });
      }],
      [5, () => {
        steps.push(guestDebug(scene, vcpu));
      }],
      [3, () => {
        const { reg, value } = writable(scene);
        steps.push({ op: "user_set", vcpu, reg, value: hex(value) });
      }],
      [3, () => {
        steps.push({ op: "user_get", vcpu, reg: readable(dice) });
      }],
      [1, () => {
        steps.push({ op: "pin", cpu: dice.below(2) });
      }],
      [1, () => {
        const step = seldom(scene, vcpu, loaded.get(vcpu));
        steps.push(step);
        if (step.op === "vcpu_init") loaded.delete(vcpu);
      }],
    ]);
  }
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    for (const reg of ["MDSCR_EL1", "DBGBVR0_EL1", "DBGBCR0_EL1"]) {
      steps.push({ op: "user_get", vcpu, reg });
    }
  }
  return { vcpus, steps };
}
