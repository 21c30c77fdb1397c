/**
 * Cases for arm64.
 *
 * @module
 */
import type { InsnParts } from "../engine/mod.ts";
import type { Watched } from "../dsl/mod.ts";
import { flagNames, hex, value64 } from "./numbers.ts";
import type { Fields } from "./recorded_case.ts";
import { Inexpressible, type Target } from "./target.ts";

/** What the names of capabilities begin with. */
const CAPABILITY = "KVM_CAP_";

/** Where userspace says how many breakpoints and watchpoints its guest has. */
const DFR0 = "ID_AA64DFR0_EL1";

/** The counts' fields, each one less than the count. */
const COUNT_FIELDS: Readonly<Record<string, string>> = {
  brps: "BRPs",
  ctx: "CTX_CMPs",
  wrps: "WRPs",
};

/** PSTATE that the recorder starts a program with. */
const PSTATE_INITIAL = 0x3c5n;

/** PSTATE.M and the stack pointer selection: EL1h. At EL0 they are 0. */
const MODE = 0xfn;

/** Control bits of KVM_SET_GUEST_DEBUG, by the recordings' names. */
const CONTROL: readonly (readonly [number, string])[] = [
  [0x1, "ENABLE"],
  [0x2, "SINGLESTEP"],
  [0x1_0000, "USE_SW_BP"],
  [0x2_0000, "USE_HW"],
];

/** Registers of whose kinds KVM_SET_GUEST_DEBUG has sixteen each. */
const NUMBERED = /^DBG([BW][CV]R)(\d+)_EL1$/;

/** Registers that the recorder reaches with MSR, MRS and KVM_GET_ONE_REG. */
const SYSTEM = /^(DBG|MD|OS|CONTEXTIDR_EL1$|ID_AA64DFR[01]_EL1$|ID_DFR0_EL1$)/;

function systemRegister(id: number, { arch }: Watched): string {
  const { name } = arch.registers.byId(id);
  if (!SYSTEM.test(name)) {
    throw new Inexpressible(`the recorder does not reach ${name}`, true);
  }
  return name;
}

/** What SPSR_EL1 has for ERET: the recorder writes all of it. */
const RETURN_BITS = 1 << 21 | 0x380 | 1 << 2;
const EL1H = 0x5;
/** F, which no option names and the guest never clears. */
const FIQ_MASKED = 0x40;

/** ERET, where every option says what SPSR_EL1 has. */
function returnOf({ lo = 0, maskLo = 0 }: InsnParts): Fields {
  if ((maskLo & RETURN_BITS) !== RETURN_BITS) {
    throw new Inexpressible(
      "the recorder's `eret` has the whole SPSR_EL1: `ss=`, `d=`, `a=`, `i=` and `to=` are needed",
      true,
    );
  }
  const level = (lo & 1 << 2) === 0 ? 0 : EL1H;
  const flags = lo & (1 << 21 | 0x380) | FIQ_MASKED;
  return { i: "eret", spsr: hex(BigInt(flags | level)) };
}

/** An instruction as an operation of the recorder, or the reason why it has none. */
function operation(parts: InsnParts, scenario: Watched): Fields {
  const operand = value64(parts);
  switch (parts.op) {
    case "read":
      return { i: "mrs", reg: systemRegister(parts.register!, scenario) };
    case "write": {
      const { name } = scenario.arch.registers.byId(parts.register!);
      if (name !== "PSTATE") {
        return {
          i: "msr",
          reg: systemRegister(parts.register!, scenario),
          value: hex(operand),
        };
      }
      const mask = parts.maskLo ?? 0;
      const bits = mask >> 6 & 0xf;
      const set = Number(operand) >> 6 & 0xf;
      if ((mask & ~0x3c0) !== 0 || (set !== 0 && set !== bits)) {
        throw new Inexpressible(
          "the recorder changes PSTATE.DAIF alone",
          true,
        );
      }
      return { i: set === 0 ? "daifclr" : "daifset", imm: bits };
    }
    case "exec":
      return { i: "nop" };
    case "isb":
      return { i: "isb" };
    case "load":
    case "store":
      return {
        i: parts.op === "load" ? "ldr" : "str",
        addr: hex(operand),
        size: parts.sizeBytes,
      };
    case "ldxr":
    case "stxr":
      return { i: parts.op, addr: hex(operand), size: parts.sizeBytes };
    case "clrex":
      return { i: "clrex" };
    case "eret":
      return returnOf(parts);
    case "brk":
    case "svc":
    case "hvc":
    case "smc":
      return { i: parts.op, imm: parts.lo ?? 0 };
    default:
      throw new Inexpressible(
        `the recorder has no instruction for \`${parts.op}\``,
        true,
      );
  }
}

const INSN_BYTES = 4n;

/** Levels of the instructions of a program, which a case does not have for each. */
const LEVELS = new WeakMap<Fields, number>();

/** The arm64 part of an export. */
export const ARM64_TARGET: Target = {
  instruction(parts, address, scenario) {
    const op = { ...operation(parts, scenario), pc: hex(address) };
    LEVELS.set(op, parts.level ?? -1);
    return op;
  },
  whyNotOne: (ops) =>
    new Set(ops.map((op) => LEVELS.get(op))).size > 1
      ? "a program of the recorder runs at one exception level"
      : ops.filter(({ i }) => i === "eret").length > 1
      ? "a program of the recorder has one `eret` at most"
      : undefined,
  run(vcpu, ops, { scenario: { machine, arch } }) {
    const { id } = arch.registers.find("pstate")!;
    const view = machine.view("guest", vcpu, id);
    let pstate = view.kind === "value" ? view.value : PSTATE_INITIAL;
    if (ops.length > 0 && LEVELS.get(ops[0]) === 0) pstate &= ~MODE;
    return {
      op: "run",
      vcpu,
      ...(pstate === PSTATE_INITIAL ? {} : { pstate_in: hex(pstate) }),
      program: ops,
    };
  },
  resume: (vcpu) => ({ op: "run", vcpu, resume: true }),
  endOf(ops) {
    const last = ops.at(-1);
    return last && hex(BigInt(String(last.pc)) + INSN_BYTES);
  },
  finish: (step) => step,
  window: undefined,
  opensWindow: () => false,
  pin: (cpu) => ({ op: "pin", cpu }),
  user(vcpu, operation, scenario) {
    switch (operation.kind) {
      case "get":
      case "set": {
        const reg = systemRegister(operation.register, scenario);
        if (operation.kind === "set") {
          const value = hex(operation.value);
          return { steps: [{ op: "user_set", vcpu, reg, value }] };
        }
        const { as } = operation;
        return {
          steps: [{ op: "user_get", vcpu, reg }],
          ...(as === undefined
            ? {}
            : { named: { as, field: "value" as const, index: 0 } }),
        };
      }
      case "set-pc":
        return {
          steps: [{ op: "set_pc", vcpu, value: hex(operation.value) }],
        };
      case "init":
        return { steps: [{ op: "vcpu_init", vcpu }] };
      case "interrupt": {
        const { vector: intid } = operation;
        return { steps: [{ op: "irq_line", vcpu, intid }] };
      }
      case "serror": {
        const events = { serror_pending: 1 };
        return { steps: [{ op: "set_vcpu_events", vcpu, events }] };
      }
      case "check": {
        const { as, capability } = operation;
        const name = capability.startsWith(CAPABILITY)
          ? capability
          : CAPABILITY + capability;
        return {
          steps: [{ op: "check_extension", name }],
          ...(as === undefined
            ? {}
            : { named: { as, field: "value" as const, index: 0 } }),
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
  set(counts, { machine, arch }) {
    const { id, layout } = arch.registers.find(DFR0)!;
    const view = machine.view("user", 0, id);
    const before = view.kind === "value" ? view.value : 0n;
    const fields = Object.entries(counts).map(([name, count]) => {
      const field = COUNT_FIELDS[name];
      if (field === undefined) {
        throw new Inexpressible(`the recorder does not set ${name}`, true);
      }
      return [field, BigInt(count - 1)];
    });
    const value = hex(layout.with(before, Object.fromEntries(fields)));
    return { op: "user_set", vcpu: 0, reg: DFR0, value };
  },
  guestDebug(vcpu, { control, registers }, { arch }) {
    const maps: Record<string, Record<string, string>> = {
      bcr: {},
      bvr: {},
      wcr: {},
      wvr: {},
    };
    for (const { register, value } of registers) {
      const match = NUMBERED.exec(arch.registers.byId(register).name);
      if (!match) throw new Inexpressible("not a numbered register", true);
      maps[match[1].toLowerCase()][match[2]] = hex(value);
    }
    return {
      op: "guest_debug",
      vcpu,
      control: flagNames(CONTROL, control),
      ...maps,
    };
  },
  userRead: (vcpu, register, scenario) => ({
    step: { op: "user_get", vcpu, reg: systemRegister(register, scenario) },
    field: "value",
    index: 0,
  }),
  guestRead: (_vcpu, register, scenario) => ({
    i: "mrs",
    reg: systemRegister(register, scenario),
  }),
  exceptionKinds: {
    undef: 0x0,
    breakpoint: 0x31,
    watchpoint: 0x35,
    step: 0x33,
    brk: 0x3c,
    svc: 0x15,
    serror: 0x2f,
    interrupt: 0x100,
  },
  exceptionFields: {
    esr: "taken.syndrome",
    intid: "taken.syndrome",
    ec: "taken.kind",
    far: "taken.far",
    elr: "taken.pc",
    spsr: "taken.flags",
  },
  exitFields: {
    hsr: { field: "hsr" },
    ec: { field: "hsr", shift: 26 },
    far: { field: "far" },
    pc: { field: "pc" },
    pstate: { field: "flags" },
    mmio: { field: "value" },
  },
  exits: { debug: "DEBUG", mmio: "MMIO", error: "ERROR" },
};
