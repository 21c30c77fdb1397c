/**
 * Steps of KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS.
 *
 * @module
 */
import type { RegisterInfo } from "../../engine/mod.ts";
import type { Stage, StepAction } from "../architecture.ts";
import { ruleOfKept } from "../causes.ts";
import { differingFields } from "../fields.ts";
import { compareResult } from "../ioctl_result.ts";
import { registerOf, vcpuOf } from "../operands.ts";
import type { StepReader } from "../step_reader.ts";

/** Wider members are written as hex. */
const PLAIN_BITS_MAX = 8;

/** The model's register of the structure. */
export function eventsRegister(
  reader: StepReader,
  { arch }: Stage,
): RegisterInfo {
  return registerOf(reader, arch, "vcpu_events");
}

/**
 * Members of the structure, packed as the model's register. Those that are left out are 0.
 *
 * @throws {RangeError} on a member that there is not, and on a value that it has no room for
 */
export function packEvents(
  { layout }: RegisterInfo,
  members: readonly (readonly [name: string, value: bigint])[],
): bigint {
  let packed = 0n;
  for (const [name, value] of members) {
    const field = layout.fields.find((one) => one.name.toLowerCase() === name);
    if (field === undefined) {
      throw new RangeError(`events has no member ${name}`);
    }
    const { lo, widthBits } = field;
    if (value >> BigInt(widthBits) !== 0n) {
      throw new RangeError(
        `${name} has ${widthBits} bits, and is 0x${value.toString(16)}`,
      );
    }
    packed |= value << BigInt(lo);
  }
  return packed;
}

/** The members that a step has under `events`, packed. */
function eventsOf(reader: StepReader, stage: Stage): bigint {
  const members = reader.values("events");
  try {
    return packEvents(eventsRegister(reader, stage), members);
  } catch (error) {
    if (error instanceof RangeError) reader.fail(error.message);
    throw error;
  }
}

/** The members that are not 0, as a recording has them: from the lowest bit of the packed value on. */
export function eventsFields(
  { layout }: RegisterInfo,
  packed: bigint,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    layout.fields.toReversed().flatMap(({ name, widthBits }) => {
      const value = layout.get(packed, name);
      if (value === 0n) return [];
      const written = widthBits > PLAIN_BITS_MAX
        ? `0x${value.toString(16)}`
        : Number(value);
      return [[name.toLowerCase(), written]];
    }),
  );
}

/**
 * KVM_SET_VCPU_EVENTS on the model.
 *
 * @returns 0, or a negated errno
 * @throws {RecordingError} if the model does not have what the step asks for
 */
export function setEvents(reader: StepReader, stage: Stage): number {
  const { machine, arch } = stage;
  const { id, name } = eventsRegister(reader, stage);
  const packed = eventsOf(reader, stage);
  const missing = arch.notModelled(id, packed);
  if (missing !== undefined) reader.fail(missing);
  return machine.userSet(vcpuOf(reader, machine), id, packed, name).result;
}

/** The steps, by `op`. */
export function eventSteps(
  stage: Stage,
): Readonly<Record<string, StepAction>> {
  const { machine } = stage;
  return {
    set_vcpu_events: (reader, comparison) => {
      const result = setEvents(reader, stage);
      compareResult(comparison, reader, result, machine);
    },
    get_vcpu_events: (reader, comparison) => {
      const register = eventsRegister(reader, stage);
      const { id, name } = register;
      const v = vcpuOf(reader, machine);
      const { result, value } = machine.userGet(v, id, name);
      compareResult(comparison, reader, result, machine);
      if (reader.number("ret") !== 0) return;
      comparison.value(name, eventsOf(reader, stage), value, {
        of: differingFields(register),
        rule: ruleOfKept(machine, name),
      });
    },
  };
}
