/**
 * Breakpoint numbers: the same for guest and hardware, or renumbered so that the guest's context-aware
 * breakpoints are context-aware in hardware too.
 *
 * @module
 */
import { type Move, setWord } from "../../moves.ts";
import { warn } from "../../reports.ts";
import { VCPU_BASE } from "../../rules.ts";
import { join64 } from "../../word64.ts";
import { PAIRS_MAX, VCPU, VM } from "../blocks.ts";
import { type RegisterRoute, reportRegister, setRegister } from "../moves.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { KIND, type Kind, numberedId } from "../registers/ids.ts";
import type { KvmFrame, Numbering } from "./kernel.ts";

/** No such number: the kernel's INV. */
export const INVALID = -1;

const BRPS = ID_AA64DFR0.word("BRPs");
const WRPS = ID_AA64DFR0.word("WRPs");
const CTX_CMPS = ID_AA64DFR0.word("CTX_CMPs");
/** LBN lies in the same bits of DBGBCR and DBGWCR. */
const { shift: LBN_SHIFT, mask: LBN_MASK } = DBGBCR.word("LBN");
const LBN_BITS = LBN_MASK << LBN_SHIFT;

// Offsets and kinds that every access uses, as constants of this module: what is imported costs look-ups each time.
const { emulate: EMULATE, physicalOf: PHYSICAL_OF, virtualOf: VIRTUAL_OF } = VM;
const { bcr: BCR, bvr: BVR, wcr: WCR, wvr: WVR } = KIND;
const { ranOnce: RAN_ONCE } = VCPU_BASE;

const EMULATES: Move = {
  cause: "decide",
  to: ["vm", "emulate"],
  from: null,
  rule: "arm64:D3",
};
const MOVED: RegisterRoute = { cause: "convert", to: "guest", from: "guest" };
const CLEARED: RegisterRoute = { cause: "convert", to: "guest", from: null };
/** By whose operand is converted. */
const CONVERTED: Readonly<Record<"program" | "user", RegisterRoute>> = {
  program: { cause: "convert", to: "program", from: null },
  user: { cause: "convert", to: "user", from: null },
};

/** Guest numbers are physical numbers; nothing is checked or converted. */
export const sameNumbers: Numbering = {
  firstRun: () => {},
  trapsAlways: () => false,
  guestSlot: (_f, _kind, number) => number,
  userSlot: (_f, _kind, number) => number,
  toHardware: () => {},
  toGuest: () => {},
  convertsForUser: () => false,
};

/** Field B: highest breakpoint number of the guest. */
function guestBrps(f: KvmFrame): number {
  return (f.w[f.vm + VM.dfr0] >>> BRPS.shift) & BRPS.mask;
}

/** Field: highest watchpoint number of the guest. */
function guestWrps(f: KvmFrame): number {
  return (f.w[f.vm + VM.dfr0] >>> WRPS.shift) & WRPS.mask;
}

/** nv: lowest context-aware number of the guest. Rule arm64:D/1. */
export function firstVirtualContext(f: KvmFrame): number {
  const ctx = (f.w[f.vm + VM.dfr0] >>> CTX_CMPS.shift) & CTX_CMPS.mask;
  return guestBrps(f) - ctx;
}

/** np: lowest context-aware number of the machine. Rule arm64:D/1. */
export function firstPhysicalContext(f: KvmFrame): number {
  return f.host.brps - f.host.ctx;
}

/** Rules arm64:D6 to arm64:D9, in their order. */
function decidePhysical(f: KvmFrame, virtual: number): number {
  if (virtual > guestBrps(f)) return INVALID;
  if (f.w[f.vm + EMULATE] === 0) return virtual;
  const nv = firstVirtualContext(f);
  if (virtual < nv) return virtual;
  const np = firstPhysicalContext(f);
  if (nv >= np) {
    warn(f, `virtual ${virtual} is renumbered without need`, "arm64:D9");
  }
  return np + (virtual - nv);
}

/** Rules arm64:D10 to arm64:D13, in their order. */
function decideVirtual(f: KvmFrame, physical: number): number {
  if (f.w[f.vm + EMULATE] === 0) return physical;
  const nv = firstVirtualContext(f);
  if (physical < nv) return physical;
  const np = firstPhysicalContext(f);
  if (physical < np) return INVALID;
  const virtual = nv + (physical - np);
  return virtual > guestBrps(f) ? INVALID : virtual;
}

/** Makes the tables of the numbering anew: the ID register or the need to emulate has changed. */
export function renumber(f: KvmFrame): void {
  for (let n = 0; n < PAIRS_MAX; n++) {
    f.w[f.vm + PHYSICAL_OF + n] = decidePhysical(f, n);
    f.w[f.vm + VIRTUAL_OF + n] = decideVirtual(f, n);
  }
}

/**
 * Physical number of a guest breakpoint.
 *
 * @param virtual 0-based, 0 to 15
 * @returns 0-based, or INVALID past the guest's own, whether or not a renumbering is in force
 *
 * Source: patch 13 of the series of 2022, virt_to_phys_bpn(). Rules arm64:D6-D9.
 */
export function physicalBreakpoint(f: KvmFrame, virtual: number): number {
  return f.w[f.vm + PHYSICAL_OF + virtual];
}

/**
 * Guest number of a physical breakpoint.
 *
 * @param physical 0-based, 0 to 15
 * @returns 0-based, or INVALID for one that no guest number means
 *
 * Source: patch 13 of the series of 2022, phys_to_virt_bpn(). Rules arm64:D10-D13.
 */
export function virtualBreakpoint(f: KvmFrame, physical: number): number {
  return f.w[f.vm + VIRTUAL_OF + physical];
}

/**
 * The physical number that an invalid link is sent to: the last normal one, free when a renumbering is in
 * force. Sixteen numbers fit the field, so -1 becomes 15. Rule arm64:D14.
 */
function unusedBreakpoint(f: KvmFrame): number {
  if (f.w[f.vm + EMULATE] === 0) {
    warn(f, "an unused breakpoint is asked for without emulation", "arm64:D14");
  }
  return (firstPhysicalContext(f) - 1) & LBN_MASK;
}

/** Whether the value of such a register names a linked breakpoint. */
function hasLink(kind: Kind): boolean {
  return kind === BCR || kind === WCR;
}

/**
 * Converts a control value's linked number to the physical one, whatever its type and enable say.
 * Works on the transfer register. Rules arm64:D15, arm64:D17, arm64:D20, arm64:D22.
 */
export function linkToHardware(f: KvmFrame): void {
  const linked = (f.lo >>> LBN_SHIFT) & LBN_MASK;
  let physical = physicalBreakpoint(f, linked);
  if (physical < 0) physical = unusedBreakpoint(f);
  f.lo = (f.lo & ~LBN_BITS) | (physical << LBN_SHIFT);
}

/** Converts a control value's linked number back to the guest's. Rules arm64:D16, arm64:D18. */
export function linkToGuest(f: KvmFrame): void {
  const linked = (f.lo >>> LBN_SHIFT) & LBN_MASK;
  let virtual = virtualBreakpoint(f, linked);
  if (virtual < 0) virtual = 0;
  f.lo = (f.lo & ~LBN_BITS) | (virtual << LBN_SHIFT);
}

/**
 * Converts the linked number of a control value in the transfer register to the physical one, and reports it if it
 * is another. Rules arm64:D15, arm64:D22.
 *
 * @param register the register that is written, by the writer's number
 * @param space whose operand the value is
 */
export function convertLink(
  f: KvmFrame,
  register: number,
  space: "program" | "user",
): void {
  // What reports is a function of its own, so that V8 compiles what every access does into one.
  if (f.sink === null) f.kernel.numbering.toHardware(f, register >> 4 as Kind);
  else convertReported(f, register, space);
}

function convertReported(
  f: KvmFrame,
  register: number,
  space: "program" | "user",
): void {
  const { lo, hi } = f;
  const kind = (register >> 4) as Kind;
  f.kernel.numbering.toHardware(f, kind);
  if (lo === f.lo) return;
  reportRegister(
    f,
    join64(lo, hi),
    join64(f.lo, f.hi),
    CONVERTED[space],
    register,
    kind === BCR ? "arm64:D15" : "arm64:D22",
  );
}

/** Index of a slot's low word in the guest's own set. */
function slotAt(f: KvmFrame, kind: Kind, slot: number): number {
  return f.vcpu + VCPU.guest + 2 * numberedId(kind, slot);
}

/** Stores the transfer register in a slot of the guest's set, telling where it came from. */
function moveTo(
  f: KvmFrame,
  kind: Kind,
  { slot, source }: { slot: number; source: number },
): void {
  const at = slotAt(f, kind, slot);
  const to = numberedId(kind, slot);
  const from = numberedId(kind, source);
  setRegister(f, at, f.lo, f.hi, MOVED, to, "arm64:D23", from);
}

function clearSlot(f: KvmFrame, kind: Kind, slot: number): void {
  const at = slotAt(f, kind, slot);
  setRegister(f, at, 0, 0, CLEARED, numberedId(kind, slot), "arm64:D25");
}

function readSlot(f: KvmFrame, kind: Kind, slot: number): void {
  const at = slotAt(f, kind, slot);
  f.lo = f.w[at];
  f.hi = f.w[at + 1];
}

/**
 * Moves a vCPU's values from guest numbers to physical numbers, top down: a physical number is never below
 * its virtual one, so each slot was read before it is overwritten. Rules arm64:D23-D25.
 */
function convertBanks(f: KvmFrame): void {
  for (let virtual = 15; virtual >= 0; virtual--) {
    const physical = physicalBreakpoint(f, virtual);
    if (physical !== INVALID) {
      readSlot(f, BCR, virtual);
      linkToHardware(f);
      moveTo(f, BCR, { slot: physical, source: virtual });
      readSlot(f, BVR, virtual);
      moveTo(f, BVR, { slot: physical, source: virtual });
      if (physical < virtual) {
        warn(f, `breakpoint ${virtual} converts downwards`, "arm64:D24");
      }
    }
    if (physical !== virtual) {
      clearSlot(f, BCR, virtual);
      clearSlot(f, BVR, virtual);
    }
    readSlot(f, WCR, virtual);
    linkToHardware(f);
    moveTo(f, WCR, { slot: virtual, source: virtual });
  }
}

/**
 * Context-aware breakpoints keep their place at the top: the guest's highest numbers mean the machine's
 * highest, and every access traps once a VM needs that. Source: patches 12 to 14 of the series of 2022.
 */
export const contextAwareLast: Numbering = {
  /** Rules arm64:D1-D3, arm64:D5: per VM the flag, per vCPU the conversion. */
  firstRun(f) {
    if (firstVirtualContext(f) >= firstPhysicalContext(f)) return;
    setWord(f, f.vm + EMULATE, 1, EMULATES);
    renumber(f);
    convertBanks(f);
  },
  trapsAlways: (f) => f.w[f.vm + EMULATE] !== 0,
  /** Rules arm64:D27, arm64:D29; WVR is not checked: arm64:D30. */
  guestSlot(f, kind, number) {
    switch (kind) {
      case BCR:
      case BVR:
        return physicalBreakpoint(f, number);
      case WCR:
        return number > guestWrps(f) ? INVALID : number;
      case WVR:
        return number;
      default:
        return kind satisfies never;
    }
  },
  /** Rule arm64:D/7, D32: by guest number and unchecked before the first run, converted after it. */
  userSlot(f, kind, number) {
    if (f.w[f.vcpu + RAN_ONCE] === 0) return number;
    return kind === BCR || kind === BVR
      ? physicalBreakpoint(f, number)
      : number;
  },
  toHardware(f, kind) {
    if (hasLink(kind)) linkToHardware(f);
  },
  toGuest(f, kind) {
    if (hasLink(kind)) linkToGuest(f);
  },
  convertsForUser: (f) => f.w[f.vcpu + RAN_ONCE] !== 0,
};
