/**
 * How near an instruction comes to match one of the guest's own breakpoints, and what keeps it from that: for warnings
 * about a search, which name the register.
 *
 * @module
 */
import { type Obstacle, THERE } from "../../explore/breakpoints.ts";
import type { Insn } from "../../program.ts";
import { VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { slotBytes } from "../hardware/comparisons.ts";
import { comparedParts, type DataAccess } from "../hardware/data_slots.ts";
import { stepsOver } from "../hardware/debugctl.ts";
import { ACCESS, codeUnmet, dataUnmet } from "../hardware/match.ts";
import { accessesAt } from "../hardware/slot_matches.ts";
import { UNMET } from "../hardware/unmet.ts";
import { DEBUGCTL_BITS } from "../registers/debugctl.ts";
import { RW, slotEnabled, slotNibble } from "../registers/dr7.ts";
import { REG } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { OWN } from "./own_registers.ts";

/**
 * Conditions of the registers, two more of an address that is another, which are about what LENn would have to be, and
 * one of a step.
 */
const CONDITION = {
  ...UNMET,
  /** TF steps on taken branches alone. */
  branchSteps: 29,
  /** The address is not a multiple of the bytes that LENn gives. */
  unaligned: 30,
  /** More bytes from the address on are accessed than LENn gives. */
  length: 31,
} as const;

type Condition = typeof CONDITION[keyof typeof CONDITION];

/** LENn of eight bytes, the most. */
const LONGEST = 2;
const EIGHT = 8;

/** The registers of a slot, as the guest has written them last. */
interface Slot {
  readonly dr: number;
  readonly dr7: number;
  readonly n: number;
}

/** DR7 with another R/Wn and, if it is given, LENn. */
function withType(
  { dr7, n }: Slot,
  rw: number,
  len: number = slotNibble(dr7, n) >>> 2,
): number {
  const shift = 16 + 4 * n;
  return dr7 & ~(0xf << shift) | (len << 2 | rw) << shift;
}

/** How near an access of data comes, or a part of it that the CPU compares. */
function nearnessOfData(
  { w }: X86Frame,
  slot: Slot,
  { lo, hi, sizeBytes, access }: DataAccess,
  de: boolean,
): number {
  const { dr, dr7, n } = slot;
  const rw = access === ACCESS.io ? RW.io : RW.access;
  const unmetWith = (dr7: number, de: boolean) =>
    dataUnmet(w, dr, dr7, n, lo, hi, sizeBytes, access, de);
  const isThere = unmetWith(withType(slot, rw), true) === UNMET.none;
  if (isThere) {
    const unmet = slotEnabled(dr7, n) ? unmetWith(dr7, de) : UNMET.enable;
    return unmet === UNMET.none ? 0 : THERE + unmet;
  }
  if (!slotEnabled(dr7, n)) return UNMET.enable;
  const unmet = unmetWith(dr7, de);
  if (unmet !== UNMET.address) return unmet;
  const at = dr + 2 * n;
  const isAbove = w[at + 1] === hi && (lo - w[at] >>> 0) < EIGHT;
  if (!isAbove) return unmet;
  // The bytes that LENn gives begin at a multiple of them.
  if ((lo - w[at] >>> 0) < slotBytes(dr7, n)) return CONDITION.unaligned;
  const isWithin = unmetWith(withType(slot, rw, LONGEST), true) === UNMET.none;
  return isWithin ? CONDITION.length : unmet;
}

/** How near the execution of an instruction comes. */
function nearnessOfCode(
  { w, vcpu, model }: X86Frame,
  slot: Slot,
  { addressLo, addressHi }: Insn,
): number {
  const { dr, dr7, n } = slot;
  const unmetWith = (dr7: number) =>
    codeUnmet(w, dr, dr7, n, addressLo, addressHi, model.executeRange);
  if (unmetWith(withType(slot, RW.execute)) !== UNMET.none) {
    return slotEnabled(dr7, n) ? unmetWith(dr7) : UNMET.enable;
  }
  const unmet = slotEnabled(dr7, n) ? unmetWith(dr7) : UNMET.enable;
  if (unmet !== UNMET.none) return THERE + unmet;
  return (w[vcpu + VCPU.rflags] & FLAGS.RF) === 0
    ? 0
    : THERE + UNMET.resumeFlag;
}

/** How near an instruction comes, as `Breakpoints.nearness` has it. */
export function nearness(
  f: X86Frame,
  at: number,
  insn: Insn,
  n: number,
): number {
  const { w, vcpu } = f;
  const slot = { dr: at + OWN.dr, dr7: w[at + OWN.dr7], n };
  const de = (w[vcpu + VCPU.cr4] & CR4_DE) !== 0;
  const data = accessesAt(f, insn).flatMap((one) => comparedParts(f, one))
    .map((part) => nearnessOfData(f, slot, part, de));
  return Math.max(nearnessOfCode(f, slot, insn), ...data);
}

/** How near the guest comes to step itself, as `Breakpoints.stepNearness` has it. Rules x86:A6, x86:A20. */
export function stepNearness(
  f: X86Frame,
  insn: Insn | null,
): number | undefined {
  const { w, vcpu } = f;
  if (
    insn === null || w[vcpu + VCPU.inHandler] !== 0 ||
    (w[vcpu + VCPU.rflags] & FLAGS.TF) === 0
  ) return undefined;
  return stepsOver(f, insn) ? UNMET.none : CONDITION.branchSteps;
}

/** The condition of a nearness, as `Breakpoints.obstacle` has it. */
export function obstacle(nearness: number, n: number): Obstacle {
  const dr7 = [REG.DR7];
  const condition = nearness % THERE as Condition;
  switch (condition) {
    case CONDITION.none:
      return {
        registers: [],
        what: "no instruction is executed while it is set so",
      };
    case CONDITION.enable:
      return {
        registers: dr7,
        what: `L${n} and G${n} of DR7 are both 0`,
        bits: { mask: 3 << 2 * n, value: 0 },
      };
    case CONDITION.type:
      return {
        registers: dr7,
        what: `DR7.RW${n} does not select the access`,
      };
    case CONDITION.ioEnable:
      return {
        registers: [REG.CR4],
        what: "CR4.DE is 0",
        needed: "1 for an I/O breakpoint",
        bits: { mask: CR4_DE, value: 0 },
      };
    case CONDITION.address:
      return {
        registers: [n],
        what: `no instruction and no access is at the address in DR${n}`,
      };
    case CONDITION.unaligned:
      return {
        registers: [n],
        what:
          `the CPU aligns the address in DR${n} to the bytes of DR7.LEN${n}`,
        needed: "a multiple of that length",
      };
    case CONDITION.length:
      return {
        registers: dr7,
        what: `DR7.LEN${n} leaves out the bytes that are accessed`,
      };
    case CONDITION.canonical:
      return {
        registers: [n],
        what: `DR${n} is not a canonical address`,
      };
    case CONDITION.branchSteps:
      return {
        registers: [REG.DEBUGCTL],
        what: "with DEBUGCTL.BTF the CPU steps on taken branches alone",
        needed: "0 for a step over each instruction",
        bits: { mask: DEBUGCTL_BITS.BTF, value: DEBUGCTL_BITS.BTF },
      };
    case CONDITION.resumeFlag:
      return { registers: [], what: "RFLAGS.RF is 1", isReturn: true };
    case CONDITION.shadow:
    case CONDITION.exits:
    case CONDITION.trapFlag:
    case CONDITION.transaction:
    case CONDITION.unarmed:
    case CONDITION.earlierPart:
      throw new RangeError(`no condition of a register: ${condition}`);
    default:
      return condition satisfies never;
  }
}
