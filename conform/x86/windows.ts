/**
 * KVM_RUN that returns for an interrupt window: the guest itself sets request_interrupt_window in kvm_run, whose page it
 * sees. KVM looks at it after each exit that it handles (vcpu_run() of arch/x86/kvm/x86.c), and returns with
 * KVM_EXIT_IRQ_WINDOW_OPEN: between that exit and the next entry.
 *
 * @module
 */
import {
  architecture,
  type Event,
  type Machine,
  type RunResult,
} from "../../engine/mod.ts";
import type { GuestRun } from "../architecture.ts";
import { GUEST_STEPS_MAX } from "../run.ts";

/** What such a run ends with, by the recordings' name. */
export const WINDOW_EXIT = "IRQ_WINDOW_OPEN";

/** The windows that were asked for in a run. */
const OPENED = new WeakSet<RunResult>();

/** True if KVM_RUN returned for an interrupt window. */
export function isWindow(result: RunResult): boolean {
  return OPENED.has(result);
}

/** RFLAGS.IF. */
const INTERRUPTS = 0x200n;

/**
 * True if KVM returns for an interrupt window now: an interrupt could be injected, and no exception is on its way.
 * `kvm_vcpu_ready_for_interrupt_injection()` of arch/x86/kvm/x86.c, 6.1 (from memory), and
 * tests/recordings/x86/stock/window-exception.jsonl.
 */
function takesInterrupt(machine: Machine, v: number): boolean {
  const { flags } = userState(machine, v);
  return (flags & INTERRUPTS) !== 0n && canReturn(machine, v);
}

/** The same of a guest with RFLAGS.IF set. */
export function canReturn(machine: Machine, v: number): boolean {
  const { events } = userState(machine, v);
  const { layout } = architecture("x86")!.registers.find("vcpu_events")!;
  return WAITED_FOR.every((name) => layout.get(events, name) === 0n);
}

/** What userspace sees of a vCPU. */
function userState(machine: Machine, v: number) {
  const { registers } = architecture("x86")!;
  const value = (name: string): bigint => {
    const view = machine.view("user", v, registers.find(name)!.id);
    return view.kind === "value" ? view.value : 0n;
  };
  return { flags: value("rflags"), events: value("vcpu_events") };
}

/** What KVM waits for before it returns. */
const WAITED_FOR = [
  "EXCEPTION_INJECTED",
  "EXCEPTION_PENDING",
  "INTERRUPT_INJECTED",
  "INTERRUPT_SHADOW",
  "NMI_INJECTED",
];

/**
 * KVM_RUN with at most `GUEST_STEPS_MAX` guest steps.
 *
 * @param windows addresses of the instructions that ask for it
 */
export function runWithWindows(
  machine: Machine,
  v: number,
  cpu: number,
  windows: ReadonlySet<bigint>,
): GuestRun {
  const events: Event[] = [];
  let isAsked = false;
  for (let steps = 0; steps < GUEST_STEPS_MAX; steps++) {
    const [next] = machine.pendingInsns(v);
    const before = machine.pendingInsns(v).length;
    const result = machine.run(v, { cpu, attempts: 1, stop: "exit" });
    const made = machine.journal.sinceRun();
    events.push(...made);
    if (result.exit !== "preempted") return { events, result };
    const hasExited = made.some(({ kind }) => kind === "exit");
    if (isAsked && hasExited && takesInterrupt(machine, v)) {
      machine.put(v);
      OPENED.add(result);
      return { events, result };
    }
    const isDone = machine.pendingInsns(v).length < before;
    if (isDone && next !== undefined && windows.has(addressOf(next))) {
      isAsked = true;
    }
  }
  const result = machine.run(v, { cpu, attempts: 0 });
  return { events, result };
}

function addressOf(
  { addressLo, addressHi }: {
    readonly addressLo: number;
    readonly addressHi: number;
  },
): bigint {
  return BigInt.asUintN(32, BigInt(addressLo)) |
    BigInt.asUintN(32, BigInt(addressHi)) << 32n;
}
