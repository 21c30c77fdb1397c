/**
 * The kernels of x86: a version is 4.4.1 and the changes that it has. Records are folded when they are asked for.
 *
 * @module
 */
import {
  historyOf,
  type KernelResult,
  type KernelSpec,
} from "../../history_kernels.ts";
import type { Vendor } from "../hardware/models.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { X86_NAMED } from "../profiles/named.ts";
import { BASE_SVM, BASE_VMX } from "./base.ts";
import { debugctlRows } from "./debugctl.ts";
import { deliveryRows } from "./delivery.ts";
import { emulatorRows } from "./emulator.ts";
import { interfaceRows } from "./interfaces.ts";
import { protectedRows } from "./protected.ts";
import type { X86Change } from "./row.ts";
import { steppingRows } from "./stepping.ts";
import { switchingRows } from "./switching.ts";
import { LAST_READ } from "./trees.ts";

export { compareVersions } from "../../history_fold.ts";
export type { KernelResult, KernelSpec } from "../../history_kernels.ts";

/** A kernel for both vendors. */
export type X86Kernels = Readonly<Record<Vendor, X86Kernel>>;

const HISTORY = historyOf<X86Kernel, Vendor>({
  tables: [
    switchingRows,
    debugctlRows,
    protectedRows,
    steppingRows,
    deliveryRows,
    emulatorRows,
    interfaceRows,
  ],
  bases: { vmx: BASE_VMX, svm: BASE_SVM },
  lastRead: LAST_READ,
  named: X86_NAMED,
  unreleased: "4.5",
});

/** All changes, oldest first; a change comes after those that it needs. */
export function changes(): readonly X86Change[] {
  return HISTORY.changes() as readonly X86Change[];
}

/**
 * A kernel.
 *
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * const found = kernelOf({ base: "linux-4.4", with: ["root-cause-fix"] });
 * assert(found.ok);
 * assertEquals(found.rows, ["root-cause-fix"]);
 * ```
 */
export function kernelOf(spec: KernelSpec): KernelResult<X86Kernels> {
  return HISTORY.kernelOf(spec);
}

/** The mainline releases at which behaviour changes, oldest first: `linux-4.4`, `linux-4.5` … */
export function distinctKernels(): readonly string[] {
  return HISTORY.distinctKernels();
}

/** The stable point releases at which a row says that behaviour changes, oldest first: `linux-4.4.11` … */
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
