/**
 * Guest programs of recordings of KVM/x86.
 *
 * @module
 */
import {
  type Architecture,
  halves,
  type Insn,
  type InsnParts,
  makeInsn,
} from "../../engine/mod.ts";
import { registerOf } from "../operands.ts";
import type { StepReader } from "../step_reader.ts";

/** CR4.DE. */
const CR4_DE = 0x8;

/** Length of the program's last instruction, HLT. */
const HLT_LENGTH = 1;

/** Length of a jump that says nothing of it. */
const JUMP_LENGTH = 5;

/** Bytes that an access to memory, and to a port, can have. */
const MEMORY_SIZES = [1, 2, 4, 8];
const PORT_SIZES = [1, 2, 4];

/** Ports. */
const PORT_COUNT = 0x1_0000;

/** Steps that the recorder's handler can be told to count. */
const STEP_COUNT_MAX = 0x7fff_ffff;

/** Most iterations of a string instruction. */
const ITERATIONS_MAX = 0xffff;

/** High word of POPF's operand: the handler's count of steps is left alone. */
const STEPS_KEPT = -1;

/** Privilege level of user code. */
const USER_LEVEL = 3;

/** Where a recorded op begins and ends. */
interface Extent {
  readonly start: bigint;
  readonly end: bigint;
}

/** A program as the recorder built it. */
export interface Program {
  /** One recorded op can be several instructions. */
  readonly insns: readonly Insn[];
  /** Extents of the recorded ops. */
  readonly ops: readonly Extent[];
  /** The handler's count of steps, which the recorder stores as it loads the program: that of the last `set_tf`. */
  readonly steps: number;
  /** Addresses of the instructions that ask KVM to return to userspace after the next exit. */
  readonly windows: ReadonlySet<bigint>;
  /** IA32_FMASK, which the recorder sets where the program has a SYSCALL. */
  readonly fmask: number | undefined;
}

/** Reads the program of a `run` step. */
export function programOf(reader: StepReader, arch: Architecture): Program {
  const list = reader.list("program");
  if (list.length === 0) reader.fail("the program is empty");
  const startOf = (op: StepReader): bigint =>
    op.optional("start") ?? op.value("pc");
  const nexts = list.map((op, i) =>
    i + 1 < list.length
      ? startOf(list[i + 1])
      : op.value("pc") + BigInt(HLT_LENGTH)
  );
  const ops = list.map((op, i) => ({
    start: startOf(op),
    end: op.text("i") === "jmp" ? endOfJump(op) : nexts[i],
  }));
  const levels = levelsOf(reader, list);
  const insns = list.flatMap((op, i) =>
    insnsOf(op, { end: nexts[i], level: levels[i], arch })
  );
  const steps = list.findLast((op) => op.text("i") === "set_tf")
    ?.index("count", STEP_COUNT_MAX) ?? 0;
  const windows = new Set(
    list.filter((op) => op.text("i") === "request_window").map(startOf),
  );
  const call = list.findLast((op) => op.text("i") === "syscall");
  const fmask = call && Number(call.value("fmask"));
  return { insns, ops, steps, windows, fmask };
}

/** Index of the op that contains an address: -1 outside the program. */
export function opAt({ ops }: Program, pc: bigint): number {
  const found = ops.findIndex(({ start, end }) => pc >= start && pc < end);
  // After the HLT that ends it, the program is where its HLT is.
  return found < 0 && pc === ops[ops.length - 1].end ? ops.length - 1 : found;
}

function endOfJump(op: StepReader): bigint {
  return op.value("pc") + BigInt(op.number("len", JUMP_LENGTH));
}

/**
 * The privilege level of each op. SYSCALL goes to CPL 0, SYSRET to CPL 3. At CPL 3 the HLT at the end is a #GP, whose
 * handler executes it.
 */
function levelsOf(
  reader: StepReader,
  list: readonly StepReader[],
): readonly number[] {
  let level = reader.number("cpl", 0);
  if (level !== 0 && level !== USER_LEVEL) {
    reader.fail(`cpl is ${level}: expected 0 or ${USER_LEVEL}`);
  }
  return list.map((op, i) => {
    const own = i + 1 < list.length ? level : 0;
    const name = op.text("i");
    if (name === "syscall") level = 0;
    else if (name === "sysret") level = USER_LEVEL;
    return own;
  });
}

function insnsOf(
  op: StepReader,
  { end, level, arch }: {
    readonly end: bigint;
    readonly level: number;
    readonly arch: Architecture;
  },
): readonly Insn[] {
  const address = op.value("pc");
  const at = (start: bigint, parts: InsnParts, next: bigint): Insn => {
    const { lo: addressLo, hi: addressHi } = halves(start);
    const lengthBytes = Number(next - start);
    return makeInsn({ level, ...parts, addressLo, addressHi, lengthBytes });
  };
  const name = op.text("i");
  if (name === "sysret") {
    return [
      // RCX has where it goes.
      at(op.value("start"), { op: "exec" }, address),
      at(address, { op: "sysret" }, end),
    ];
  }
  if (name === "jmp") {
    return [at(address, { op: "jump", ...halves(end) }, endOfJump(op))];
  }
  if (name !== "set_tf") return [at(address, partsOf(op, name, arch), end)];
  // The flags are pushed, then popped.
  return [
    at(op.value("start"), { op: "exec" }, address),
    at(
      address,
      { op: "popf", lo: 1, hi: STEPS_KEPT },
      end,
    ),
  ];
}

function partsOf(op: StepReader, name: string, arch: Architecture): InsnParts {
  switch (name) {
    case "mov_from_dr":
      return { op: "read", register: debugRegister(op, arch) };
    case "mov_to_dr":
      return {
        op: "write",
        register: debugRegister(op, arch),
        ...halves(op.value("value")),
      };
    case "wrmsr":
      return {
        op: name,
        register: registerOf(op, arch, op.text("reg")).id,
        ...halves(op.value("value")),
      };
    case "rdmsr":
      return {
        op: name,
        register: registerOf(op, arch, op.text("reg")).id,
      };
    case "set_cr4_de":
      return {
        op: "write",
        register: registerOf(op, arch, "cr4").id,
        lo: op.value("value") === 0n ? 0 : CR4_DE,
        maskLo: CR4_DE,
        maskHi: 0,
      };
    case "read":
    case "write":
    case "rmw": {
      const address = op.value("addr");
      const { first, last } = arch.mmio;
      return {
        op: name === "read" ? "load" : name === "write" ? "store" : "rmw",
        ...halves(address),
        sizeBytes: op.size(MEMORY_SIZES),
        mmio: address >= first && address <= last,
      };
    }
    case "io_in":
    case "io_out":
      return {
        op: name === "io_in" ? "in" : "out",
        lo: portOf(op),
        sizeBytes: op.size(PORT_SIZES),
      };
    case "rep_movs":
    case "rep_stos":
    case "rep_ins":
    case "rep_outs":
      return stringParts(op, name, arch);
    case "nop":
    // A store, which only KVM's userspace interface sees.
    case "request_window":
      return { op: "exec" };
    case "mov_ss_reg":
    case "pop_ss":
      return { op: "movss" };
    case "mov_ss_mem":
      return { op: "movss", ...halves(op.value("addr")), sizeBytes: 2 };
    case "popf":
      return { op: "popf", lo: op.index("tf", 2, 0) };
    case "int_1":
      return { op: "int1" };
    // Userspace's own INT3 over a NOP: the guest executes what is there.
    case "nop_patched_cc":
      return { op: "int3" };
    case "syscall":
    case "int3":
    case "icebp":
    case "ud2":
    case "cpuid":
    case "hlt":
      return { op: name };
    default:
      return op.fail(`the model has no instruction ${name}`);
  }
}

/** The string instructions by their names in recordings. */
const STRINGS = {
  rep_movs: "movs",
  rep_stos: "stos",
  rep_ins: "ins",
  rep_outs: "outs",
} as const;

function stringParts(
  op: StepReader,
  name: keyof typeof STRINGS,
  { mmio: { first, last } }: Architecture,
): InsnParts {
  const isPort = name === "rep_ins" || name === "rep_outs";
  const isDevice = (address: bigint) => address >= first && address <= last;
  const address = op.value("addr");
  const common = {
    op: STRINGS[name],
    count: op.index("count", ITERATIONS_MAX + 1),
    sizeBytes: op.size(isPort ? PORT_SIZES : MEMORY_SIZES),
  };
  if (name === "rep_stos") {
    return { ...common, ...halves(address), mmio: isDevice(address) };
  }
  const { lo: otherLo, hi: otherHi } = halves(address);
  const other = { otherLo, otherHi, otherMmio: isDevice(address) };
  if (isPort) return { ...common, ...other, lo: portOf(op) };
  const from = op.value("from");
  return { ...common, ...other, ...halves(from), mmio: isDevice(from) };
}

function portOf(op: StepReader): number {
  const port = op.value("port");
  if (port >= PORT_COUNT) op.fail(`there is no port 0x${port.toString(16)}`);
  return Number(port);
}

function debugRegister(op: StepReader, arch: Architecture): number {
  return registerOf(op, arch, `dr${op.number("dr")}`).id;
}
