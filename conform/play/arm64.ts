/**
 * Performs the steps of a case for arm64 on the model.
 *
 * @module
 */
import type { ExceptionEvent } from "../../engine/mod.ts";
import type { Stage } from "../architecture.ts";
import { isPending, PENDING, pulse, setEvents } from "../arm64/events.ts";
import { exceptionKind } from "../arm64/run.ts";
import { ARM64_REPLAY, isDebugRegister } from "../arm64/mod.ts";
import { Comparison } from "../difference.ts";
import { registerOf, vcpuOf } from "../operands.ts";
import { controlWord } from "../replay.ts";
import type { StepReader } from "../step_reader.ts";
import type { CasePlayer } from "./player.ts";
import { type Fields, hex, readsOf } from "./results.ts";
import { vmPlays } from "./whole_vm.ts";

/** Where the store at the end of a program goes. */
const END_ADDRESS = 0x1000_0000n;

/** Makes the arm64 part of a play. */
export function arm64Player(stage: Stage): CasePlayer {
  const { arch, machine } = stage;
  const parts = ARM64_REPLAY.begin(stage);
  /** How many instructions the program of a vCPU has. */
  const programs = new Map<number, number>();
  const indexOf = (v: number, pc: bigint): number => parts.indexOf(v, pc);

  const exceptionOf = (v: number, event: ExceptionEvent) => {
    const { values, exception } = event;
    return {
      // ELR of an SVC is the instruction after it.
      at: indexOf(v, values.elr) - (exception === "svc" ? 1 : 0),
      ...(exception === "interrupt" ? { intid: Number(values.intid) } : {
        esr: hex(values.esr),
        far: hex(values.far),
      }),
      ec: exceptionKind(event),
      elr: hex(values.elr),
      spsr: hex(values.spsr),
    };
  };

  const run = (reader: StepReader): Fields => {
    const v = vcpuOf(reader, machine);
    const resumed = reader.flag("resume");
    if (!resumed) {
      parts.load(reader, v);
      programs.set(v, reader.list("program").length);
    }
    const { result, events } = parts.run(reader, v);
    const values = readsOf(events, (pc) => indexOf(v, pc));
    const isStuck = result.exit === "preempted";
    const errno = isStuck ? 4n : result.values.errno ?? 0n;
    const { pc = 0n, pstate = 0n } = result.values;
    const { hsr, far, mmio } = result.values;
    const at = indexOf(v, pc);
    const isEnd = result.exit === "mmio" && mmio === END_ADDRESS &&
      at === programs.get(v);
    if (isEnd) parts.programEnded?.(v);
    return {
      ...(resumed
        ? {
          got: Object.fromEntries(
            [...values].map(([at, value]) => [at, hex(value)]),
          ),
        }
        : {
          program: reader.list("program").map(({ step }, at) =>
            values.has(at) ? { ...step, got: hex(values.get(at)!) } : step
          ),
        }),
      guest_exceptions: events.filter((event) => event.kind === "exception")
        .map((event) => exceptionOf(v, event)),
      ret: -Number(errno),
      exit: errno > 0n ? "ERROR" : result.exit.toUpperCase(),
      at,
      ...(result.exit === "debug"
        ? { hsr: hex(hsr ?? 0n), far: hex(far ?? 0n) }
        : {}),
      ...(mmio === undefined || isEnd ? {} : { mmio: hex(mmio) }),
      pc: hex(pc),
      pstate: hex(pstate),
      kvm_exits: events.flatMap((event) =>
        event.kind === "exit" && event.ec >= 0
          ? [{ at: indexOf(v, event.pc), ec: hex(event.ec) }]
          : []
      ),
    };
  };

  const register = (reader: StepReader) =>
    registerOf(reader, arch, reader.text("reg"));
  const ioctls: Readonly<Record<string, (reader: StepReader) => Fields>> = {
    run,
    note: () => ({}),
    poke_insn: (reader) => {
      parts.steps.poke_insn(reader, new Comparison(reader.line, "poke_insn"));
      return {};
    },
    pin: (reader) => {
      parts.steps.pin(reader, new Comparison(reader.line, "pin"));
      return {};
    },
    user_get: (reader) => {
      const { id, name } = register(reader);
      const { result, value } = machine.userGet(
        vcpuOf(reader, machine),
        id,
        name,
      );
      return value === undefined || result !== 0
        ? { ret: result }
        : { ret: result, value: hex(value) };
    },
    user_set: (reader) => {
      const { id, name } = register(reader);
      const v = vcpuOf(reader, machine);
      const { result } = machine.userSet(v, id, reader.value("value"), name);
      return { ret: result };
    },
    check_extension: (reader) => ({
      value: Number(machine.vm.checkExtension(reader.text("name")).value ?? 0n),
    }),
    reg_list: (reader) => ({
      ret: 0,
      debug_regs: machine.registerList(vcpuOf(reader, machine))
        .filter(isDebugRegister),
    }),
    vcpu_init: (reader) => ({
      ret: machine.userInit(vcpuOf(reader, machine)).result,
    }),
    ...vmPlays(stage, parts, (ret) => ({ ret })),
    irq_line: (reader) => ({ ret: pulse(reader, stage) }),
    set_vcpu_events: (reader) => ({ ret: setEvents(reader, stage) }),
    get_vcpu_events: (reader) => ({
      events: isPending(machine, vcpuOf(reader, machine))
        ? { [PENDING]: 1 }
        : {},
      ret: 0,
    }),
    set_pc: (reader) => ({
      ret: machine.userSetPc(vcpuOf(reader, machine), reader.value("value"))
        .result,
    }),
    guest_debug: (reader) => ({
      ret: machine.setGuestDebug(vcpuOf(reader, machine), {
        control: controlWord(reader, parts.controlBits),
        inject: undefined,
        blockirq: false,
        registers: parts.debugRegisters(reader),
      }).result,
    }),
  };
  return { steps: ioctls };
}
