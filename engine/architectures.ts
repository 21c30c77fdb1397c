/**
 * The architectures that the engine has.
 *
 * @module
 */
import type {
  Architecture,
  ArchName,
  HostChoice,
  KernelChoice,
} from "./architecture.ts";
import { ARM64 } from "./arm64/architecture.ts";
import { X86 } from "./x86/architecture.ts";
import { Machine } from "./machine.ts";

/**
 * By name; an architecture that is not in the engine yet has no entry. Functions, since the bundle makes the tables of an
 * architecture when they are first used.
 */
const ARCHITECTURES: Readonly<Partial<Record<ArchName, () => Architecture>>> = {
  arm64: () => ARM64,
  x86: () => X86,
};

/** The architecture of a name; undefined if this engine does not have it. */
export function architecture(name: ArchName): Architecture | undefined {
  // A file may name anything, `constructor` too.
  return Object.hasOwn(ARCHITECTURES, name)
    ? ARCHITECTURES[name]?.()
    : undefined;
}

/**
 * Builds a machine with one vCPU.
 *
 * @throws {RangeError} on a choice that the architecture's tables do not allow: a caller's bug
 */
export function createMachine(
  arch: Architecture,
  kernel: KernelChoice,
  host: HostChoice,
): Machine {
  const cpus = host.counts.cpus ??
    arch.hostCounts.find(({ name }) => name === "cpus")!.initial!;
  return new Machine(arch.createRules(kernel, host), arch.lockstep, cpus);
}
