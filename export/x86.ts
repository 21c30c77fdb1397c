/**
 * Cases for x86.
 *
 * @module
 */
import { canReturn } from "../conform/x86/windows.ts";
import { eventsFields } from "../conform/x86/events.ts";
import { type InsnParts, join64 } from "../engine/mod.ts";
import type { Watched } from "../dsl/mod.ts";
import { flagNames, hex, value64 } from "./numbers.ts";
import type { Fields } from "./recorded_case.ts";
import { Inexpressible, PLACED, type Target } from "./target.ts";

/** RFLAGS that the recorder starts a program with. */
const RFLAGS_INITIAL = 0x2n;

/** Control bits of KVM_SET_GUEST_DEBUG, by the recordings' names. */
const CONTROL: readonly (readonly [number, string])[] = [
  [0x1, "ENABLE"],
  [0x2, "SINGLESTEP"],
  [0x1_0000, "USE_SW_BP"],
  [0x2_0000, "USE_HW_BP"],
  [0x4_0000, "INJECT_DB"],
  [0x8_0000, "INJECT_BP"],
  [0x10_0000, "BLOCKIRQ"],
];

const INJECTED = { db: 0x4_0000, bp: 0x8_0000 } as const;
const BLOCKIRQ = 0x10_0000;

/** Where the recorder puts a program that says nothing of it, of vCPU 0. */
const PROGRAM_BASE = 0x11_0000n;

/** KVM returns for an interrupt window only where the guest takes interrupts. */
const RFLAGS_IF = 0x200n;

/** The guest sets kvm_run's request_interrupt_window, in a page that both see. */
const WINDOW: Fields = { i: "request_window", len: 8 };

/** Privilege level of user code. */
const USER_LEVEL = 3;

/** Levels of the instructions of a program, which a case does not have for each. */
const LEVELS = new WeakMap<Fields, number>();

function levelOf(op: Fields): number {
  return LEVELS.get(op) ?? 0;
}

function endOf(op: Fields | undefined): bigint {
  return op === undefined
    ? PROGRAM_BASE
    : BigInt(String(op.pc)) + BigInt(Number(op.len));
}

/** Makes room for what was inserted: what the scenario does not place moves. */
function laidOut(ops: readonly Fields[]): readonly Fields[] {
  if (!ops.some(({ i }) => i === WINDOW.i)) return ops;
  const placed: Fields[] = [];
  for (const [index, op] of ops.entries()) {
    const isPlaced = PLACED.has(op);
    if (op.i !== WINDOW.i) {
      const pc = isPlaced || index === 0 ? op.pc : hex(endOf(placed.at(-1)));
      placed.push({ ...op, pc });
      continue;
    }
    const next = ops[index + 1];
    const isFixed = index === 0 || next !== undefined && PLACED.has(next);
    const pc = isFixed && next !== undefined
      ? hex(BigInt(String(next.pc)) - BigInt(Number(op.len)))
      : hex(endOf(placed.at(-1)));
    placed.push({ ...op, pc });
  }
  return placed;
}

/** Where the recorder's memory ends. */
const MEMORY_END = 0x80_0000n;

/** What KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS carry. */
const EVENTS = "VCPU_EVENTS";

/** DR0 to DR7. */
const DEBUG_REGISTER = /^DR([0-7])$/;

const CR4_DE = 8;

/** Bytes of an instruction, where the model and the recorder have different ones. */
const LENGTH_INITIAL = {
  write: 3,
  read: 3,
  load: 7,
  store: 7,
  rmw: 7,
} as const;

function debugRegister(id: number, { arch }: Watched): number {
  const { name } = arch.registers.byId(id);
  const match = DEBUG_REGISTER.exec(name);
  if (!match) {
    throw new Inexpressible(`the recorder does not reach ${name}`, true);
  }
  return Number(match[1]);
}

/** A string instruction as an operation of the recorder. */
function stringOperation(parts: InsnParts, { arch }: Watched): Fields {
  const { op, count, sizeBytes: size } = parts;
  const { first, last } = arch.mmio;
  const memory = (address: bigint): string => {
    const end = address + BigInt(count! * size!);
    const isMmio = address >= first && end <= last + 1n;
    if (end > MEMORY_END && !isMmio) {
      throw new Inexpressible(
        `the recorder has no memory at ${hex(address)}`,
        true,
      );
    }
    return hex(address);
  };
  const own = value64(parts);
  const other = join64(parts.otherLo ?? 0, parts.otherHi ?? 0);
  const i = `rep_${op}`;
  switch (op) {
    case "movs":
      return { i, from: memory(own), addr: memory(other), count, size };
    case "stos":
      return { i, addr: memory(own), count, size };
    default:
      return { i, port: hex(own), addr: memory(other), count, size };
  }
}

/** An instruction as an operation of the recorder, or the reason why it has none. */
function operation(parts: InsnParts, scenario: Watched): Fields {
  const operand = value64(parts);
  switch (parts.op) {
    case "read":
      return { i: "mov_from_dr", dr: debugRegister(parts.register!, scenario) };
    case "write": {
      const { name } = scenario.arch.registers.byId(parts.register!);
      if (name === "CR4" && parts.maskLo === CR4_DE) {
        return { i: "set_cr4_de", value: operand === 0n ? 0 : 1 };
      }
      return {
        i: "mov_to_dr",
        dr: debugRegister(parts.register!, scenario),
        value: hex(operand),
      };
    }
    case "exec":
      return { i: "nop" };
    case "load":
    case "store":
    case "rmw": {
      const i = { load: "read", store: "write", rmw: "rmw" }[parts.op];
      const { first, last } = scenario.arch.mmio;
      const isMmio = operand >= first && operand <= last;
      if (operand >= MEMORY_END && !isMmio) {
        throw new Inexpressible(
          `the recorder has no memory at ${hex(operand)}`,
          true,
        );
      }
      return { i, addr: hex(operand), size: parts.sizeBytes };
    }
    case "in":
    case "out":
      return {
        i: `io_${parts.op}`,
        port: hex(operand),
        size: parts.sizeBytes,
      };
    case "movs":
    case "stos":
    case "ins":
    case "outs":
      return stringOperation(parts, scenario);
    case "movss":
      return parts.sizeBytes
        ? { i: "mov_ss_mem", addr: hex(operand), size: 2 }
        : { i: "mov_ss_reg" };
    case "wrmsr":
    case "rdmsr": {
      const { name } = parts.register === undefined || parts.register < 0
        ? { name: undefined }
        : scenario.arch.registers.byId(parts.register);
      if (name !== "DEBUGCTL") {
        throw new Inexpressible("the recorder has DEBUGCTL alone", true);
      }
      const value = parts.op === "wrmsr" ? { value: hex(operand) } : {};
      return { i: parts.op, reg: "debugctl", ...value };
    }
    case "jump":
      return { i: "jmp" };
    case "popf":
      return { i: "popf", tf: parts.lo ?? 0 };
    case "int1":
      return { i: "int_1" };
    // A `set` of FMASK is not exported.
    case "syscall":
      return { i: "syscall", fmask: hex(0n) };
    case "int3":
    case "icebp":
    case "ud2":
    case "cpuid":
    case "hlt":
      return { i: parts.op };
    default:
      throw new Inexpressible(
        `the recorder has no instruction for \`${parts.op}\``,
        true,
      );
  }
}

function lengthOf({ op, lengthBytes }: InsnParts, { arch }: Watched): number {
  if (lengthBytes !== undefined) return lengthBytes;
  const known: Readonly<Record<string, number>> = LENGTH_INITIAL;
  return known[op] ?? arch.instructions[op] ?? 1;
}

/** The x86 part of an export. */
export const X86_TARGET: Target = {
  instruction(parts, address, scenario) {
    if (parts.code32) {
      throw new Inexpressible("the recorder's guest is in 64-bit mode", true);
    }
    if (parts.op === "xbegin" || parts.op === "xend") {
      throw new Inexpressible("the recorder has no transactions", true);
    }
    const op = {
      ...operation(parts, scenario),
      pc: hex(address),
      len: lengthOf(parts, scenario),
    };
    LEVELS.set(op, Math.max(0, parts.level ?? 0));
    return op;
  },
  whyNotOne(ops) {
    const [first] = ops;
    let level = first && levelOf(first);
    if (level !== undefined && level !== 0 && level !== USER_LEVEL) {
      return `the recorder has no CPL ${level}`;
    }
    for (const op of ops) {
      if (levelOf(op) !== level) {
        return "a program of the recorder changes its level by SYSCALL alone";
      }
      if (op.i === "syscall") level = 0;
    }
    return undefined;
  },
  run(vcpu, ops, { scenario: { machine, arch }, cpu }) {
    const { id } = arch.registers.find("rflags")!;
    const view = machine.view("guest", vcpu, id);
    const rflags = view.kind === "value" ? view.value : RFLAGS_INITIAL;
    return {
      op: "run",
      vcpu,
      cpu,
      guest_debug_repeated_after_set_regs: true,
      ...(rflags === RFLAGS_INITIAL ? {} : { rflags_in: hex(rflags) }),
      ...(ops.length > 0 && levelOf(ops[0]) !== 0
        ? { cpl: levelOf(ops[0]) }
        : {}),
      program: ops,
    };
  },
  resume: (vcpu, cpu) => ({ op: "run", vcpu, cpu, resume: true }),
  endOf: (ops) => hex(endOf(ops.at(-1))),
  finish(step) {
    const ops = laidOut(step.program as readonly Fields[]);
    const last = ops.at(-1);
    const program = last?.i === "hlt"
      ? ops
      : [...ops, { i: "hlt", pc: hex(endOf(last)) }];
    if (!ops.some(({ i }) => i === WINDOW.i)) return { ...step, program };
    const { program: _, ...rest } = step;
    const flags = BigInt(String(step.rflags_in ?? hex(RFLAGS_INITIAL)));
    return { ...rest, rflags_in: hex(flags | RFLAGS_IF), program };
  },
  window: WINDOW,
  // The recorder's programs for it start with IF set.
  opensWindow: canReturn,
  pin: () => undefined,
  user(vcpu, operation, scenario) {
    const { machine, arch } = scenario;
    switch (operation.kind) {
      case "enable":
        return {
          steps: [{
            op: "enable_cap",
            name: `KVM_CAP_${operation.capability.toUpperCase()}`,
          }],
        };
      case "get": {
        const { as } = operation;
        const { step, field, index } = this.userRead(
          vcpu,
          operation.register,
          scenario,
        );
        return {
          steps: [step],
          ...(as === undefined ? {} : { named: { as, field, index } }),
        };
      }
      case "set": {
        const register = arch.registers.byId(operation.register);
        if (register.name === EVENTS) {
          const events = eventsFields(register, operation.value);
          return { steps: [{ op: "set_vcpu_events", vcpu, events }] };
        }
        const n = debugRegister(operation.register, scenario);
        const current = (name: string): bigint => {
          const { id } = arch.registers.find(name)!;
          const view = machine.view("user", vcpu, id);
          return view.kind === "value" ? view.value : 0n;
        };
        const values = [0, 1, 2, 3, 6, 7].map((k) =>
          hex(k === n ? operation.value : current(`dr${k}`))
        );
        const [dr6, dr7] = values.splice(4);
        const flags = hex(0n);
        return {
          steps: [{
            op: "set_debugregs",
            vcpu,
            db: values,
            dr6,
            dr7,
            flags,
          }],
        };
      }
      case "guest-debug":
        return { steps: [this.guestDebug(vcpu, operation.request, scenario)] };
      default:
        throw new Inexpressible(
          `the recorder has no step for \`${operation.kind}\``,
          true,
        );
    }
  },
  set(counts) {
    throw new Inexpressible(
      `the recorder does not set ${Object.keys(counts).join(", ")}`,
      true,
    );
  },
  guestDebug(vcpu, { control, inject, blockirq, registers }, scenario) {
    const debugreg = Array.from({ length: 8 }, () => hex(0n));
    for (const { register, value } of registers) {
      debugreg[debugRegister(register, scenario)] = hex(value);
    }
    const word = control | (inject === undefined ? 0 : INJECTED[inject]) |
      (blockirq ? BLOCKIRQ : 0);
    return {
      op: "guest_debug",
      vcpu,
      control: flagNames(CONTROL, word),
      debugreg,
    };
  },
  userRead(vcpu, register, scenario) {
    if (scenario.arch.registers.byId(register).name === EVENTS) {
      const step = { op: "get_vcpu_events", vcpu };
      return { step, field: "value", index: 0 };
    }
    const n = debugRegister(register, scenario);
    return {
      step: { op: "get_debugregs", vcpu },
      field: n === 6 ? "dr6" : n === 7 ? "dr7" : "db",
      index: n < 4 ? n : 0,
    };
  },
  guestRead: (_vcpu, register, scenario) => ({
    i: "mov_from_dr",
    dr: debugRegister(register, scenario),
    len: 3,
  }),
  exceptionKinds: { db: 1, bp: 3, ud: 6, gp: 13 },
  exceptionFields: {
    vector: "taken.kind",
    rip: "taken.pc",
    error: "taken.syndrome",
    rflags: "taken.flags",
    dr6: "taken.dr6",
    dr7: "taken.dr7",
  },
  exitFields: {
    exception: { field: "exception" },
    pc: { field: "exit_pc" },
    dr6: { field: "dr6" },
    dr7: { field: "dr7" },
    port: { field: "value" },
    addr: { field: "value" },
  },
  exits: { debug: "DEBUG", mmio: "MMIO", io: "IO" },
};
