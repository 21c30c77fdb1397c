/**
 * Replays recordings of KVM/arm64 on the model.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  createMachine,
  type Event,
  type Insn,
  type InsnParts,
  type Machine,
  makeInsn,
  type RegisterInfo,
  type RunResult,
} from "../engine/mod.ts";
import { Comparison, type Replay } from "./difference.ts";
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
  USE_SW_BP: 0x10000,
  USE_HW: 0x20000,
};

/** PSTATE that a new program starts with. */
const PSTATE_INITIAL = 0x3c5n;

/** Exception classes of stage-2 faults: the first touch of a page, and what has no memory behind it. */
const INSTRUCTION_ABORT = 0x20;
const DATA_ABORT = 0x24;

/** Where the end of a program stores: no memory is there. Not among the instructions of the recording. */
const END_ADDRESS = 0x1000_0000;

/** Addresses without memory in the recorded guests. */
const isMmio = (address: bigint): boolean =>
  address >= 0x1000_0000n && address < 0x4000_0000n;

/** A64 encodings that a debugger writes in the recordings. */
const BRK_0 = 0xd4200000n;
const NOP = 0xd503201fn;

/** One vCPU of a replay. */
interface VcpuReplay {
  /** Instructions of the program, without the unlisted store at the end. */
  length: number;
  /** Indices of the instructions that access what has no memory behind it. */
  mmio: Set<number>;
  /** What each instruction was, for putting one back after a patch. */
  parts: Map<bigint, InsnParts>;
}

/**
 * Replays a recording of KVM/arm64.
 *
 * @param chosen profile to replay on; the recorded kernel's own if left out
 * @throws {RecordingError} on a step that the model cannot express
 */
export function replayArm64(
  recording: Recording,
  chosen?: string,
): Replay {
  const header = new StepReader(recording.header, 1);
  const arch = architecture("arm64")!;
  const profile = profileOf(header, arch, chosen);
  const model = header.text("cpu");
  if (!arch.models.some(({ name }) => name === model)) {
    header.fail(`there is no hardware model ${model}`);
  }
  const machine = createMachine(
    arch,
    { profile, vendor: undefined, options: {} },
    {
      counts: hostCounts(header, arch, {
        brps: header.number("brps"),
        ctx: header.number("ctx"),
        wrps: header.number("wrps"),
        cpus: 2,
      }),
      model,
      unpredictable: undefined,
    },
  );
  machine.growTo(vcpuCount(header));
  const replayer = new Arm64Replayer(arch, machine);
  const differences = [];
  let observations = 0;
  for (const { line, step } of recording.steps) {
    const comparison = replayer.perform(new StepReader(step, line));
    observations += comparison.observations;
    if (comparison.difference) differences.push(comparison.difference);
  }
  return {
    case: header.text("case"),
    arch: "arm64",
    profile,
    vendor: undefined,
    model,
    steps: recording.steps.length,
    observations,
    differences,
  };
}

class Arm64Replayer {
  readonly #arch: Architecture;
  readonly #machine: Machine;
  readonly #vcpus: VcpuReplay[];
  #cpu = 0;

  constructor(arch: Architecture, machine: Machine) {
    this.#arch = arch;
    this.#machine = machine;
    this.#vcpus = Array.from({ length: machine.vcpus }, () => ({
      length: 0,
      mmio: new Set(),
      parts: new Map(),
    }));
  }

  /** Performs one step and compares each of its observations. */
  perform(reader: StepReader): Comparison {
    const op = reader.text("op");
    switch (op) {
      case "note":
        return new Comparison(reader.line, op);
      case "pin":
        this.#cpu = reader.index("cpu", this.#machine.cpus);
        return new Comparison(reader.line, op);
      case "user_set":
      case "user_get":
        return this.#oneReg(reader, op);
      case "check_extension": {
        const name = reader.text("name");
        const comparison = new Comparison(reader.line, `${op} ${name}`);
        const { value } = this.#machine.checkExtension(name);
        comparison.value("value", reader.value("value"), value);
        return comparison;
      }
      case "reg_list": {
        const comparison = new Comparison(reader.line, op);
        const recorded = reader.entries("debug_regs").map(([, name]) => name);
        const debug = this.#machine.registerList(this.#vcpu(reader))
          .filter(isDebugRegister);
        comparison.text("debug_regs", recorded.join(" "), debug.join(" "));
        return comparison;
      }
      case "vcpu_init": {
        const comparison = new Comparison(reader.line, op);
        const { result } = this.#machine.userInit(this.#vcpu(reader));
        this.#result(comparison, reader, result);
        return comparison;
      }
      case "guest_debug":
        return this.#guestDebug(reader);
      case "set_pc": {
        const comparison = new Comparison(reader.line, op);
        const { result } = this.#machine.userSetPc(
          this.#vcpu(reader),
          reader.value("value"),
        );
        this.#result(comparison, reader, result);
        return comparison;
      }
      case "poke_insn":
        return this.#poke(reader);
      case "run":
        return this.#run(reader);
      default:
        return reader.fail(`the model knows no step ${op}`);
    }
  }

  #vcpu(reader: StepReader): number {
    return reader.index("vcpu", this.#machine.vcpus, 0);
  }

  #register(reader: StepReader, name: string): RegisterInfo {
    const info = this.#arch.registers.find(name);
    return info ?? reader.fail(`the model has no register ${name}`);
  }

  #result(comparison: Comparison, reader: StepReader, result: number): void {
    comparison.text("ret", `${reader.number("ret")}`, `${result}`);
  }

  #oneReg(reader: StepReader, op: "user_set" | "user_get"): Comparison {
    const register = this.#register(reader, reader.text("reg"));
    const comparison = new Comparison(reader.line, `${op} ${register.name}`);
    const v = this.#vcpu(reader);
    const { result, value } = op === "user_get"
      ? this.#machine.userGet(v, register.id, register.name)
      : this.#machine.userSet(
        v,
        register.id,
        reader.value("value"),
        register.name,
      );
    this.#result(comparison, reader, result);
    if (op === "user_get" && reader.has("value")) {
      comparison.value(
        register.name,
        reader.value("value"),
        value,
        differingFields(register),
      );
    }
    return comparison;
  }

  #guestDebug(reader: StepReader): Comparison {
    const comparison = new Comparison(reader.line, "guest_debug");
    let control = 0;
    for (const [, flag] of reader.entries("control")) {
      const bit = CONTROL[flag as string] ?? Number(flag);
      if (!Number.isInteger(bit)) reader.fail(`unknown control flag ${flag}`);
      control |= bit;
    }
    const registers = ["bcr", "bvr", "wcr", "wvr"].flatMap((kind) =>
      reader.values(kind).map(([number, value]) => ({
        register: this.#register(reader, `dbg${kind}${number}`).id,
        value,
      }))
    );
    const { result } = this.#machine.setGuestDebug(this.#vcpu(reader), {
      control,
      inject: undefined,
      blockirq: false,
      registers,
    });
    this.#result(comparison, reader, result);
    return comparison;
  }

  #poke(reader: StepReader): Comparison {
    const comparison = new Comparison(reader.line, "poke_insn");
    const v = this.#vcpu(reader);
    const address = reader.value("addr");
    const insn = reader.value("insn");
    const original = this.#vcpus[v].parts.get(address);
    let parts: InsnParts | undefined;
    if ((insn & 0xffe0001fn) === BRK_0) {
      parts = { op: "brk", lo: Number((insn >> 5n) & 0xffffn) };
    } else if (insn === NOP) parts = { op: "exec" };
    else parts = original;
    if (!parts || !this.#machine.patch(v, address, parts)) {
      reader.fail("the model cannot express this patch");
    }
    return comparison;
  }

  #insn(reader: StepReader): InsnParts {
    const name = reader.text("i");
    switch (name) {
      case "mrs":
      case "msr": {
        const register = this.#register(reader, reader.text("reg"));
        if (name === "mrs") return { op: "read", register: register.id };
        return {
          op: "write",
          register: register.id,
          ...words(reader.value("value")),
        };
      }
      case "daifclr":
      case "daifset": {
        // Bits of the immediate are D, A, I, F from 3 down to 0; PSTATE has them at 9 to 6.
        const mask = Number(reader.value("imm")) << 6;
        return {
          op: "write",
          register: this.#register(reader, "pstate").id,
          lo: name === "daifset" ? mask : 0,
          maskLo: mask,
          maskHi: 0,
        };
      }
      case "nop":
        return { op: "exec" };
      case "isb":
        return { op: "isb" };
      case "brk":
      case "svc":
      case "hvc":
        return { op: name, lo: Number(reader.value("imm")) };
      case "ldr":
      case "str": {
        const address = reader.value("addr");
        return {
          op: name === "ldr" ? "load" : "store",
          ...words(address),
          sizeBytes: reader.number("size"),
          mmio: isMmio(address),
        };
      }
      case "b":
        return { op: "exec", branch: reader.number("to") };
      default:
        return reader.fail(`the model has no instruction ${name}`);
    }
  }

  #load(reader: StepReader, v: number): void {
    const program: Insn[] = [];
    const state = this.#vcpus[v];
    state.parts.clear();
    state.mmio.clear();
    for (const op of reader.list("program")) {
      const parts = this.#insn(op);
      const address = op.value("pc");
      const { lo: addressLo, hi: addressHi } = words(address);
      state.parts.set(address, parts);
      if (parts.mmio) state.mmio.add(program.length);
      program.push(makeInsn({ ...parts, addressLo, addressHi }));
    }
    if (program.length === 0) reader.fail("the program is empty");
    state.length = program.length;
    const last = program[program.length - 1];
    program.push(makeInsn({
      op: "store",
      lo: END_ADDRESS,
      sizeBytes: 4,
      mmio: true,
      addressLo: last.addressLo + 4,
      addressHi: last.addressHi,
    }));
    const pstate = reader.optional("pstate_in") ?? PSTATE_INITIAL;
    const { id } = this.#register(reader, "pstate");
    if (this.#machine.userSet(v, id, pstate, "PSTATE").result !== 0) {
      reader.fail(
        `the model cannot start with PSTATE 0x${pstate.toString(16)}`,
      );
    }
    this.#machine.loadProgram(v, program);
  }

  #run(reader: StepReader): Comparison {
    const v = this.#vcpu(reader);
    const resume = reader.has("resume");
    const comparison = new Comparison(
      reader.line,
      resume ? "run, resumed" : "run",
    );
    if (!resume) this.#load(reader, v);
    const { events, result } = this.#runWithFaults(reader, v);
    const indexOf = (pc: bigint): number => this.#machine.indexOf(v, pc) ?? -1;

    this.#got(comparison, reader, v, events, resume);
    const exits = events.filter((event) =>
      event.kind === "exit" && event.ec >= 0
    );
    comparison.text(
      "kvm_exits",
      reader.list("kvm_exits").filter((exit) => !isFault(exit, this.#vcpus[v]))
        .map((exit) => `${exit.number("at")}:${exit.text("ec")}`).join(" "),
      exits.map((event) =>
        event.kind === "exit"
          ? `${indexOf(event.pc)}:0x${event.ec.toString(16)}`
          : ""
      ).join(" "),
    );
    this.#exceptions(comparison, reader, events, indexOf);
    this.#entries(comparison, reader, events);
    this.#exit(comparison, reader, result, indexOf);
    return comparison;
  }

  /** Runs, with the exits of first touches where they were recorded: they clear what any exit clears. */
  #runWithFaults(
    reader: StepReader,
    v: number,
  ): { events: Event[]; result: RunResult } {
    const machine = this.#machine;
    const faults = reader.list("kvm_exits").filter((exit) =>
      isFault(exit, this.#vcpus[v])
    ).map((exit) => exit.number("at"));
    const events: Event[] = [];
    let result: RunResult | undefined;
    for (const at of faults) {
      const reached = (): boolean =>
        at < 0 ? machine.inHandler(v) : machine.nextIndex(v) >= at;
      while (!reached() && (!result || result.exit === "preempted")) {
        result = machine.run(v, {
          cpu: this.#cpu,
          steps: 1,
          stop: "guest",
          untilHandler: at < 0,
        });
        events.push(...machine.journal.sinceRun());
      }
      if (result && result.exit !== "preempted") return { events, result };
      if (!machine.isLoaded(v)) {
        machine.run(v, { cpu: this.#cpu, steps: 0, stop: "guest" });
        events.push(...machine.journal.sinceRun());
      }
      machine.journal.startRun();
      machine.interrupt(v);
      events.push(...machine.journal.sinceRun());
    }
    result = machine.run(v, { cpu: this.#cpu });
    events.push(...machine.journal.sinceRun());
    return { events, result };
  }

  #got(
    comparison: Comparison,
    reader: StepReader,
    v: number,
    events: readonly Event[],
    resume: boolean,
  ): void {
    const reads = readsByIndex(this.#arch, this.#machine, v, events);
    const recorded = new Map<number, bigint>();
    if (resume) {
      for (const [index, value] of reader.values("got")) {
        recorded.set(Number(index), value);
      }
    } else {
      reader.list("program").forEach((op, index) => {
        if (op.has("got")) recorded.set(index, op.value("got"));
      });
    }
    const indices = [...new Set([...recorded.keys(), ...reads.keys()])].sort((
      a,
      b,
    ) => a - b);
    for (const index of indices) {
      const read = reads.get(index);
      comparison.value(
        `got[${index}]${read ? ` ${read.register.name}` : ""}`,
        recorded.get(index),
        read?.value,
        read && differingFields(read.register),
      );
    }
  }

  #exceptions(
    comparison: Comparison,
    reader: StepReader,
    events: readonly Event[],
    indexOf: (pc: bigint) => number,
  ): void {
    const taken = events.filter((event) => event.kind === "exception");
    const recorded = reader.list("guest_exceptions");
    comparison.text(
      "guest_exceptions",
      recorded.map((exception) =>
        `${exception.number("at")}:${exception.text("ec")}`
      ).join(" "),
      taken.map((event) =>
        event.kind === "exception"
          ? `${indexOf(event.values.elr) - exceptionOffset(event)}:0x${
            event.values.ec.toString(16)
          }`
          : ""
      ).join(" "),
    );
    recorded.forEach((exception, index) => {
      const event = taken[index];
      if (event?.kind !== "exception") return;
      for (const name of ["esr", "far", "elr", "spsr"]) {
        comparison.value(
          `guest_exceptions[${index}].${name}`,
          exception.value(name),
          event.values[name],
        );
      }
    });
  }

  #entries(
    comparison: Comparison,
    reader: StepReader,
    events: readonly Event[],
  ): void {
    // Newer kernels do not trace it.
    if (!reader.has("entry_hw")) return;
    const modelled: string[] = [];
    for (const event of events) {
      if (event.kind !== "enter") continue;
      const { mdcr_el2: mdcr, mdscr_el1: mdscr } = event.values;
      const entry = `0x${mdcr.toString(16)}/0x${mdscr.toString(16)}`;
      if (modelled.at(-1) !== entry) modelled.push(entry);
    }
    comparison.text(
      "entry_hw (mdcr_el2/mdscr_el1)",
      reader.list("entry_hw").map((entry) =>
        `${entry.text("mdcr_el2")}/${entry.text("mdscr_el1")}`
      ).join(" "),
      modelled.join(" "),
    );
  }

  #exit(
    comparison: Comparison,
    reader: StepReader,
    result: RunResult,
    indexOf: (pc: bigint) => number,
  ): void {
    comparison.text("ret", `${reader.number("ret")}`, "0");
    comparison.text("exit", reader.text("exit"), result.exit.toUpperCase());
    const { pc } = result.values;
    comparison.value("pc", reader.value("pc"), pc);
    comparison.text("at", `${reader.number("at")}`, `${indexOf(pc)}`);
    for (const name of ["pstate", "hsr", "far", "mmio"]) {
      if (reader.has(name)) {
        comparison.value(name, reader.value(name), result.values[name]);
      }
    }
  }
}

/** A stage-2 fault of a first touch: an instruction abort, or a data abort of what has memory behind it. */
function isFault(exit: StepReader, { length, mmio }: VcpuReplay): boolean {
  const ec = Number(exit.value("ec"));
  if (ec === INSTRUCTION_ABORT) return true;
  const at = exit.number("at");
  return ec === DATA_ABORT && at < length && !mmio.has(at);
}

/** For an svc ELR is the instruction after it; recordings give the svc itself. */
function exceptionOffset(
  event: Extract<Event, { kind: "exception" }>,
): number {
  return event.exception === "svc" ? 1 : 0;
}

function isDebugRegister(name: string): boolean {
  return name.startsWith("DBG") || name.startsWith("MD") ||
    name === "OSLSR_EL1";
}

/** What each read of the program read, by index. */
function readsByIndex(
  arch: Architecture,
  machine: Machine,
  v: number,
  events: readonly Event[],
): Map<number, { register: RegisterInfo; value: bigint }> {
  const reads = new Map<number, { register: RegisterInfo; value: bigint }>();
  for (const event of events) {
    if (
      event.kind !== "access" || event.access !== "read" ||
      event.by === "undef" || event.by === "fault"
    ) continue;
    const index = machine.indexOf(v, event.pc);
    if (index === undefined) continue;
    const register = arch.registers.find(event.register);
    if (register) reads.set(index, { register, value: event.value });
  }
  return reads;
}

function words(value: bigint): { lo: number; hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}
