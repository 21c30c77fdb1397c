/**
 * Recordings of KVM/arm64: their header, and the steps that only they have.
 *
 * @module
 */
import type { Machine, RegisterInfo } from "../../engine/mod.ts";
import type {
  ArchitectureReplay,
  ReplayedArchitecture,
  Stage,
  StepAction,
} from "../architecture.ts";
import { ruleOfKept } from "../causes.ts";
import { differingFields } from "../fields.ts";
import { compareResult } from "../ioctl_result.ts";
import { registerOf, vcpuOf } from "../operands.ts";
import type { StepReader } from "../step_reader.ts";
import { isPending, PENDING, pulse, setEvents } from "./events.ts";
import { patchOf, type Program, programOf } from "./program.ts";
import { compareRun } from "./run.ts";
import { isFirstTouch, runWithFirstTouches } from "./stage2_faults.ts";

/** Bits of KVM_SET_GUEST_DEBUG's control word, by the recordings' names. */
export const CONTROL: Readonly<Record<string, number>> = {
  ENABLE: 0x1,
  SINGLESTEP: 0x2,
  USE_SW_BP: 0x10000,
  USE_HW: 0x20000,
};

/** PSTATE that a new program starts with. */
const PSTATE_INITIAL = 0x3c5n;

/** How recordings of KVM/arm64 are replayed. */
export const ARM64_REPLAY: ReplayedArchitecture = {
  name: "arm64",
  host(header, arch) {
    const cpu = header.text("cpu");
    const model = arch.models.find(({ name }) => name === cpu)?.name;
    const counts = {
      brps: header.number("brps"),
      ctx: header.number("ctx"),
      wrps: header.number("wrps"),
      ...(header.has("vhe") ? { vhe: header.number("vhe") } : {}),
    };
    return { counts, model, vendor: undefined };
  },
  begin: (stage) => new Arm64Replay(stage),
};

class Arm64Replay implements ArchitectureReplay {
  readonly controlBits = CONTROL;
  readonly steps: Readonly<Record<string, StepAction>> = {
    pin: (reader) => {
      this.#cpu = reader.index("cpu", this.#machine.cpus);
    },
    user_get: (reader, comparison) => {
      const { id, name, fields, v } = this.#oneReg(reader);
      const { result, value } = this.#machine.userGet(v, id, name);
      compareResult(comparison, reader, result, this.#machine);
      if (!reader.has("value")) return;
      comparison.value(name, reader.value("value"), value, {
        of: fields,
        rule: ruleOfKept(this.#machine, name),
      });
    },
    user_set: (reader, comparison) => {
      const { id, name, v } = this.#oneReg(reader);
      const value = reader.value("value");
      const { result } = this.#machine.userSet(v, id, value, name);
      compareResult(comparison, reader, result, this.#machine);
    },
    check_extension: (reader, comparison) => {
      const { value } = this.#machine.vm.checkExtension(reader.text("name"));
      comparison.value("value", reader.value("value"), value);
    },
    reg_list: (reader, comparison) => {
      const recorded = reader.texts("debug_regs");
      const debug = this.#machine.registerList(this.#vcpu(reader))
        .filter(isDebugRegister);
      comparison.text("debug_regs", recorded.join(" "), debug.join(" "));
    },
    vcpu_init: (reader, comparison) => {
      const { result } = this.#machine.userInit(this.#vcpu(reader));
      compareResult(comparison, reader, result, this.#machine);
    },
    set_pc: (reader, comparison) => {
      const pc = reader.value("value");
      const { result } = this.#machine.userSetPc(this.#vcpu(reader), pc);
      compareResult(comparison, reader, result, this.#machine);
    },
    irq_line: (reader, comparison) => {
      const result = pulse(reader, this.#stage);
      compareResult(comparison, reader, result, this.#machine);
    },
    set_vcpu_events: (reader, comparison) => {
      const result = setEvents(reader, this.#stage);
      compareResult(comparison, reader, result, this.#machine);
    },
    get_vcpu_events: (reader, comparison) => {
      const recorded = new Map(reader.values("events")).get(PENDING) ?? 0n;
      const modelled = isPending(this.#machine, this.#vcpu(reader)) ? 1n : 0n;
      comparison.value(PENDING, recorded, modelled);
    },
    poke_insn: (reader) => {
      const v = this.#vcpu(reader);
      const address = reader.value("addr");
      const original = this.#programs[v]?.parts.get(address);
      const patch = patchOf(reader.value("insn"), original);
      if (!patch || !this.#machine.patch(v, address, patch)) {
        reader.fail("the model cannot express this patch");
      }
    },
  };
  readonly #stage: Stage;
  readonly #machine: Machine;
  readonly #programs: (Program | undefined)[];
  /** Programs of what was saved, by its name. */
  readonly #saved = new Map<string, readonly (Program | undefined)[]>();
  /** Where the recorder's one thread runs. */
  #cpu = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#machine = stage.machine;
    this.#programs = Array.from({ length: stage.machine.vcpus });
  }

  debugRegisters(reader: StepReader) {
    return ["bcr", "bvr", "wcr", "wvr"].flatMap((kind) =>
      reader.values(kind).map(([number, value]) => ({
        register: this.#register(reader, `dbg${kind}${number}`).id,
        value,
      }))
    );
  }

  load(reader: StepReader, v: number): void {
    const program = programOf(reader, this.#stage.arch, v);
    this.#programs[v] = program;
    const pstate = reader.optional("pstate_in") ?? PSTATE_INITIAL;
    const { id, name } = this.#register(reader, "pstate");
    if (this.#machine.userSet(v, id, pstate, name).result !== 0) {
      reader.fail(
        `the model cannot start with PSTATE 0x${pstate.toString(16)}`,
      );
    }
    this.#machine.loadProgram(v, program.insns);
  }

  saved(name: string): void {
    this.#saved.set(name, [...this.#programs]);
  }

  restored(name: string): void {
    for (const [v, program] of this.#saved.get(name)!.entries()) {
      this.#programs[v] = program;
    }
  }

  hasProgram(v: number): boolean {
    return this.#programs[v] !== undefined;
  }

  run(reader: StepReader, v: number) {
    const program = this.#programs[v]!;
    const touches = reader.list("kvm_exits")
      .filter((exit) => isFirstTouch(exit, program))
      .map((exit) => exit.number("at"));
    return runWithFirstTouches(this.#stage, v, this.#cpu, touches);
  }

  indexOf(v: number, pc: bigint): number {
    return this.#machine.indexOf(v, pc) ?? -1;
  }

  readsOfResumed(reader: StepReader): ReadonlyMap<number, bigint> {
    return new Map(
      reader.values("got").map(([index, value]) => {
        if (!/^\d+$/.test(index)) {
          reader.fail(
            `got has ${JSON.stringify(index)}, which is not an index`,
          );
        }
        return [Number(index), value];
      }),
    );
  }

  compareRun(
    ...[reader, comparison, v, run]: Parameters<
      ArchitectureReplay["compareRun"]
    >
  ): void {
    const indexOf = (pc: bigint): number => this.indexOf(v, pc);
    const program = this.#programs[v]!;
    compareRun(reader, comparison, program, indexOf, run);
    const isDone = reader.text("exit") === "MMIO" &&
      reader.number("at") === program.length && !reader.has("mmio");
    if (isDone) this.programEnded(v);
  }

  /** The recorder answers the store at a program's end at once, so that the next program starts without it. */
  programEnded(v: number): void {
    this.#machine.completeAccess(v);
  }

  #vcpu(reader: StepReader): number {
    return vcpuOf(reader, this.#machine);
  }

  #register(reader: StepReader, name: string): RegisterInfo {
    return registerOf(reader, this.#stage.arch, name);
  }

  #oneReg(reader: StepReader) {
    const register = this.#register(reader, reader.text("reg"));
    const { id, name } = register;
    const fields = differingFields(register);
    return { id, name, fields, v: this.#vcpu(reader) };
  }
}

/** The registers that `reg_list` records. */
export function isDebugRegister(name: string): boolean {
  return name.startsWith("DBG") || name.startsWith("MD") ||
    name === "OSLSR_EL1";
}
