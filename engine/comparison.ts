/**
 * What the CPU compared, and the first condition that was not met: what `why not` is answered from.
 *
 * The functions that decide a match return which condition failed. A sink that has `compared` gets each
 * comparison; no other run pays for that.
 *
 * @module
 */
import type { Place, RuleId } from "./events.ts";

/** What can fire. */
export type Unit = "breakpoint" | "watchpoint" | "step" | "trap";

/** What `why not` asks about. */
export const UNMET_SUBJECTS = [
  "breakpoint",
  "watchpoint",
  "step",
  "exit",
  "trap",
] as const;

/** One of `UNMET_SUBJECTS`. */
export type UnmetSubject = typeof UNMET_SUBJECTS[number];

/** Whose breakpoint: the guest's own, or that of userspace's guest debug. */
export type Owner = "guest" | "user";

/** What is asked about a vCPU. */
export interface UnmetQuestion {
  /** Index of the vCPU. */
  readonly vcpu: number;
  /** What did not happen. */
  readonly subject: UnmetSubject;
  /** Whose it is. */
  readonly owner: Owner;
  /** The owner's number of the breakpoint or watchpoint; -1 for the others. */
  readonly number: number;
}

/** A condition that was not met. */
export interface Condition {
  /** Where the value is that decided; undefined if it is no register's. */
  readonly place: Place | undefined;
  /** The field of it; undefined if the whole register counts, or none. */
  readonly field: string | undefined;
  /** The bits of the place that decided. */
  readonly bits: bigint;
  /** The value of the field or of the register; 0 without a place. */
  readonly value: bigint;
  /** What it would have to be: `1`; without a place, what is the case instead, as a sentence. */
  readonly needed: string;
  /** The rule that demands it. */
  readonly rule: RuleId;
}

/** One comparison. */
export interface CpuComparison {
  /** What was compared. */
  readonly unit: Unit;
  /** Number of the physical breakpoint, watchpoint or slot; -1 for the others. */
  readonly number: number;
  /** First byte of the instruction or of the data. */
  readonly address: bigint;
  /** Bytes of it. */
  readonly sizeBytes: number;
  /** What kinds of access it is, as the architecture's bits; 0 for an instruction. */
  readonly access: number;
  /** What the breakpoint names is what is accessed, whatever else is the case. */
  readonly isThere: boolean;
  /** A register for a trap: its name. */
  readonly register: string | undefined;
  /** The first condition that was not met; undefined if all were. */
  readonly unmet: Condition | undefined;
  /** `unmet` keeps every debug exception from being taken, before a single breakpoint's registers are looked at. */
  readonly isGeneral?: boolean;
}

/** What a comparison means for a question. */
export interface Verdict {
  /** The first condition that was not met; undefined if it fired. */
  readonly unmet: Condition | undefined;
  /** The register that holds the address that is to match; undefined if nothing has an address. */
  readonly aim: Place | undefined;
  /** How far the access was from what it should match, in bytes. */
  readonly gapBytes: bigint;
  /** The breakpoint looks at such accesses at all: at instructions, at data, at ports. */
  readonly suits: boolean;
}

/** The part of a verdict that has the address, where none plays a part. */
export const NO_ADDRESS = {
  aim: undefined,
  gapBytes: 0n,
  suits: true,
} as const;

/** A flag of guest_debug that is not as it would have to be. */
export function guestDebugCondition(
  { place, control, field, bit, needed, rule }:
    & Pick<Condition, "place" | "field" | "needed" | "rule">
    & {
      /** The whole word of guest_debug. */
      readonly control: number;
      /** The flag's bit in it. */
      readonly bit: number;
    },
): Condition {
  return {
    place,
    field,
    bits: BigInt(bit),
    value: (control & bit) === 0 ? 0n : 1n,
    needed,
    rule,
  };
}

/** The first flag of guest_debug that userspace has to give and has not: ENABLE, without which KVM looks at no other. */
export function missingFlag<Flag extends string>(
  control: number,
  bits: Readonly<Record<"ENABLE" | Flag, number>>,
  flag: Flag,
): "ENABLE" | Flag | undefined {
  return (["ENABLE", flag] as const).find((one) => (control & bits[one]) === 0);
}

/**
 * Bytes between an access and what a breakpoint covers.
 *
 * @param aimed first byte of that
 * @param coveredBytes how many bytes it is
 * @returns 0 if they have a byte in common
 */
export function gap(
  { address, sizeBytes }: CpuComparison,
  aimed: bigint,
  coveredBytes = 1,
): bigint {
  const end = address + BigInt(Math.max(1, sizeBytes)) - 1n;
  const aimedEnd = aimed + BigInt(coveredBytes) - 1n;
  if (aimedEnd < address) return address - aimedEnd;
  return aimed > end ? aimed - end : 0n;
}

/** A condition that is no register's: what is the case instead. */
export function fact(what: string, rule: RuleId): Condition {
  return {
    place: undefined,
    field: undefined,
    bits: 0n,
    value: 0n,
    needed: what,
    rule,
  };
}
