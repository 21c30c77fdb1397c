/**
 * What a scenario expects that a schedule breaks.
 *
 * @module
 */
import type { ExceptionKind } from "../events.ts";
import type { Insn } from "../program.ts";
import type { ScheduleStep } from "./found.ts";

/** What a scenario can expect at the end of a schedule: it does not hold there, and does where that is fixed. */
export type ExpectedOutcome =
  /** The guest takes an exception in the last run. */
  | { readonly kind: "exception"; readonly name: ExceptionKind }
  /** It takes none. */
  | { readonly kind: "no-exception" }
  /** A view of a register has a value, or another one. */
  | {
    readonly kind: "view";
    readonly view: "guest" | "cpu";
    /** Index of the vCPU, or of the physical CPU. */
    readonly index: number;
    /** Id of the register. */
    readonly register: number;
    readonly operator: "==" | "!=";
    readonly value: bigint;
    /** It is so before the last step. */
    readonly isBefore?: true;
  }
  /** It takes an exception with this value in a field. */
  | {
    readonly kind: "exception-field";
    readonly exception: ExceptionKind;
    readonly field: string;
    readonly value: bigint;
  }
  /** What the last step's instruction, which stores a register, reads. */
  | {
    readonly kind: "read";
    readonly operator: "==" | "!=";
    readonly value: bigint;
  }
  /** The kernel prints no warning in the last run. */
  | { readonly kind: "no-warning" }
  /** The guests lose nothing in the last restore. */
  | { readonly kind: "no-loss" };

/** The end of a schedule that breaks something. */
export interface Ending {
  /** The last step. */
  readonly step: ScheduleStep;
  /** What the guest was about to execute in it, if anything. */
  readonly insn: Insn | undefined;
  /** The scenario counts tries of an instruction, which kernels need different numbers of. */
  readonly byTries: boolean;
  /** The vCPU's last instruction before it missed a breakpoint: another kernel raises its exception in this step. */
  readonly isAfterMissed: boolean;
}

/** What a machine without a hypervisor would have done. */
export function asBare(ending: Ending): ExpectedOutcome | undefined {
  const { noticed, vcpu } = ending.step;
  if (noticed === undefined || vcpu === undefined) return undefined;
  const { kind, exception, register, name, seen, own } = noticed;
  switch (kind) {
    case "missed":
      return { kind: "exception", name: exception! };
    case "stray":
      return { kind: "no-exception" };
    case "frame":
      return {
        kind: "exception-field",
        exception: exception!,
        field: name!,
        value: own!,
      };
    default:
      return rightRead(ending, { register: register!, seen: seen!, own: own! });
  }
}

/** Where no exception of the guest's shows what is wrong, the CPU is expected not to hold it. */
export function otherOnCpu(
  { step: { mismatch, cpu }, isAfterMissed }: Ending,
  kind: "missed" | "stray",
): ExpectedOutcome | undefined {
  const wrong = mismatch?.[kind];
  if (wrong === undefined || cpu === undefined) return undefined;
  if (!mismatch!.isHidden && !isAfterMissed) return undefined;
  return {
    kind: "view",
    view: "cpu",
    index: cpu,
    register: wrong.register,
    operator: "!=",
    value: wrong.seen,
    isBefore: true,
  };
}

/** A wrong read is expected to be right, or, after as many tries under another kernel, at least not that wrong. */
export function rightRead(
  { step, insn, byTries }: Ending,
  unread = step.unread,
): ExpectedOutcome | undefined {
  const { vcpu } = step;
  if (unread === undefined || vcpu === undefined) return undefined;
  const { register, seen, own, isActedOn } = unread;
  const { cpu } = step;
  if (isActedOn && cpu !== undefined) {
    return {
      kind: "view",
      view: "cpu",
      index: cpu,
      register,
      operator: "!=",
      value: seen,
    };
  }
  const right = byTries
    ? { operator: "!=", value: seen } as const
    : { operator: "==", value: own } as const;
  // What PUSHF stored may be another value by now.
  return insn?.op === "pushf"
    ? { kind: "read", ...right }
    : { kind: "view", view: "guest", index: vcpu, register, ...right };
}
