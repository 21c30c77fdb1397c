/**
 * The machine that a search begins with, taken from one on which a script has run.
 *
 * @module
 */
import type {
  Architecture,
  HostChoice,
  KernelChoice,
} from "../architecture.ts";
import type { Machine } from "../machine.ts";
import type { Model } from "./model.ts";
import { monitorOf } from "./monitors.ts";

/**
 * Copies a machine as it is.
 *
 * @param kernel the kernel that the machine runs
 * @param host the physical machine that it is
 * @throws {RangeError} if a vCPU is loaded: the search begins between two KVM_RUNs
 */
export function searchStart(
  arch: Architecture,
  kernel: KernelChoice,
  host: HostChoice,
  machine: Machine,
): Pick<Model, "rules" | "monitor" | "vcpus" | "cpus" | "initial"> {
  const { vcpus, cpus } = machine;
  for (let v = 0; v < vcpus; v++) {
    if (machine.isLoaded(v)) throw new RangeError(`vCPU ${v} is loaded`);
  }
  return {
    rules: arch.createRules(kernel, host),
    monitor: monitorOf(arch.name),
    vcpus,
    cpus,
    initial: machine.blocks(),
  };
}
