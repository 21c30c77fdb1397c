/**
 * Random cases for x86.
 *
 * @module
 */
import type { Dice } from "../../dice.ts";

type Fields = Readonly<Record<string, unknown>>;

const DATA = 0x8_0000n;

const hex = (value: bigint): string =>
  `0x${BigInt.asUintN(64, value).toString(16)}`;

/** Which bits an emulated CPU lets a case use. */
export interface X86Limits {
  /** Host CPUs. */
  readonly cpus: number;
  /** Breakpoints may be enabled. */
  readonly arms: boolean;
  /** DR7.GD may be set. */
  readonly hasGd: boolean;
}

interface Scene {
  readonly dice: Dice;
  readonly limits: X86Limits;
  readonly vcpus: number;
}

function codeOf(vcpu: number): bigint {
  return 0x10_0000n * BigInt(vcpu + 1) + 0x1_0000n;
}

/** An address that programs use, or near one. */
function address({ dice, vcpus }: Scene): bigint {
  const base = dice.oneIn(2)
    ? DATA + BigInt(dice.pick([0, 0, 0, 4, 4, 8, 8, 1, 0x40]))
    : codeOf(dice.below(vcpus)) + BigInt(dice.below(40));
  return dice.weighted<bigint>([
    [8, () => base],
    [1, () => base + 1n],
    [1, () => base | 0xffff_0000_0000_0000n],
    [1, () => base ^ (1n << BigInt(dice.below(64)))],
    [1, () => dice.word()],
  ]);
}

function dr7({ dice, limits }: Scene): bigint {
  let value = 0x400n;
  for (let slot = 0; slot < 4; slot++) {
    if (limits.arms && dice.oneIn(3)) {
      value |= BigInt(dice.pick([1, 2, 3])) << BigInt(2 * slot);
    }
    const type = dice.pick([0, 0, 1, 3, 1, 3, 2]);
    const length = type === 0 && !dice.oneIn(6) ? 0 : dice.pick([0, 1, 3, 2]);
    if (dice.oneIn(2)) {
      value |= BigInt(length << 2 | type) << BigInt(16 + 4 * slot);
    }
  }
  if (dice.oneIn(4)) value |= BigInt(dice.pick([0x100, 0x200, 0x300]));
  if (limits.hasGd && dice.oneIn(6)) value |= 0x2000n;
  if (dice.oneIn(8)) value |= dice.bits(0xd800n);
  if (dice.oneIn(24)) value |= 1n << BigInt(dice.between(32, 63));
  return value;
}

function dr6(dice: Dice): bigint {
  return dice.weighted<bigint>([
    [4, () => 0xffff_0ff0n],
    [2, () => 0n],
    [2, () => dice.bits(0xffff_ffffn)],
    [1, () => 0xffff_0ff0n | dice.bits(0xe00fn)],
    [1, () => 1n << BigInt(dice.between(32, 63))],
  ]);
}

function debugValue(scene: Scene, n: number): bigint {
  if (n === 6 || n === 4) return dr6(scene.dice);
  if (n === 7 || n === 5) return dr7(scene);
  return address(scene);
}

const REGISTERS = [0, 0, 1, 2, 3, 6, 6, 7, 7, 7, 4, 5];

/** Bytes of instructions, which the recorder pads to. */
const LENGTH = { dr: 4, memory: 9, de: 4, ss: 9 } as const;

function instruction(scene: Scene): Fields {
  const { dice } = scene;
  const memory = (): Fields => ({
    addr: hex(DATA + BigInt(dice.pick([0, 0, 4, 8, 1, 3, 7, 16]))),
    size: dice.pick([1, 2, 4, 4, 8]),
    len: LENGTH.memory,
  });
  return dice.weighted<Fields>([
    [6, () => {
      const n = dice.pick(REGISTERS);
      const value = hex(debugValue(scene, n));
      return { i: "mov_to_dr", dr: n, value, len: LENGTH.dr };
    }],
    [5, () => ({ i: "mov_from_dr", dr: dice.pick(REGISTERS), len: LENGTH.dr })],
    [5, () => ({ i: "nop", len: 1 })],
    [3, () => ({ i: "write", ...memory() })],
    [3, () => ({ i: "read", ...memory() })],
    [1, () => ({ i: "rmw", ...memory(), size: 4 })],
    [1, () => ({ i: "io_out", port: "0x80", size: 1, len: 2 })],
    [1, () => ({ i: "io_in", port: "0x80", size: 1, len: 2 })],
    [1, () => ({ i: "int3", len: 1 })],
    [1, () => ({ i: "icebp", len: 1 })],
    [1, () => ({ i: "int_1", len: 2 })],
    [1, () => ({ i: "ud2", len: 2 })],
    [1, () => ({ i: "set_cr4_de", value: dice.below(2), len: LENGTH.de })],
    [1, () => ({ i: "popf", tf: dice.oneIn(3) ? 1 : 0, len: 1 })],
    [1, () => ({ i: "mov_ss_reg", len: 3 })],
    [1, () => {
      // Where no other instruction of the program writes: the selector is there.
      const addr = hex(DATA + 0x40n);
      return { i: "mov_ss_mem", addr, size: 2, len: LENGTH.ss };
    }],
  ]);
}

/** Instructions with an operand of their own that a program can have. */
const OPERANDS_MAX = 11;
const INSTRUCTIONS_MAX = 14;
const FREE = new Set([
  "nop",
  "int3",
  "icebp",
  "int_1",
  "ud2",
  "popf",
  "io_out",
  "io_in",
  "rmw",
]);

function program(scene: Scene, vcpu: number): Fields {
  const { dice, limits } = scene;
  const length = dice.between(2, INSTRUCTIONS_MAX);
  const ops: Fields[] = [];
  let pc = codeOf(vcpu);
  let operands = 0;
  while (ops.length < length) {
    const op = instruction(scene);
    if (!FREE.has(String(op.i)) && ++operands > OPERANDS_MAX) break;
    ops.push({ ...op, pc: hex(pc) });
    pc += BigInt(Number(op.len));
  }
  ops.push({ i: "hlt", pc: hex(pc), len: 1 });
  return {
    op: "run",
    vcpu,
    cpu: dice.below(limits.cpus),
    guest_debug_repeated_after_set_regs: true,
    ...(dice.oneIn(12)
      ? { rflags_in: hex(dice.pick([0x102n, 0x1_0002n])) }
      : {}),
    program: ops,
  };
}

function guestDebug(scene: Scene, vcpu: number): Fields {
  const { dice } = scene;
  const control = dice.weighted<readonly string[]>([
    [4, () => ["ENABLE", "USE_HW_BP"]],
    [3, () => ["ENABLE", "SINGLESTEP"]],
    [1, () => ["ENABLE", "SINGLESTEP", "USE_HW_BP"]],
    [2, () => ["ENABLE", "USE_SW_BP"]],
    [1, () => ["ENABLE", "INJECT_DB"]],
    [1, () => ["ENABLE", "INJECT_BP"]],
    [1, () => ["ENABLE"]],
    [4, () => []],
    [1, () => ["USE_HW_BP"]],
  ]);
  const debugreg = Array.from(
    { length: 8 },
    (_, n) => hex(dice.oneIn(3) ? 0n : debugValue(scene, n)),
  );
  return { op: "guest_debug", vcpu, control, debugreg };
}

/** Steps of a random case. */
export function randomX86(
  dice: Dice,
  limits: X86Limits,
): { vcpus: number; steps: Fields[] } {
  const vcpus = dice.oneIn(4) ? 2 : 1;
  const scene: Scene = { dice, limits, vcpus };
  const steps: Fields[] = [];
  const loaded = new Set<number>();
  const length = dice.between(4, 12);
  while (steps.length < length) {
    const vcpu = dice.below(vcpus);
    dice.weighted<void>([
      [6, () => {
        steps.push(program(scene, vcpu));
        loaded.add(vcpu);
        const cpu = dice.below(limits.cpus);
        if (dice.oneIn(3)) return;
        steps.push({ op: "run", vcpu, cpu, resume: true, until_end: 12 });
      }],
      [3, () => {
        const cpu = dice.below(limits.cpus);
        if (loaded.has(vcpu)) {
          steps.push({ op: "run", vcpu, cpu, resume: true });
        }
      }],
      [5, () => {
        steps.push(guestDebug(scene, vcpu));
      }],
      [2, () => {
        steps.push({
          op: "set_debugregs",
          vcpu,
          db: [0, 1, 2, 3].map((n) => hex(debugValue(scene, n))),
          dr6: hex(dr6(dice)),
          dr7: hex(dr7(scene)),
          flags: dice.oneIn(20) ? "0x1" : "0x0",
        });
      }],
      [3, () => {
        steps.push({ op: "get_debugregs", vcpu });
      }],
    ]);
  }
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    steps.push({ op: "get_debugregs", vcpu });
  }
  return { vcpus, steps };
}
