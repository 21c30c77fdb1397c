/**
 * Recordings of KVM/x86: their header, and the steps that only they have.
 *
 * @module
 */
import type {
  GuestDebugRequest,
  Machine,
  RegisterInfo,
} from "../../engine/mod.ts";
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
import { GUEST_STEPS_MAX } from "../run.ts";
import { own, type StepReader } from "../step_reader.ts";
import { eventSteps } from "./events.ts";
import { HostBreakpoints } from "./host_breakpoints.ts";
import { opAt, type Program, programOf } from "./program.ts";
import { compareRun } from "./run.ts";
import { runWithWindows } from "./windows.ts";

/** Bits of KVM_SET_GUEST_DEBUG's control word, by the recordings' names. */
export const CONTROL: Readonly<Record<string, number>> = {
  ENABLE: 0x1,
  SINGLESTEP: 0x2,
  USE_SW_BP: 0x1_0000,
  USE_HW_BP: 0x2_0000,
  INJECT_DB: 0x4_0000,
  INJECT_BP: 0x8_0000,
  BLOCKIRQ: 0x10_0000,
};

/** Where rip is after KVM's reset: KVM_SET_REGS moves it away from there before the first program. */
const RESET_RIP = 0xfff0n;

/** RFLAGS that a new program starts with. */
const RFLAGS_INITIAL = 0x2n;

/** Vendors, as the recordings and as the model name them. */
const VENDORS: Readonly<Record<string, string>> = { amd: "svm", intel: "vmx" };

/** The hardware model for what the header's `cpu` says. */
const STAND_INS: readonly (readonly [pattern: RegExp, model: string])[] = [
  [/TCG/, "tcg"],
  [/Bochs/, "bochs"],
];

/** How recordings of KVM/x86 are replayed. */
export const X86_REPLAY: ReplayedArchitecture = {
  name: "x86",
  host(header) {
    const name = header.text("vendor");
    const vendor = own(VENDORS, name) ?? header.fail(
      `the model has no kvm-${name}: expected vendor ${
        Object.keys(VENDORS).join(" or ")
      }`,
    );
    const cpu = header.text("cpu");
    const model = STAND_INS.find(([pattern]) => pattern.test(cpu))?.[1];
    return { counts: {}, model, vendor };
  },
  begin: (stage) => new X86Replay(stage),
};

class X86Replay implements ArchitectureReplay {
  readonly controlBits = CONTROL;
  readonly steps: Readonly<Record<string, StepAction>>;
  readonly #stage: Stage;
  readonly #machine: Machine;
  readonly #programs: (Program | undefined)[];
  readonly #lastDebug: (GuestDebugRequest | undefined)[];
  readonly #hostBreakpoints: HostBreakpoints;
  /** Programs of what was saved, by its name. */
  readonly #saved = new Map<string, readonly (Program | undefined)[]>();

  constructor(stage: Stage) {
    const { machine } = stage;
    this.#stage = stage;
    this.#machine = machine;
    for (let v = 0; v < machine.vcpus; v++) machine.userSetPc(v, RESET_RIP);
    this.#programs = Array.from({ length: machine.vcpus });
    this.#lastDebug = Array.from({ length: machine.vcpus });
    this.#hostBreakpoints = new HostBreakpoints(stage);
    this.steps = {
      ...this.#hostBreakpoints.steps,
      ...eventSteps(stage),
      set_debugregs: (reader, comparison) => {
        const v = vcpuOf(reader, machine);
        const values = this.#debugregs(reader).map(([{ id }, value]) => ({
          register: id,
          value,
        }));
        const { result } = machine.userSetAll(v, values, "set debugregs");
        compareResult(comparison, reader, result, machine);
      },
      get_debugregs: (reader, comparison) => {
        const v = vcpuOf(reader, machine);
        const gets = this.#debugregs(reader).map(([register, recorded]) => ({
          register,
          recorded,
          ...machine.userGet(v, register.id, register.name),
        }));
        // One ioctl with the whole structure.
        const refused = gets.find(({ result }) => result !== 0);
        compareResult(comparison, reader, refused?.result ?? 0, machine);
        if (reader.number("ret") !== 0) return;
        for (const { register, recorded, value } of gets) {
          comparison.value(register.name, recorded, value, {
            of: differingFields(register),
            rule: ruleOfKept(machine, register.name),
          });
        }
      },
    };
  }

  debugRegisters(reader: StepReader): GuestDebugRequest["registers"] {
    return reader.values("debugreg").map(([n, value]) => ({
      register: this.#register(reader, `dr${n}`).id,
      value,
    }));
  }

  guestDebugAccepted(v: number, request: GuestDebugRequest): void {
    this.#lastDebug[v] = request;
  }

  /** A new program: KVM_SET_REGS with its first address and with flags. */
  load(reader: StepReader, v: number): void {
    const program = programOf(reader, this.#stage.arch);
    this.#programs[v] = program;
    const flags = reader.optional("rflags_in") ?? RFLAGS_INITIAL;
    const { id, name } = this.#register(reader, "rflags");
    this.#machine.userSet(v, id, flags, name);
    this.#machine.loadProgram(v, program.insns);
    const { fmask } = program;
    if (fmask !== undefined) this.#machine.set({ fmask });
    this.#machine.setHandlerSteps(v, program.steps);
    const last = this.#lastDebug[v];
    if (reader.has("guest_debug_repeated_after_set_regs") && last) {
      this.#machine.setGuestDebug(v, last);
    }
  }

  saved(name: string): void {
    this.#saved.set(name, [...this.#programs]);
  }

  restored(name: string): void {
    for (const [v, program] of this.#saved.get(name)!.entries()) {
      this.#programs[v] = program;
      // Guest debug is no part of a save.
      this.#lastDebug[v] = undefined;
    }
  }

  hasProgram(v: number): boolean {
    return this.#programs[v] !== undefined;
  }

  run(reader: StepReader, v: number) {
    this.#hostBreakpoints.moveTo(reader.index("cpu", this.#machine.cpus));
    const { cpu } = this.#hostBreakpoints;
    const { windows } = this.#programs[v]!;
    if (windows.size > 0) return runWithWindows(this.#machine, v, cpu, windows);
    const result = this.#machine.run(v, { cpu, attempts: GUEST_STEPS_MAX });
    return { events: this.#machine.journal.sinceRun(), result };
  }

  indexOf(v: number, pc: bigint): number {
    return opAt(this.#programs[v]!, pc);
  }

  readsOfResumed(reader: StepReader): ReadonlyMap<number, bigint> {
    return new Map(
      reader.list("got").map((
        read,
      ) => [read.number("at"), read.value("value")]),
    );
  }

  compareRun(
    ...[reader, comparison, v, run]: Parameters<
      ArchitectureReplay["compareRun"]
    >
  ): void {
    const indexOf = (pc: bigint): number => this.indexOf(v, pc);
    compareRun({ stage: this.#stage, v, reader, comparison, indexOf }, run);
  }

  #register(reader: StepReader, name: string): RegisterInfo {
    return registerOf(reader, this.#stage.arch, name);
  }

  /** The registers of the ioctl's structure, with the recorded values. */
  #debugregs(reader: StepReader): readonly (readonly [RegisterInfo, bigint])[] {
    const db = reader.values("db").map(([n, value]) =>
      [this.#register(reader, `dr${n}`), value] as const
    );
    return [
      [this.#register(reader, "debugregs"), reader.value("flags")],
      [this.#register(reader, "dr6"), reader.value("dr6")],
      [this.#register(reader, "dr7"), reader.value("dr7")],
      ...db,
    ];
  }
}
