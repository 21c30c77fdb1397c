/**
 * The physical registers: what a write leaves in them, and what a read gives.
 *
 * @module
 */
import { CPU } from "../blocks.ts";
import type { Arm64Frame, Arm64Host } from "../frame.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { KIND, type Kind, NUMBERED_MAX, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import type { KeptBits } from "./models.ts";
import { reportUnpredictable } from "./report.ts";
import { relistWatchpoint } from "./watchpoint_list.ts";

/** Position of DBGBCR.BAS. */
const BAS_SHIFT = DBGBCR.word("BAS").shift;
/** BAS[2] and BAS[0] in place. */
const BAS_EVEN = 0b0101 << BAS_SHIFT;

/** LBN lies in the same bits of both control registers. */
const LBN = DBGBCR.word("LBN");
const BT = DBGBCR.word("BT");
const WT = DBGWCR.word("WT");

const BRPS = ID_AA64DFR0.word("BRPs");
const CTX_CMPS = ID_AA64DFR0.word("CTX_CMPs");
const WRPS = ID_AA64DFR0.word("WRPs");

/** Two words of a register, low first. */
export interface RegisterWords {
  readonly lo: number;
  readonly hi: number;
}

/** BT of a linked instruction address. */
const LINKED_ADDRESS = 0b0001;

/** All claim tags. */
const CLAIM_TAGS = 0xff;

/** OSLSR_EL1.OSLM = 0b10: the OS lock is implemented. Rule arm64:A/1. */
const OSLM_IMPLEMENTED = 1 << 3;
const OSLSR_OSLK = 1 << 1;

/** Offset of a register of a bank that begins at `base`. */
export function bankAt(base: number, kind: Kind, number: number): number {
  return base + 2 * (kind << 4 | number);
}

/** Breakpoints or watchpoints of a kind that the machine has. */
export function physicalCount(f: Arm64Frame, kind: Kind): number {
  return kind === KIND.bcr || kind === KIND.bvr ? f.host.brps : f.host.wrps;
}

/** True for a breakpoint that compares contexts: the highest-numbered ones. Rule arm64:A/6. */
export function isContextAware(f: Arm64Frame, number: number): boolean {
  return number < f.host.brps && number >= f.host.brps - f.host.ctx;
}

/** Where a register that exists once is kept in the CPU block; -1 if it is made up of others, or constant. */
function singleAt(register: number): number {
  switch (register) {
    case REG.MDSCR_EL1:
      return CPU.mdscr;
    case REG.MDCCINT_EL1:
      return CPU.mdccint;
    case REG.MDCR_EL2:
      return CPU.mdcr;
    case REG.CONTEXTIDR_EL1:
      return CPU.contextidr;
    case REG.CONTEXTIDR_EL2:
      return CPU.contextidrEl2;
    case REG.OSDTRRX_EL1:
    case REG.DBGDTRRX_EL0:
      return CPU.osdtrrx;
    case REG.OSDTRTX_EL1:
    case REG.DBGDTRTX_EL0:
      return CPU.osdtrtx;
    case REG.OSECCR_EL1:
      return CPU.oseccr;
    case REG.OSDLR_EL1:
      return CPU.osdlr;
    case REG.DBGPRCR_EL1:
      return CPU.dbgprcr;
    case REG.DBGCLAIMCLR_EL1:
      return CPU.dbgclaim;
    default:
      return -1;
  }
}

function keptOf(f: Arm64Frame, kind: Kind, number: number): KeptBits {
  const { kept } = f.host.model;
  switch (kind) {
    case KIND.bcr:
      return kept.bcr;
    case KIND.bvr:
      return isContextAware(f, number) ? kept.contextBvr : kept.bvr;
    case KIND.wcr:
      return kept.wcr;
    default:
      return kept.wvr;
  }
}

/** Bits that a register of a RES0 table keeps, low word; the high word is 0. */
const KEPT_LOW = new Map<number, number>([
  [REG.OSDTRRX_EL1, -1],
  [REG.OSDTRTX_EL1, -1],
  [REG.DBGDTRRX_EL0, -1],
  [REG.DBGDTRTX_EL0, -1],
  [REG.OSECCR_EL1, -1],
  [REG.OSDLR_EL1, 1],
  [REG.DBGPRCR_EL1, 1],
]);

/**
 * The third outcome of a link to a breakpoint that cannot be linked to: the hardware links to another one, and a
 * read of LBN shows which. Rule arm64:A/12.
 */
function settleLink(f: Arm64Frame, register: number): void {
  const kind = register >> 4;
  const links = kind === KIND.bcr
    ? ((f.lo >>> BT.shift) & BT.mask) === LINKED_ADDRESS
    : ((f.lo >>> WT.shift) & WT.mask) !== 0;
  const lbn = (f.lo >>> LBN.shift) & LBN.mask;
  if (!links || isContextAware(f, lbn)) return;
  const other = f.host.brps - f.host.ctx;
  f.lo = (f.lo & ~(LBN.mask << LBN.shift)) | other << LBN.shift;
  if (f.sink === null) return;
  reportUnpredictable(f, {
    what: `${
      ARM64_REGISTERS.byId(register).name
    } links to breakpoint ${lbn}, which is not context-aware or not there`,
    outcome: `it links to breakpoint ${other}`,
    rule: "arm64:A/12.2",
  });
}

function writeNumbered(f: Arm64Frame, register: number): void {
  const kind = (register >> 4) as Kind;
  const number = register & 15;
  if (number >= physicalCount(f, kind)) return;
  const { model, unpredictable } = f.host;
  const kept = keptOf(f, kind, number);
  f.lo &= kept.lo;
  f.hi &= kept.hi;
  if (kind === KIND.bcr && model.basInPairs) {
    const even = f.lo & BAS_EVEN;
    f.lo = (f.lo & ~(BAS_EVEN << 1)) | even << 1;
  }
  if (
    unpredictable === "other" && (kind === KIND.bcr || kind === KIND.wcr) &&
    f.host.ctx > 0
  ) settleLink(f, register);
  const at = f.cpu + CPU.hw + 2 * register;
  f.w[at] = f.lo;
  f.w[at + 1] = f.hi;
  if (
    model.watchpointUnit === "listed" &&
    (kind === KIND.wcr || kind === KIND.wvr)
  ) relistWatchpoint(f, number);
}

function store(f: Arm64Frame, at: number, lo: number, hi: number): void {
  f.w[f.cpu + at] = lo;
  f.w[f.cpu + at + 1] = hi;
}

/** What a write makes of one word of MDSCR_EL1. Bits that only the OS lock makes writable keep their value without it. */
function writtenMdscr(
  f: Arm64Frame,
  { old, value, half }: { old: number; value: number; half: keyof KeptBits },
): number {
  const { mdscr, mdscrLocked } = f.host.model.kept;
  const writable = f.w[f.cpu + CPU.osLock] === 0 ? mdscr : mdscrLocked;
  return (value & writable[half]) |
    (old & mdscrLocked[half] & ~writable[half]);
}

/**
 * Writes the transfer register to a physical register, which keeps what the CPU keeps of it. The number of a
 * breakpoint or watchpoint that the machine does not have is ignored, as is a register that cannot be written.
 *
 * Rules arm64:A/2 to arm64:A/5.
 */
export function writePhysical(f: Arm64Frame, register: number): void {
  if (register < NUMBERED_MAX) {
    writeNumbered(f, register);
    return;
  }
  const { model } = f.host;
  switch (register) {
    case REG.MDSCR_EL1: {
      const at = f.cpu + CPU.mdscr;
      store(
        f,
        CPU.mdscr,
        writtenMdscr(f, { old: f.w[at], value: f.lo, half: "lo" }),
        writtenMdscr(f, { old: f.w[at + 1], value: f.hi, half: "hi" }),
      );
      return;
    }
    case REG.MDCCINT_EL1: {
      const { mdccint } = model.kept;
      store(f, CPU.mdccint, f.lo & mdccint.lo, f.hi & mdccint.hi);
      return;
    }
    case REG.CONTEXTIDR_EL1:
    case REG.CONTEXTIDR_EL2: {
      const { contextidr } = model.kept;
      const at = singleAt(register);
      store(f, at, f.lo & contextidr.lo, f.hi & contextidr.hi);
      return;
    }
    case REG.MDCR_EL2:
      store(f, CPU.mdcr, f.lo, f.hi);
      return;
    case REG.OSLAR_EL1:
      f.w[f.cpu + CPU.osLock] = f.lo & 1;
      return;
    case REG.DBGCLAIMSET_EL1:
      store(f, CPU.dbgclaim, f.w[f.cpu + CPU.dbgclaim] | f.lo & CLAIM_TAGS, 0);
      return;
    case REG.DBGCLAIMCLR_EL1:
      store(f, CPU.dbgclaim, f.w[f.cpu + CPU.dbgclaim] & ~f.lo, 0);
      return;
    case REG.DBGDTR_EL0:
      // The low word goes out to the debugger, the high word is the other direction's.
      store(f, CPU.osdtrtx, f.lo, 0);
      store(f, CPU.osdtrrx, f.hi, 0);
      return;
    default: {
      const kept = KEPT_LOW.get(register);
      if (kept !== undefined) store(f, singleAt(register), f.lo & kept, 0);
    }
  }
}

/**
 * Reads a physical register into the transfer register. A breakpoint or watchpoint that the machine does not
 * have reads as 0.
 *
 * Rules arm64:A/1, arm64:A/6.
 */
export function readPhysical(f: Arm64Frame, register: number): void {
  const { w } = f;
  if (register < NUMBERED_MAX) {
    const at = f.cpu + CPU.hw + 2 * register;
    f.lo = w[at];
    f.hi = w[at + 1];
    return;
  }
  const single = singleAt(register);
  if (single >= 0) {
    f.lo = w[f.cpu + single];
    f.hi = w[f.cpu + single + 1];
    return;
  }
  f.lo = 0;
  f.hi = 0;
  switch (register) {
    case REG.OSLSR_EL1:
      f.lo = OSLM_IMPLEMENTED |
        (w[f.cpu + CPU.osLock] === 0 ? 0 : OSLSR_OSLK);
      return;
    case REG.DBGCLAIMSET_EL1:
      f.lo = CLAIM_TAGS;
      return;
    case REG.DBGAUTHSTATUS_EL1:
      f.lo = f.host.model.dbgauthstatus;
      return;
    case REG.DBGDTR_EL0:
      f.lo = w[f.cpu + CPU.osdtrrx];
      f.hi = w[f.cpu + CPU.osdtrtx];
      return;
    case REG.ID_AA64DFR0_EL1:
      physicalDfr0(f);
      return;
    case REG.ID_DFR0_EL1:
      f.lo = f.host.model.idDfr0;
      return;
    default:
      // MDRAR_EL1: no ROM table. MDCCSR_EL0: both directions are empty. ID_AA64DFR1_EL1: no Armv8.9.
  }
}

/**
 * ID_AA64DFR0_EL1 of a machine: its model's, in which the counts are 0, with the counts minus one. Rule arm64:A/6.
 */
export function machineDfr0(
  { model, brps, ctx, wrps }: Arm64Host,
): RegisterWords {
  return {
    lo: model.dfr0.lo | (brps - 1) << BRPS.shift | (wrps - 1) << WRPS.shift |
      (ctx - 1) << CTX_CMPS.shift,
    hi: model.dfr0.hi,
  };
}

/** The same, into the transfer register. */
export function physicalDfr0(f: Arm64Frame): void {
  const { lo, hi } = machineDfr0(f.host);
  f.lo = lo;
  f.hi = hi;
}
