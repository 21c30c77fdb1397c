/**
 * Operands of steps and of guest instructions.
 *
 * @module
 */
import type { Architecture, Machine, RegisterInfo } from "../engine/mod.ts";
import type { StepReader } from "./step_reader.ts";

/** The vCPU that a step names; 0 if it names none. */
export function vcpuOf(reader: StepReader, machine: Machine): number {
  return reader.index("vcpu", machine.vcpus, 0);
}

/** A register by its name in the recording. */
export function registerOf(
  reader: StepReader,
  arch: Architecture,
  name: string,
): RegisterInfo {
  return arch.registers.find(name) ??
    reader.fail(`the model has no register ${name}`);
}
