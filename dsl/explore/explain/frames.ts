/**
 * Frames on the machine that a schedule comes to.
 *
 * @module
 */
import {
  type Frame,
  type MachineBlocks,
  type Rules,
  VCPU_BASE,
  type ViewValue,
} from "../../../engine/mod.ts";

/** A frame on one vCPU of a machine and the CPU where it is or was. */
export interface FramedVcpu {
  readonly f: Frame;
  /** Where the block of the bare machine beside it is; undefined if there is none. */
  readonly bare: number | undefined;
}

/** Copies what a vCPU and its CPU have into a frame of its own. */
export function frameOn(
  rules: Rules,
  { vm, cpus, vcpus, bare }: MachineBlocks,
  v: number,
  cpu?: number,
): FramedVcpu {
  const { sizes } = rules;
  const own = vcpus[v].subarray(0, sizes.vcpu + sizes.user);
  const at = cpu ?? Math.max(0, own[VCPU_BASE.cpu] - 1);
  const parts = [vm.subarray(0, sizes.vm), own, cpus[at], bare?.[v] ?? []];
  const words = Int32Array.from(parts.flatMap((part) => [...part]));
  const f = rules.frame(words);
  f.vm = 0;
  f.vcpu = sizes.vm;
  f.user = sizes.vm + sizes.vcpu;
  f.cpu = f.user + sizes.user;
  f.sink = null;
  return { f, bare: bare && f.cpu + cpus[at].length };
}

/** A value as a number; undefined if there is none. */
export function numberOf(value: ViewValue): bigint | undefined {
  return value.kind === "value" ? value.value : undefined;
}
