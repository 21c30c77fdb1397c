/**
 * Steps that make something pending: interrupts of the GIC, and an SError.
 *
 * @module
 */
import type { Machine } from "../../engine/mod.ts";
import type { Stage } from "../architecture.ts";
import { vcpuOf } from "../operands.ts";
import type { StepReader } from "../step_reader.ts";

/** The only member of the events that the model has: it gives no syndrome. */
export const PENDING = "serror_pending";

/** The number of the interrupt that a step pulses. */
function intidOf(reader: StepReader, { arch }: Stage): number {
  const { first, last } = arch.interrupts;
  const intid = reader.number("intid");
  if (intid < first || intid > last) {
    reader.fail(`intid is ${intid}: expected ${first} to ${last}`);
  }
  return intid;
}

/** KVM_IRQ_LINE of an edge. @returns 0, or a negated errno */
export function pulse(reader: StepReader, stage: Stage): number {
  const { machine } = stage;
  const v = vcpuOf(reader, machine);
  return machine.userEvent(v, intidOf(reader, stage), "interrupt").result;
}

/**
 * KVM_SET_VCPU_EVENTS. @returns 0, or a negated errno
 *
 * @throws {RecordingError} if the step does not make an SError pending, and nothing else
 */
export function setEvents(
  reader: StepReader,
  { machine, arch }: Stage,
): number {
  const members = reader.values("events").filter(([, value]) => value !== 0n);
  if (members.length !== 1 || members[0][0] !== PENDING) {
    reader.fail(`the model has no events but ${PENDING}: 1`);
  }
  const v = vcpuOf(reader, machine);
  return machine.userEvent(v, arch.interrupts.others.serror!, "serror").result;
}

/** An SError is pending, as KVM_GET_VCPU_EVENTS gives it. */
export function isPending(machine: Machine, v: number): boolean {
  const view = machine.kvmView(v, PENDING);
  return view.kind === "value" && view.value !== 0n;
}
