/**
 * Replays recordings of KVM/x86 on the model.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  createMachine,
  type Event,
  type GuestDebugRequest,
  type Insn,
  type InsnParts,
  type Machine,
  makeInsn,
  type RegisterInfo,
  type RunResult,
} from "../engine/mod.ts";
import { Comparison, type Difference, type Replay } from "./difference.ts";
import { differingFields } from "./fields.ts";
import {
  hostCounts,
  profileOf,
  type Recording,
  StepReader,
  vcpuCount,
} from "./recording.ts";

/** Bits of KVM_SET_GUEST_DEBUG's control word, by the recordings' names. */
const CONTROL: Readonly<Record<string, number>> = {
  ENABLE: 0x1,
  SINGLESTEP: 0x2,
  USE_SW_BP: 0x1_0000,
  USE_HW_BP: 0x2_0000,
  INJECT_DB: 0x4_0000,
  INJECT_BP: 0x8_0000,
  BLOCKIRQ: 0x10_0000,
};

/** Where rip is before the first program, after KVM's reset: KVM_SET_REGS moves it away from there. */
const RESET_RIP = 0xfff0n;

/** RFLAGS that a new program starts with. */
const RFLAGS_INITIAL = 0x2n;

/** CR4.DE. */
const CR4_DE = 0x8;

/** Length of the program's last instruction, HLT. */
const HLT_LENGTH = 1;

/** Where the model puts the host's variables: any address of the host will do. */
const HOST_VARIABLES = 0x7fff_0000_0000n;

/** Vendors, as the recordings and as the model name them. */
const VENDORS: Readonly<Record<string, string>> = { amd: "svm", intel: "vmx" };

/** What stood in for the CPU, by what the header's `cpu` says. */
const STAND_INS: readonly (readonly [pattern: RegExp, model: string])[] = [
  [/TCG/, "tcg"],
  [/Bochs/, "bochs"],
];

/**
 * Replays a recording of KVM/x86.
 *
 * @param profile the recorded kernel's own if left out
 * @throws {RecordingError} on a step that the model cannot express
 */
export function replayX86(
  recording: Recording,
  profile?: string,
): Replay {
  const header = new StepReader(recording.header, 1);
  const arch = architecture("x86")!;
  const chosen = profileOf(header, arch, profile);
  const vendor = VENDORS[header.text("vendor")] ??
    header.fail(`there is no vendor ${header.text("vendor")}`);
  const cpu = header.text("cpu");
  const model = STAND_INS.find(([pattern]) => pattern.test(cpu))?.[1] ??
    header.fail(`there is no hardware model for ${cpu}`);
  const cpus = 1 + Math.max(
    0,
    ...recording.steps.map(({ step, line }) =>
      new StepReader(step, line).number("cpu", 0)
    ),
  );
  const machine = createMachine(
    arch,
    { profile: chosen, vendor, options: {} },
    {
      counts: hostCounts(header, arch, { cpus }),
      model,
      unpredictable: undefined,
    },
  );
  machine.growTo(vcpuCount(header));
  const replayer = new X86Replayer(arch, machine);
  const differences: Difference[] = [];
  let observations = 0;
  for (const { line, step } of recording.steps) {
    const comparison = replayer.perform(new StepReader(step, line));
    observations += comparison.observations;
    if (comparison.difference) differences.push(comparison.difference);
  }
  return {
    case: header.text("case"),
    arch: "x86",
    profile: chosen,
    vendor,
    model,
    steps: recording.steps.length,
    observations,
    differences,
  };
}

/** What perf's types of breakpoint, by the recorder's names, stop on. */
const PERF_TYPES: Readonly<
  Record<string, "execute" | "store" | "access">
> = { exec: "execute", write: "store", rw: "access" };

/** One op of a recorded program: where it begins and ends. */
interface Op {
  readonly start: bigint;
  readonly end: bigint;
}

/** A breakpoint of the host's, on a variable of the recorder's own. */
interface HostBreakpoint {
  readonly id: number;
  readonly variable: string;
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly on: "execute" | "store" | "access";
  hits: number;
}

class X86Replayer {
  readonly #arch: Architecture;
  readonly #machine: Machine;
  readonly #ops: Op[][];
  readonly #lastDebug: (GuestDebugRequest | undefined)[];
  readonly #hostBreakpoints: HostBreakpoint[] = [];
  /** Where the recorder's one thread runs, and the host's breakpoints with it. */
  #cpu = 0;

  constructor(arch: Architecture, machine: Machine) {
    this.#arch = arch;
    this.#machine = machine;
    for (let v = 0; v < machine.vcpus; v++) machine.userSetPc(v, RESET_RIP);
    this.#ops = Array.from({ length: machine.vcpus }, () => []);
    this.#lastDebug = Array.from({ length: machine.vcpus });
  }

  /** Performs one step and compares each of its observations. */
  perform(reader: StepReader): Comparison {
    const op = reader.text("op");
    const comparison = new Comparison(reader.line, op);
    switch (op) {
      case "note":
        break;
      case "set_debugregs":
        this.#setDebugregs(comparison, reader);
        break;
      case "get_debugregs":
        this.#getDebugregs(comparison, reader);
        break;
      case "guest_debug":
        this.#guestDebug(comparison, reader);
        break;
      case "run":
        return this.#run(reader);
      case "host_bp":
        this.#hostBreakpoint(comparison, reader);
        break;
      case "host_touch":
        this.#hostTouch(comparison, reader);
        break;
      default:
        reader.fail(`the model knows no step ${op}`);
    }
    return comparison;
  }

  #vcpu(reader: StepReader): number {
    return reader.index("vcpu", this.#machine.vcpus);
  }

  #register(name: string): RegisterInfo {
    return this.#arch.registers.find(name)!;
  }

  #result(comparison: Comparison, reader: StepReader, result: number): void {
    comparison.text("ret", `${reader.number("ret")}`, `${result}`);
  }

  /** The registers of the ioctl's structure, with the recorded values. */
  #debugregs(reader: StepReader): readonly (readonly [RegisterInfo, bigint])[] {
    const db = values(reader, "db");
    return [
      [this.#register("debugregs"), reader.value("flags")],
      [this.#register("dr6"), reader.value("dr6")],
      [this.#register("dr7"), reader.value("dr7")],
      ...db.map((value, n) => [this.#register(`dr${n}`), value] as const),
    ];
  }

  /** One ioctl with the whole structure: what a refused one changed is taken back. */
  #setDebugregs(comparison: Comparison, reader: StepReader): void {
    const machine = this.#machine;
    const v = this.#vcpu(reader);
    const before = machine.snapshot();
    let result = 0;
    for (const [register, value] of this.#debugregs(reader)) {
      result = machine.userSet(v, register.id, value, register.name).result;
      if (result !== 0) break;
    }
    if (result !== 0) machine.restore(before);
    this.#result(comparison, reader, result);
  }

  #getDebugregs(comparison: Comparison, reader: StepReader): void {
    const v = this.#vcpu(reader);
    for (const [register, recorded] of this.#debugregs(reader)) {
      const { result, value } = this.#machine.userGet(
        v,
        register.id,
        register.name,
      );
      this.#result(comparison, reader, result);
      comparison.value(
        register.name,
        recorded,
        value,
        differingFields(register),
      );
    }
  }

  #guestDebug(comparison: Comparison, reader: StepReader): void {
    let control = 0;
    for (const [, flag] of reader.entries("control")) {
      const bit = CONTROL[flag as string] ?? Number(flag);
      if (!Number.isInteger(bit)) reader.fail(`unknown control flag ${flag}`);
      control |= bit;
    }
    const request: GuestDebugRequest = {
      control,
      inject: undefined,
      blockirq: false,
      registers: values(reader, "debugreg").map((value, n) => ({
        register: this.#register(`dr${n}`).id,
        value,
      })),
    };
    const v = this.#vcpu(reader);
    const { result } = this.#machine.setGuestDebug(v, request);
    this.#lastDebug[v] = request;
    this.#result(comparison, reader, result);
  }

  #insns(op: StepReader, end: bigint): readonly Insn[] {
    const address = op.value("pc");
    const at = (start: bigint, parts: InsnParts, next: bigint): Insn =>
      makeInsn({
        ...parts,
        addressLo: words(start).lo,
        addressHi: words(start).hi,
        lengthBytes: Number(next - start),
      });
    const name = op.text("i");
    if (name === "set_tf") {
      // The flags are pushed, then popped: two instructions.
      return [
        at(op.value("start"), { op: "exec" }, address),
        at(address, { op: "popf", lo: 1, hi: op.number("count") }, end),
      ];
    }
    return [at(address, this.#parts(op, name), end)];
  }

  #parts(op: StepReader, name: string): InsnParts {
    switch (name) {
      case "mov_from_dr":
        return { op: "read", register: this.#dr(op) };
      case "mov_to_dr":
        return {
          op: "write",
          register: this.#dr(op),
          ...words(op.value("value")),
        };
      case "set_cr4_de":
        return {
          op: "write",
          register: this.#register("cr4").id,
          lo: op.value("value") === 0n ? 0 : CR4_DE,
          maskLo: CR4_DE,
          maskHi: 0,
        };
      case "read":
      case "write":
      case "rmw": {
        const address = op.value("addr");
        const { first, last } = this.#arch.mmio;
        return {
          op: name === "read" ? "load" : name === "write" ? "store" : "rmw",
          ...words(address),
          sizeBytes: op.number("size"),
          mmio: address >= first && address <= last,
        };
      }
      case "io_in":
      case "io_out":
        return {
          op: name === "io_in" ? "in" : "out",
          ...words(op.value("port")),
          sizeBytes: op.number("size"),
        };
      case "nop":
        return { op: "exec" };
      case "mov_ss_reg":
      case "pop_ss":
        return { op: "movss" };
      case "mov_ss_mem":
        return { op: "movss", ...words(op.value("addr")), sizeBytes: 2 };
      case "int_1":
        return { op: "int1" };
      case "int3":
      case "icebp":
      case "cpuid":
      case "hlt":
        return { op: name };
      default:
        return op.fail(`the model has no instruction ${name}`);
    }
  }

  #dr(op: StepReader): number {
    const name = `dr${op.number("dr")}`;
    return this.#arch.registers.find(name)?.id ??
      op.fail(`the model has no register ${name}`);
  }

  /** A new program: KVM_SET_REGS with its first address and with flags. */
  #load(reader: StepReader, v: number): void {
    const list = reader.list("program");
    if (list.length === 0) reader.fail("the program is empty");
    const start = (op: StepReader): bigint =>
      op.optional("start") ?? op.value("pc");
    this.#ops[v] = list.map((op, i) => ({
      start: start(op),
      end: i + 1 < list.length
        ? start(list[i + 1])
        : op.value("pc") + BigInt(HLT_LENGTH),
    }));
    const program = list.flatMap((op, i) =>
      this.#insns(op, this.#ops[v][i].end)
    );
    const flags = reader.optional("rflags_in") ?? RFLAGS_INITIAL;
    const { id, name } = this.#register("rflags");
    this.#machine.userSet(v, id, flags, name);
    this.#machine.loadProgram(v, program);
    const last = this.#lastDebug[v];
    if (reader.has("guest_debug_repeated_after_set_regs") && last) {
      this.#machine.setGuestDebug(v, last);
    }
  }

  /** Index of the op that contains an address: -1 outside the program. */
  #indexOf(v: number, pc: bigint): number {
    const ops = this.#ops[v];
    const found = ops.findIndex(({ start, end }) => pc >= start && pc < end);
    // Past the HLT that ends it, the program is where its HLT is.
    return found < 0 && pc === ops[ops.length - 1].end ? ops.length - 1 : found;
  }

  #run(reader: StepReader): Comparison {
    const v = this.#vcpu(reader);
    const resume = reader.has("resume");
    const comparison = new Comparison(
      reader.line,
      resume ? "run, resumed" : "run",
    );
    if (!resume) this.#load(reader, v);
    this.#moveThread(reader.number("cpu"));
    const result = this.#machine.run(v, { cpu: this.#cpu });
    const events = this.#machine.journal.sinceRun();
    this.#got(comparison, reader, v, events, resume);
    this.#exceptions(comparison, reader, v, events);
    this.#exit(comparison, reader, v, result);
    return comparison;
  }

  #got(
    comparison: Comparison,
    reader: StepReader,
    v: number,
    events: readonly Event[],
    resume: boolean,
  ): void {
    const ops = resume ? reader.list("got") : reader.list("program");
    const recorded = new Map<number, bigint>();
    ops.forEach((op, i) => {
      if (resume) recorded.set(op.number("at"), op.value("value"));
      else if (op.has("got")) recorded.set(i, op.value("got"));
    });
    const modelled = new Map<number, { name: string; value: bigint }>();
    for (const event of events) {
      if (event.kind !== "access" || event.access !== "read") continue;
      if (event.by === "undef" || event.by === "fault") continue;
      const at = this.#indexOf(v, event.pc);
      modelled.set(at, { name: event.register, value: event.value });
    }
    const indices = new Set([...recorded.keys(), ...modelled.keys()]);
    for (const i of [...indices].sort((a, b) => a - b)) {
      const name = modelled.get(i)?.name;
      const register = name === undefined
        ? undefined
        : this.#arch.registers.find(name);
      comparison.value(
        `got[${i}]${name === undefined ? "" : ` ${name}`}`,
        recorded.get(i),
        modelled.get(i)?.value,
        register && differingFields(register),
      );
    }
  }

  #exceptions(
    comparison: Comparison,
    reader: StepReader,
    v: number,
    events: readonly Event[],
  ): void {
    const recorded = reader.list("guest_exceptions");
    const modelled = events.filter((event) => event.kind === "exception");
    comparison.text(
      "guest_exceptions",
      recorded.map((e) => `${e.number("at")}:${e.number("vector")}`).join(" "),
      modelled.map(({ values }) =>
        `${this.#indexOf(v, values.rip)}:${values.vector}`
      ).join(" "),
    );
    recorded.forEach((exception, i) => {
      const { values } = modelled[i] ?? { values: {} };
      const what = `guest_exceptions[${i}]`;
      for (const name of ["rip", "rflags"]) {
        comparison.value(
          `${what}.${name}`,
          exception.value(name),
          values[name],
          name === "rip" ? undefined : differingFields(this.#register(name)),
        );
      }
      // The recorder's stub pushes 0 where the CPU pushes no error code.
      comparison.value(
        `${what}.error`,
        exception.value("error"),
        values.error ?? 0n,
      );
      for (const name of ["dr6", "dr7"]) {
        comparison.value(
          `${what}.${name}`,
          exception.optional(name),
          values[name],
          differingFields(this.#register(name)),
        );
      }
    });
  }

  #exit(
    comparison: Comparison,
    reader: StepReader,
    v: number,
    result: RunResult,
  ): void {
    const kvm = (name: string): bigint | undefined => {
      const view = this.#machine.kvmView(v, name);
      return view.kind === "value" ? view.value : undefined;
    };
    const exit = result.exit === "idle" ? "HLT" : result.exit.toUpperCase();
    comparison.text("exit", reader.text("exit"), exit);
    const rip = kvm("rip") ?? 0n;
    const at = this.#indexOf(v, rip);
    comparison.text("at", `${reader.number("at")}`, `${at}`);
    // Outside the program is the handler: its addresses, and what its own arithmetic leaves in the flags, are
    // the recorder's.
    const inHandler = at < 0 && reader.number("at") < 0;
    if (!inHandler) {
      comparison.value("rip", reader.value("rip"), rip);
      const flags = this.#register("rflags");
      comparison.value(
        "rflags",
        reader.value("rflags"),
        this.#machine.userGet(v, flags.id, flags.name).value,
        differingFields(flags),
      );
    }
    for (const name of ["exception", "pc", "dr6", "dr7"]) {
      if (name === "pc" && inHandler) continue;
      if (result.exit !== "debug" && !reader.has(name)) continue;
      const register = this.#arch.registers.find(name);
      comparison.value(
        name,
        reader.optional(name),
        result.values[name],
        register && differingFields(register),
      );
    }
    for (const name of ["port", "addr", "len", "is_write"]) {
      if (!reader.has(name)) continue;
      comparison.value(name, reader.value(name), result.values[name]);
    }
    if (reader.has("direction")) {
      comparison.text(
        "direction",
        reader.text("direction"),
        result.values.is_write === 1n ? "out" : "in",
      );
    }
  }

  /** The recorder's thread goes to a CPU; perf's breakpoints of "this thread" go with it. */
  #moveThread(cpu: number): void {
    if (cpu === this.#cpu) return;
    if (this.#hostBreakpoints.length > 0) {
      this.#machine.hostDebug(this.#cpu, { action: "off" });
      for (const breakpoint of this.#hostBreakpoints) {
        this.#install(cpu, breakpoint);
      }
    }
    this.#cpu = cpu;
  }

  #install(cpu: number, breakpoint: HostBreakpoint): number {
    const { address, sizeBytes, on } = breakpoint;
    return this.#machine.hostDebug(
      cpu,
      on === "execute"
        ? { action: "break", address }
        : { action: "watch", address, sizeBytes, on },
    ).result;
  }

  #hostBreakpoint(comparison: Comparison, reader: StepReader): void {
    const variable = reader.text("var");
    const type = reader.text("type");
    const on = PERF_TYPES[type] ??
      reader.fail(`the model has no host breakpoint of type ${type}`);
    const breakpoint: HostBreakpoint = {
      id: reader.number("id"),
      variable,
      address: addressOf(reader, variable),
      sizeBytes: reader.number("len"),
      on,
      hits: 0,
    };
    const result = this.#install(this.#cpu, breakpoint);
    if (result === 0) this.#hostBreakpoints.push(breakpoint);
    // perf counts its slots before it asks for one: which errno it is depends on perf alone.
    comparison.text(
      "ret",
      reader.number("ret") === 0 ? "installed" : "refused",
      result === 0 ? "installed" : "refused",
    );
  }

  /** The host writes its variable: what the physical CPU holds decides which breakpoints see it. */
  #hostTouch(comparison: Comparison, reader: StepReader): void {
    const address = addressOf(reader, reader.text("var"));
    const writes = reader.number("writes");
    const armed = this.#armed();
    for (const breakpoint of this.#hostBreakpoints) {
      const inside = breakpoint.on !== "execute" &&
        address >= breakpoint.address &&
        address < breakpoint.address + BigInt(breakpoint.sizeBytes);
      if (inside && armed.has(breakpoint.address)) breakpoint.hits += writes;
      const name = `hits_id${breakpoint.id}`;
      comparison.text(name, `${reader.number(name)}`, `${breakpoint.hits}`);
    }
  }

  /** Addresses of the enabled slots of the CPU on which the thread runs. */
  #armed(): ReadonlySet<bigint> {
    const read = (name: string): bigint => {
      const view = this.#machine.view(
        "cpu",
        this.#cpu,
        this.#register(name).id,
      );
      return view.kind === "value" ? view.value : 0n;
    };
    const dr7 = read("dr7");
    const enabled = [0, 1, 2, 3].filter((n) =>
      (dr7 >> BigInt(2 * n) & 3n) !== 0n
    );
    return new Set(enabled.map((n) => read(`dr${n}`)));
  }
}

/** A list of values in hex. */
function values(reader: StepReader, name: string): readonly bigint[] {
  return reader.values(name).map(([, value]) => value);
}

/** The variables are an array of eight-byte words. */
function addressOf(reader: StepReader, variable: string): bigint {
  const index = /^hostvar\[(\d+)\]$/.exec(variable)?.[1];
  if (index === undefined) {
    reader.fail(`the model knows no variable ${variable}`);
  }
  return HOST_VARIABLES + 8n * BigInt(index);
}

function words(value: bigint): { lo: number; hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}
