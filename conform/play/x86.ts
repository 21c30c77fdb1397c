/**
 * Performs the steps of a case for x86 on the model.
 *
 * @module
 */
import type { ExceptionEvent } from "../../engine/mod.ts";
import { ERRNO } from "../../engine/mod.ts";
import type { Stage } from "../architecture.ts";
import { registerOf, vcpuOf } from "../operands.ts";
import { controlWord } from "../replay.ts";
import type { StepReader } from "../step_reader.ts";
import { eventsFields, eventsRegister, setEvents } from "../x86/events.ts";
import { X86_REPLAY } from "../x86/mod.ts";
import { exitName } from "../x86/run.ts";
import { isWindow } from "../x86/windows.ts";
import type { CasePlayer } from "./player.ts";
import { type Fields, hex, readsOf } from "./results.ts";
import { vmPlays } from "./whole_vm.ts";

/** The debug registers of KVM_SET_DEBUGREGS and KVM_GET_DEBUGREGS. */
const ADDRESSES = ["dr0", "dr1", "dr2", "dr3"];

/** An ioctl's result, with the error's name. */
function result(ret: number): Fields {
  if (ret === 0) return { ret };
  const error = Object.entries(ERRNO).find(([, errno]) => errno === -ret)?.[0];
  return { ret, error };
}

/** Makes the x86 part of a play. */
export function x86Player(stage: Stage): CasePlayer {
  const { arch, machine } = stage;
  const parts = X86_REPLAY.begin(stage);
  const indexOf = (v: number, pc: bigint): number => parts.indexOf(v, pc);
  const kvm = (v: number, name: string): bigint => {
    const view = machine.kvmView(v, name);
    return view.kind === "value" ? view.value : 0n;
  };
  const userGet = (reader: StepReader, name: string) =>
    machine.userGet(
      vcpuOf(reader, machine),
      registerOf(reader, arch, name).id,
      name,
    );

  const exception = (v: number, { values }: ExceptionEvent) => ({
    at: indexOf(v, values.rip),
    ...(indexOf(v, values.rip) < 0 ? { in_handler: true } : {}),
    vector: Number(values.vector),
    rip: hex(values.rip),
    // The recorder's stub pushes 0 where the CPU pushes no error code.
    error: Number(values.error ?? 0n),
    rflags: hex(values.rflags),
    ...(values.dr6 === undefined ? {} : { dr6: hex(values.dr6) }),
    ...(values.dr7 === undefined ? {} : { dr7: hex(values.dr7) }),
  });

  const run = (reader: StepReader): Fields => {
    const v = vcpuOf(reader, machine);
    const isResumed = reader.flag("resume");
    if (!isResumed) parts.load(reader, v);
    const { events, result } = parts.run(reader, v);
    const values = readsOf(events, (pc) => indexOf(v, pc));
    const rip = kvm(v, "rip");
    const isStuck = result.exit === "preempted" && !isWindow(result);
    const at = indexOf(v, rip);
    const data = result.values;
    return {
      ...(isResumed
        ? { got: [...values].map(([at, value]) => ({ at, value: hex(value) })) }
        : {
          program: reader.list("program").map(({ step }, at) =>
            values.has(at) ? { ...step, got: hex(values.get(at)!) } : step
          ),
        }),
      guest_exceptions: events.filter((event) => event.kind === "exception")
        .map((event) => exception(v, event)),
      exit: isStuck ? "ERRNO" : exitName(result),
      ...(isStuck
        ? { errno: 4 }
        : data.errno === undefined
        ? {}
        : { errno: Number(data.errno) }),
      at,
      ...(at < 0 ? { in_handler: true } : {}),
      ...(result.exit === "debug"
        ? {
          exception: Number(data.exception),
          pc: hex(data.pc),
          dr6: hex(data.dr6),
          dr7: hex(data.dr7),
        }
        : {}),
      ...(result.exit === "io"
        ? {
          direction: data.is_write === 1n ? "out" : "in",
          port: hex(data.port),
          count: Number(data.count),
        }
        : {}),
      ...(result.exit === "mmio"
        ? {
          addr: hex(data.addr),
          len: Number(data.len),
          is_write: Number(data.is_write),
        }
        : {}),
      rip: hex(rip),
      rflags: hex(userGet(reader, "rflags").value ?? 0n),
    };
  };

  return {
    steps: {
      run,
      note: () => ({}),
      guest_debug: (reader) => {
        const v = vcpuOf(reader, machine);
        const request = {
          control: controlWord(reader, parts.controlBits),
          inject: undefined,
          blockirq: false,
          registers: parts.debugRegisters(reader),
        };
        const { result: ret } = machine.setGuestDebug(v, request);
        if (ret === 0) parts.guestDebugAccepted?.(v, request);
        return result(ret);
      },
      set_debugregs: (reader) => {
        const v = vcpuOf(reader, machine);
        const set = (name: string, value: bigint) => ({
          register: registerOf(reader, arch, name).id,
          value,
        });
        const values = [
          set("debugregs", reader.optional("flags") ?? 0n),
          set("dr6", reader.value("dr6")),
          set("dr7", reader.value("dr7")),
          ...reader.values("db").map(([n, value]) => set(`dr${n}`, value)),
        ];
        return result(machine.userSetAll(v, values, "set debugregs").result);
      },
      ...vmPlays(stage, parts, result),
      set_vcpu_events: (reader) => result(setEvents(reader, stage)),
      get_vcpu_events: (reader) => {
        const { value = 0n, result: ret } = userGet(reader, "vcpu_events");
        const register = eventsRegister(reader, stage);
        return { events: eventsFields(register, value), ...result(ret) };
      },
      get_debugregs: (reader) => {
        const value = (name: string): string =>
          hex(userGet(reader, name).value ?? 0n);
        // As the ioctl reads them.
        const flags = value("debugregs");
        const dr6 = value("dr6");
        const dr7 = value("dr7");
        return { db: ADDRESSES.map(value), dr6, dr7, flags, ret: 0 };
      },
    },
  };
}
