/**
 * Hardware models: what a CPU does where it is not just the architecture, as data with reasons.
 *
 * @module
 */
import { REG } from "../registers/ids.ts";

/** Two words of a 64-bit value, low first. */
export interface KeptBits {
  /** Bits 31 to 0. */
  readonly lo: number;
  /** Bits 63 to 32. */
  readonly hi: number;
}

/** One CPU. KVM's rules never look at it, except for what KVM itself reads from the CPU. */
export interface HardwareModel {
  /** As the language spells it. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** FEAT_VHE: a host kernel can run at EL2, and VMIDs can have 16 bits. Rules arm64:A/5.2, arm64:E/1.7. */
  readonly vhe: boolean;
  /** FEAT_S2FWB: stage 2 decides what is cached, so that KVM need not see the guest turn its caches on. Rule arm64:E/1.38. */
  readonly stage2Fwb: boolean;
  /** FEAT_IDST: a read of an ID register at EL0 is trapped to EL1 with EC 0x18; without it, it is UNDEFINED. Rule arm64:A/1.1. */
  readonly idst: boolean;
  /** FEAT_RAS: KVM says what the syndrome of a virtual SError is. Rule arm64:A/17.3. */
  readonly ras: boolean;
  /** The syndrome of a trapped MSR (immediate) has op1 and op2 in each other's place. Rule arm64:A/1.2. */
  readonly swapsImmediateOps: boolean;
  /** PMU event counters, from which KVM takes MDCR_EL2.HPMN. Rule arm64:B8. */
  readonly pmuCounters: number;
  /** ID_AA64DFR0_EL1 except BRPs, CTX_CMPs and WRPs, which are the machine's. Rule arm64:A/6. */
  readonly dfr0: KeptBits;
  /** ID_DFR0_EL1, the AArch32 counterpart. */
  readonly idDfr0: number;
  /** DBGAUTHSTATUS_EL1, which KVM shows to a guest as it is. Rule arm64:A/15. */
  readonly dbgauthstatus: number;
  /** Bits that a register keeps when software writes it. */
  readonly kept: {
    readonly bcr: KeptBits;
    /** A value register of a breakpoint that only compares addresses. */
    readonly bvr: KeptBits;
    /** A value register of a context-aware breakpoint. */
    readonly contextBvr: KeptBits;
    readonly wcr: KeptBits;
    readonly wvr: KeptBits;
    readonly mdscr: KeptBits;
    /** While the OS lock is set, the bits that save external debug state can be written too; else they are read-only. Rule arm64:A/2. */
    readonly mdscrLocked: KeptBits;
    readonly mdccint: KeptBits;
    readonly contextidr: KeptBits;
  };
  /** MDSCR_EL1.TDCC traps EL0's accesses to the debug communications channel to EL1. Rule arm64:A/14. */
  readonly tdccTraps: boolean;
  /** DBGBCR BAS[3] and BAS[1] are copies of BAS[2] and BAS[0]. Rule arm64:A/3. */
  readonly basInPairs: boolean;
  /** Registers that do not exist: an access is UNDEFINED, and never traps. */
  readonly missing: readonly number[];
  /** Breakpoint types (BT) that generate events of their own, a bit each. Rule arm64:A/3. */
  readonly eventTypes: number;
  /** Breakpoint types (BT) that can be linked to, a bit each. Rule arm64:A/12. */
  readonly linkTypes: number;
  /** Half of DBGBVR that a CONTEXTIDR_EL2 comparison uses. Rule arm64:A/11. */
  readonly contextEl2Half: "high" | "low";
  /** A combination of HMC, SSC and PxC that is not allocated disables; else each field is taken for itself. Rule arm64:A/10. */
  readonly reservedFilterDisables: boolean;
  /** How watchpoints are kept and compared: by number, or in a list in the order of their last write. */
  readonly watchpointUnit: "numbered" | "listed";
  /** A step that has begun ends in its exception even if the instruction switched stepping off. Rule arm64:A/13. */
  readonly stepIsFinal: boolean;
}

const ALL: KeptBits = { lo: -1, hi: -1 };
const NONE: KeptBits = { lo: 0, hi: 0 };
/** All but bits 1:0. */
const WORD_ALIGNED: KeptBits = { lo: ~3, hi: -1 };

/** DebugVer 9 (Armv8.4), PMUVer 6 (Armv8.5). */
const DFR0_V8_4: KeptBits = { lo: 0x0609, hi: 0 };

/** CopDbg 9 (Armv8.4), MMapTrc 1, PerfMon 6 (Armv8.5). */
const ID_DFR0_V8_4 = 0x601_0009;

/** Invasive and non-invasive debug, Secure and not, implemented and enabled: every pair of bits 0b11. */
const AUTH_ALL = 0xff;

const architecture: HardwareModel = {
  name: "architecture",
  about: "what the Arm architecture says: reserved bits read as zero",
  vhe: true,
  stage2Fwb: true,
  // From Armv8.4 on.
  idst: true,
  // From Armv8.2 on.
  ras: true,
  swapsImmediateOps: false,
  pmuCounters: 6,
  dfr0: DFR0_V8_4,
  idDfr0: ID_DFR0_V8_4,
  dbgauthstatus: AUTH_ALL,
  kept: {
    // BT, LBN, SSC, HMC, BAS, PMC, E.
    bcr: { lo: 0x00ff_e1e7, hi: 0 },
    // The unused top bits (RESS) may keep what was written, and here do.
    bvr: WORD_ALIGNED,
    // Bits that are RES0 for an address only are stored where a context may need them.
    contextBvr: ALL,
    // MASK, WT, LBN, SSC, HMC, BAS, LSC, PAC, E.
    wcr: { lo: 0x1f1f_ffff, hi: 0 },
    wvr: WORD_ALIGNED,
    // MDE, KDE, TDCC, SS.
    mdscr: { lo: 0x0000_b001, hi: 0 },
    // The same, and TFO, RXfull, TXfull, RXO, TXU, INTdis, TDA, SC2, HDE, ERR.
    mdscrLocked: { lo: 0xece8_f041 | 0, hi: 0 },
    mdccint: { lo: 0x6000_0000, hi: 0 },
    // PROCID.
    contextidr: { lo: -1, hi: 0 },
  },
  tdccTraps: true,
  basInPairs: false,
  // Armv8.9 only.
  missing: [REG.MDSELR_EL1],
  // Addresses, and the context types that are not linked; 4 and 5 are AArch32's.
  eventTypes: 0b0101_0101_0100_0111,
  linkTypes: 0b1010_1010_1000_1000,
  contextEl2Half: "high",
  reservedFilterDisables: true,
  watchpointUnit: "numbered",
  stepIsFinal: false,
};

/** The values are those that QEMU 7.2 gives its own model of the CPU: target/arm/cpu64.c. */
const neoverseN1: HardwareModel = {
  ...architecture,
  name: "neoverse-n1",
  about:
    "the architecture of an Arm Neoverse N1: Armv8.2 with SPE, CONTEXTIDR_EL1 writes trap",
  stage2Fwb: false,
  idst: false,
  // DebugVer 8 (Armv8.2), PMUVer 4 (Armv8.1), PMSVer 1.
  dfr0: { lo: 0x0408, hi: 1 },
  // CopDbg and CopSDbg 8 (Armv8.2), MMapTrc 1, PerfMon 4 (Armv8.1).
  idDfr0: 0x401_0088,
};

/** What QEMU 7.2's emulated CPUs have in common. */
const tcg = {
  // daif_check() takes them from the wrong bits (target/arm/helper-a64.c).
  swapsImmediateOps: true,
  pmuCounters: 6,
  // The register does not exist there; KVM's own read of it gives this.
  dbgauthstatus: 0,
  kept: {
    // Its registers are plain 64-bit variables, RES0 or not.
    bcr: ALL,
    bvr: ALL,
    contextBvr: ALL,
    wcr: ALL,
    // The one register whose write clears bits 1:0.
    wvr: WORD_ALIGNED,
    mdscr: ALL,
    mdscrLocked: ALL,
    // An access is a NOP.
    mdccint: NONE,
    contextidr: ALL,
  },
  // Its access checks do not look at the bit.
  tdccTraps: false,
  basInPairs: true,
  missing: [
    REG.OSDTRRX_EL1,
    REG.OSDTRTX_EL1,
    REG.OSECCR_EL1,
    REG.DBGPRCR_EL1,
    REG.DBGCLAIMSET_EL1,
    REG.DBGCLAIMCLR_EL1,
    REG.DBGAUTHSTATUS_EL1,
    REG.DBGDTR_EL0,
    REG.DBGDTRRX_EL0,
    REG.DBGDTRTX_EL0,
    REG.MDSELR_EL1,
  ],
  // Unlinked context, VMID and mismatch types are not implemented: no events.
  eventTypes: 0b0011,
  // Linked Context ID, CONTEXTIDR_EL1 and CONTEXTIDR_EL2; not the VMID types, nor both contexts.
  linkTypes: 1 << 3 | 1 << 7 | 1 << 13,
  // Its comparison takes BVR[31:0] for every type.
  contextEl2Half: "low",
  // It takes PxC, SSC and HMC each for itself, and SSC 0b11 as Non-secure.
  reservedFilterDisables: false,
  // Its core keeps watchpoints in a list, with flags of the last hit, and splits accesses that are not aligned.
  watchpointUnit: "listed",
  // The exception is part of the translated instruction.
  stepIsFinal: true,
} as const;

const max: HardwareModel = {
  ...tcg,
  name: "max",
  about: "QEMU 7.2 TCG, -cpu max",
  vhe: true,
  stage2Fwb: true,
  idst: true,
  ras: true,
  dfr0: DFR0_V8_4,
  idDfr0: ID_DFR0_V8_4,
};

const cortexA57: HardwareModel = {
  ...tcg,
  name: "cortex-a57",
  about: "QEMU 7.2 TCG, -cpu cortex-a57: no VHE, CONTEXTIDR_EL1 writes trap",
  vhe: false,
  stage2Fwb: false,
  idst: false,
  ras: false,
  // DebugVer 6 (Armv8.0), PMUVer 1.
  dfr0: { lo: 0x0106, hi: 0 },
  // PerfMon 3 (Armv8.0).
  idDfr0: 0x301_0006,
};

/** The models; the first is the default. */
export const MODELS: readonly HardwareModel[] = [
  architecture,
  max,
  cortexA57,
  neoverseN1,
];

/**
 * Finds a model.
 *
 * @throws {RangeError} if there is none of that name: names come from `MODELS`
 */
export function modelByName(name: string): HardwareModel {
  const found = MODELS.find((model) => model.name === name);
  if (!found) throw new RangeError(`No hardware model ${name}`);
  return found;
}
