/**
 * What stands before a block that is searched, and why a block is not searched under a kernel.
 *
 * @module
 */
import type { KernelChoice } from "../../engine/mod.ts";
import { Problem } from "../problem.ts";
import { Scope } from "../resolve/scope.ts";
import { HypervisorNeeded } from "../resolve/without_hypervisor.ts";
import { runBefore } from "../run/lines.ts";
import { Session } from "../run/session.ts";
import type { Exploration } from "./exploration.ts";

/** A requirement before the block does not hold under a kernel. */
export interface Unmet extends Pick<KernelChoice, "profile" | "vendor"> {
  /** One line. */
  readonly reason: string;
}

/** Carries it to who compiles the block. */
class RequirementUnmet extends Error {
  constructor(readonly unmet: Unmet) {
    super(unmet.reason);
  }
}

/** How a block is compiled. */
export interface CompileOptions {
  /** Instead of the kernel that the text names. */
  readonly profile: string | undefined;
  /** Instead of the vendor that it names. */
  readonly vendor?: string;
  /** The kernel whose expectations are checked; the one that runs if left out. */
  readonly heldTo?: string;
  /** Gets the names of the fields of the kernel's record that are read, if given. */
  readonly fieldsRead?: Set<string>;
  /** Most statements that may be carried out before the block. */
  readonly limit: number;
}

/** Carries out what stands before the block. @throws {Problem | RequirementUnmet} if the search cannot begin there */
export function begin(
  { before }: Exploration,
  { limit, ...settings }: CompileOptions,
): { readonly session: Session; readonly scope: Scope } {
  const session = new Session({
    ...settings,
    trace: false,
    keepAll: true,
  });
  const scope = new Scope();
  const { failures, skip } = runBefore(session, before, scope, limit);
  if (failures.length > 0) throw new Problem(failures[0].diagnostic);
  if (skip) {
    const { profile, vendor } = session.kernelChoice;
    throw new RequirementUnmet({ profile, vendor, reason: skip.summary });
  }
  return { session, scope };
}

/** Why a block is not searched under a kernel, if that is what an error of compiling it says. */
export function unmetIn(
  error: unknown,
  exploration: Exploration,
  options: CompileOptions,
): Unmet | undefined {
  if (error instanceof RequirementUnmet) return error.unmet;
  // Where the text itself says that there is none, it is a mistake.
  if (
    !(error instanceof HypervisorNeeded) || options.profile === undefined
  ) return undefined;
  const { session } = begin(exploration, options);
  const { profile, vendor } = session.kernelChoice;
  return { profile, vendor, reason: error.reason };
}
