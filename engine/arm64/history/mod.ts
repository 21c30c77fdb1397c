/**
 * The kernels of arm64: a version is 4.4.1 and the changes that it has. Records are folded when they are asked for.
 *
 * @module
 */
import {
  historyOf,
  type KernelResult,
  type KernelSpec,
} from "../../history_kernels.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { ARM64_NAMED } from "../profiles/named.ts";
import { BASE } from "./base.ts";
import { idRegisterRows } from "./id_registers.ts";
import { interfaceRows } from "./interfaces.ts";
import type { Arm64Change } from "./row.ts";
import { steppingRows } from "./stepping.ts";
import { switchingRows } from "./switching.ts";
import { LAST_READ } from "./trees.ts";

export { compareVersions } from "../../history_fold.ts";
export type { KernelResult, KernelSpec } from "../../history_kernels.ts";

const HISTORY = historyOf({
  tables: [steppingRows, switchingRows, idRegisterRows, interfaceRows],
  bases: { arm64: BASE },
  lastRead: LAST_READ,
  named: ARM64_NAMED,
  unreleased: "5.18",
});

/** All changes, oldest first; a change comes after those that it needs. */
export function changes(): readonly Arm64Change[] {
  return HISTORY.changes();
}

/**
 * A kernel.
 *
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * const found = kernelOf({ base: "linux-4.14", with: ["fake-step-exit"] });
 * assert(found.ok);
 * assertEquals(found.rows, ["host-at-el2", "trap-spe-controls", "fake-step-exit"]);
 * ```
 */
export function kernelOf(spec: KernelSpec): KernelResult<Arm64Kernel> {
  const found = HISTORY.kernelOf(spec);
  return found.ok ? { ...found, kernel: found.kernel.arm64 } : found;
}

/** The mainline releases at which behaviour changes, oldest first: `linux-4.4`, `linux-4.11` … */
export function distinctKernels(): readonly string[] {
  return HISTORY.distinctKernels();
}

/** The stable point releases at which a row says that behaviour changes, oldest first. */
export function distinctStablePoints(): readonly string[] {
  return HISTORY.distinctStablePoints();
}

/** Names of the kernels that are no release: authors' and distributions'. */
export function namedKernels(): readonly string[] {
  return HISTORY.namedKernels();
}

/** The release whose code a base has, `5.4.120`; undefined if there is no such base. */
export function codeOf(base: string): string | undefined {
  return HISTORY.codeOf(base);
}
