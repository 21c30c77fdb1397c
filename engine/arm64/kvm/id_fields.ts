/**
 * Fields of the ID registers, and how a value of userspace's is stored or refused.
 *
 * @module
 */
import type { ERRNO } from "../../errno.ts";
import type { RuleId } from "../../events.ts";
import { type Route, setPair } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import { VM } from "../blocks.ts";
import type { RegisterWords } from "../hardware/register_file.ts";
import { REG } from "../registers/ids.ts";
import type { KvmFrame } from "./kernel.ts";
import { renumber } from "./numbering.ts";

/** A field of an ID register, in the low word unless `word` is 1. */
export interface Field {
  readonly shift: number;
  readonly mask: number;
  readonly word?: 0 | 1;
}

/** A field of a value; of the transfer register, given the frame. */
export function fieldOf(
  { lo, hi }: RegisterWords,
  { shift, mask, word }: Field,
): number {
  return ((word === 1 ? hi : lo) >>> shift) & mask;
}

/** The order of a 4-bit field that is signed. */
export function signed4(value: number): number {
  return value >= 8 ? value - 16 : value;
}

/** Refuses a KVM_SET_ONE_REG. @returns the negated errno */
export function refuseId(
  f: KvmFrame,
  register: number,
  { errno, why, rule }: {
    errno: keyof typeof ERRNO;
    why: string;
    rule: RuleId;
  },
): number {
  const name = register === REG.ID_DFR0_EL1
    ? "ID_DFR0_EL1"
    : register === REG.ID_AA64DFR0_EL1
    ? "ID_AA64DFR0_EL1"
    : "ID_AA64DFR1_EL1";
  return refuse(f, `KVM_SET_ONE_REG ${name}`, { errno, why, rule });
}

const WRITTEN: Route = {
  cause: "write",
  to: ["vm", "ID_AA64DFR0_EL1"],
  from: ["user", "ID_AA64DFR0_EL1"],
};

/** Stores the transfer register for the whole VM. */
export function storeId(f: KvmFrame, register: number, rule: RuleId): number {
  if (register !== REG.ID_AA64DFR0_EL1) {
    f.w[f.vm + VM.idDfr0] = f.lo;
    return 0;
  }
  setPair(f, f.vm + VM.dfr0, f.lo, f.hi, WRITTEN, rule);
  renumber(f);
  return 0;
}

/** What the fields count that hold one less. Arm ARM, ID_AA64DFR0_EL1. */
const COUNTED: Readonly<Record<string, string>> = {
  BRPs: "breakpoints",
  WRPs: "watchpoints",
  CTX_CMPs: "context-aware breakpoints",
};

/** A field's value, with the count that it stands for: `BRPs 6 (7 breakpoints)`. */
export function countText(name: string, value: number): string {
  const what = COUNTED[name];
  return what === undefined
    ? `${name} ${value}`
    : `${name} ${value} (${value + 1} ${what})`;
}
