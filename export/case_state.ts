/**
 * A case that is being built, as checks need it.
 *
 * @module
 */
import type { Watched } from "../dsl/mod.ts";
import type { Fields } from "./recorded_case.ts";
import type { Target } from "./target.ts";

/** What a name of `as` is a name of. */
export interface Named {
  /** Step whose outcome has it; of a guest's read, the last run that executed it. */
  step: number;
  readonly field: "got" | "value" | "db" | "dr6" | "dr7";
  readonly index: number;
}

/** Where a vCPU's last run was recorded. */
export interface LastRun {
  readonly step: number;
  readonly vcpu: number;
}

/** A case that is being built. */
export interface CaseState {
  /** Its architecture. */
  readonly target: Target;
  /** What names are names of. */
  readonly named: ReadonlyMap<string, Named>;
  /** The last run, if it was expressed. */
  readonly lastRun: LastRun | undefined;
  /** Step of the last operation of userspace, if it was expressed. */
  readonly lastOperation: number | undefined;
  /** Adds a step. @returns its index */
  add(step: Fields): number;
  /** The vCPU has a program that has not come to its end, and KVM_RUN would go on with it. */
  isRunning(vcpu: number): boolean;
  /** Adds a run of a program of its own, which leaves nothing open. @returns its index */
  addRun(vcpu: number, ops: readonly Fields[], scenario: Watched): number;
}
