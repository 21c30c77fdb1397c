/**
 * Comparisons as `why not` reads them: each condition that a match can return, with its register, value and rule.
 *
 * @module
 */
import { type Condition, fact } from "../../comparison.ts";
import type { RuleId, Space } from "../../events.ts";
import { placeIn } from "../../moves.ts";
import type { Span } from "../../split_access.ts";
import { get64, join64, MAX64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { DR7_BITS, RW, slotEnabled, slotNibble } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { dataSlotUnmet } from "./data_slots.ts";
import { linearRip } from "./linear.ts";
import { ACCESS, codeUnmet } from "./match.ts";
import { UNMET, type Unmet } from "./unmet.ts";

/** Whose registers are compared: the CPU's, or a copy. */
export interface Compares {
  /** Word index of DR0. */
  readonly dr: number;
  readonly dr7: number;
  /** Where they are, for the condition: of DR0 to DR3 by the name's stem, and of DR7. */
  readonly drIn: readonly [space: Space, stem: string];
  readonly dr7In: readonly [space: Space, name: string];
}

/** What is compared with them. */
export interface Accessed {
  readonly lo: number;
  readonly hi: number;
  readonly sizeBytes: number;
  /** Bits of `ACCESS`; 0 for an instruction. */
  readonly access: number;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The CPU's own registers. */
export function physical({ w, cpu }: X86Frame): Compares {
  return {
    dr: cpu + CPU.dr,
    dr7: w[cpu + CPU.dr7],
    drIn: ["cpu", "DR"],
    dr7In: ["cpu", "DR7"],
  };
}

/** What keeps slot n from matching by its registers: the enable first, then what it compares. */
export function slotUnmet(
  f: X86Frame,
  { dr, dr7 }: Compares,
  n: number,
  accessed: Accessed,
): Unmet {
  const { lo, hi, access } = accessed;
  if (!slotEnabled(dr7, n)) return UNMET.enable;
  if (access === 0) {
    return codeUnmet(f.w, dr, dr7, n, lo, hi, f.model.executeRange);
  }
  return dataSlotUnmet(f, { dr, dr7 }, n, accessed);
}

/** Names of R/Wn. */
const RW_NAMES = ["execute", "write", "io", "access"] as const;
/** Bytes of LENn. */
const LENGTHS = [1, 2, 8, 4] as const;

/** Bytes that a slot covers by LENn. */
export function slotBytes(dr7: number, slot: number): number {
  return LENGTHS[slotNibble(dr7, slot) >>> 2];
}

/** Bytes that are compared: of an instruction the first, where the CPU does not count LENn. */
export function comparedBytes(
  { model }: X86Frame,
  dr7: number,
  slot: number,
  access: number,
): number {
  return access === 0 && !model.executeRange ? 1 : slotBytes(dr7, slot);
}

/** What R/Wn would have to be for an access. */
function typesFor(access: number): string {
  const types = access === 0
    ? [RW.execute]
    : access === ACCESS.io
    ? [RW.io]
    : (access & ACCESS.write) !== 0
    ? [RW.write, RW.access]
    : [RW.access];
  return types.map((type) => `\`${RW_NAMES[type]}\``).join(" or ");
}

/** The bytes of an access, as text. */
function accessText({ lo, hi, sizeBytes, access }: Accessed): string {
  const first = join64(lo, hi);
  const what = access === 0
    ? "the instruction's address"
    : access === ACCESS.io
    ? "the port"
    : "the address of what is accessed";
  return access === 0 || sizeBytes <= 1
    ? `${what}, ${hex(first)}`
    : `${what}, ${hex(first)} to ${hex(first + BigInt(sizeBytes) - 1n)}`;
}

/** A condition on a field of DR7. */
function onDr7(
  f: X86Frame,
  { dr7, dr7In: [space, name] }: Compares,
  field: string,
  shift: number,
  mask: number,
  needed: string,
  rule: RuleId,
): Condition {
  return {
    place: placeIn(f, space, name),
    field,
    bits: BigInt(mask) << BigInt(shift),
    value: BigInt(dr7 >>> shift & mask),
    needed,
    rule,
  };
}

/** A condition that slot n does not meet. */
export function slotCondition(
  f: X86Frame,
  compares: Compares,
  n: number,
  accessed: Accessed,
  unmet: Unmet,
): Condition | undefined {
  const rule = accessed.access === 0
    ? "x86:A1"
    : accessed.access === ACCESS.io
    ? "x86:A3"
    : "x86:A2";
  switch (unmet) {
    case UNMET.none:
      return undefined;
    case UNMET.enable:
      return onDr7(
        f,
        compares,
        `L${n} and G${n}`,
        2 * n,
        3,
        "1",
        "x86:A/2",
      );
    case UNMET.type:
      return onDr7(
        f,
        compares,
        `RW${n}`,
        16 + 4 * n,
        3,
        typesFor(accessed.access),
        "x86:A/2",
      );
    case UNMET.ioEnable:
      return flagCondition(f, "DE", 1, "x86:A3");
    case UNMET.address:
    case UNMET.canonical: {
      const { dr, dr7, drIn: [space, stem] } = compares;
      const bytes = slotBytes(dr7, n);
      const covers = accessed.access === 0 && !f.model.executeRange
        ? ""
        : `; LEN${n} makes it ${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
      return {
        place: placeIn(f, space, `${stem}${n}`),
        field: undefined,
        bits: MAX64,
        value: get64(f.w, dr + 2 * n),
        needed: unmet === UNMET.canonical
          ? "a canonical address"
          : accessText(accessed) + covers,
        rule: unmet === UNMET.canonical ? "x86:A/1" : rule,
      };
    }
    case UNMET.resumeFlag:
      return flagCondition(f, "RF", 0, "x86:A1");
    case UNMET.trapFlag:
      return flagCondition(f, "TF", 1, "x86:A6");
    case UNMET.shadow:
      return fact(
        "the instruction follows MOV SS, whose shadow suppresses it on Intel",
        "x86:A7",
      );
    case UNMET.transaction:
      return fact(
        "the hit aborts the transaction that it is in, without DR7.RTM and DEBUGCTL.RTM",
        "x86:A/11.1",
      );
    case UNMET.unarmed:
      return fact("on this CPU VMRUN arms no breakpoint", "x86:A/6");
    case UNMET.earlierPart:
      return fact(
        "the access is not aligned: this CPU compares its parts one after another, and a breakpoint matched an earlier one",
        "x86:A2",
      );
    case UNMET.exits:
      return accessed.access === ACCESS.io
        ? fact(
          "the port access exits to KVM before it is done, and KVM does not compare I/O breakpoints",
          "x86:D50",
        )
        : fact(
          "the access exits to KVM before it is done, and KVM's emulator does not compare data breakpoints",
          "x86:D26",
        );
    default:
      return unmet satisfies never;
  }
}

/** Flags on which conditions depend. */
const FLAG_BITS = { RF: FLAGS.RF, TF: FLAGS.TF, DE: CR4_DE } as const;

/** A condition on a flag of RFLAGS, or on CR4.DE. */
export function flagCondition(
  f: X86Frame,
  field: keyof typeof FLAG_BITS,
  needed: 0 | 1,
  rule: RuleId,
): Condition {
  const isCr4 = field === "DE";
  const bit = FLAG_BITS[field];
  const value = f.w[f.vcpu + (isCr4 ? VCPU.cr4 : VCPU.rflags)];
  return {
    place: placeIn(f, "guest", isCr4 ? "CR4" : "RFLAGS"),
    field,
    bits: BigInt(bit),
    value: (value & bit) === 0 ? 0n : 1n,
    needed: `${needed}`,
    rule,
  };
}

/** Reports how each slot compares with an access; `last` is what keeps from it where the registers match. */
function reportSlots(f: X86Frame, accessed: Accessed, last: Unmet): void {
  const compares = physical(f);
  for (let n = 0; n < SLOTS; n++) {
    const own = slotUnmet(f, compares, n, accessed);
    const unmet = own === UNMET.none ? last : own;
    f.sink?.compared?.({
      unit: accessed.access === 0 ? "breakpoint" : "watchpoint",
      number: n,
      address: join64(accessed.lo, accessed.hi),
      sizeBytes: accessed.access === 0 ? 1 : accessed.sizeBytes,
      access: accessed.access,
      isThere: own === UNMET.none,
      register: undefined,
      unmet: slotCondition(f, compares, n, accessed, unmet),
    });
  }
}

/** Reports how each slot compares with the instruction at the program counter. */
export function reportCodeCompared(f: X86Frame, heldBack: Unmet): void {
  const { w, vcpu } = f;
  const lo = linearRip(f);
  const hi = w[vcpu + VCPU.pc + 1];
  reportSlots(f, { lo, hi, sizeBytes: 1, access: 0 }, heldBack);
}

/** Reports how each slot compares with an access of memory or of a port. */
export function reportDataCompared(
  f: X86Frame,
  { lo, hi, sizeBytes }: Span,
  access: number,
  last: Unmet,
): void {
  reportSlots(f, { lo, hi, sizeBytes, access }, last);
}

/** Reports whether a step is due after an instruction. */
export function reportStepCompared(
  f: X86Frame,
  unmet: Condition | undefined,
): void {
  f.sink?.compared?.({
    unit: "step",
    number: -1,
    address: get64(f.w, f.vcpu + VCPU.pc),
    sizeBytes: 1,
    access: 0,
    isThere: true,
    register: undefined,
    unmet,
  });
}

/** Reports whether an access to a debug register exits to KVM. */
export function reportTrapCompared(
  f: X86Frame,
  register: string,
  unmet: Condition | undefined,
): void {
  f.sink?.compared?.({
    unit: "trap",
    number: -1,
    address: get64(f.w, f.vcpu + VCPU.pc),
    sizeBytes: 1,
    access: 0,
    isThere: true,
    register,
    unmet,
  });
}

/** DR4 and DR5 are undefined before the exit. */
export function noAlias(f: X86Frame): Condition {
  return flagCondition(f, "DE", 0, "x86:A5");
}

/** General detect comes before the exit. */
export function generalDetect(f: X86Frame): Condition {
  const shift = Math.log2(DR7_BITS.GD);
  return onDr7(
    f,
    physical(f),
    "GD",
    shift,
    1,
    "0: its #DB comes before the exit",
    "x86:A5",
  );
}

/** KVM does not intercept the access. */
export function noIntercept(f: X86Frame): Condition {
  return {
    place: placeIn(f, "kvm", "dr_intercept"),
    field: undefined,
    bits: 1n,
    value: 0n,
    needed: "1",
    rule: "x86:A/6.1",
  };
}
