/**
 * Hardware models: what a CPU does where it is not just the architecture, as data with reasons.
 *
 * @module
 */

/** Who made the CPU, and with it which virtualization extension it has. */
export type Vendor = "vmx" | "svm";

/** The vendors, the default first. */
export const VENDORS: readonly Vendor[] = ["vmx", "svm"];

/** One CPU. KVM's rules look only at what KVM itself asks the CPU for: the two features. */
export interface X86Model {
  /** As the language spells it. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** The vendors whose CPU this can be. */
  readonly vendors: readonly Vendor[];
  /** SVM: an exit for a DR access names the general-purpose register. Rule x86:A/6. */
  readonly decodeAssists: boolean;
  /** SVM: an exit saves the address of the next instruction. Rule x86:H/1. */
  readonly nextRip: boolean;
  /** Bits that MOV to DR6 keeps, beside the features that the guest was given. */
  readonly movDr6Keeps: number;
  /** DR6 has the RTM and BLD bits where the guest has the features. Rule x86:A/3. */
  readonly statusFeatures: boolean;
  /** Bits that MOV to DR7 keeps. Rule x86:A/2. */
  readonly movDr7Keeps: Readonly<Record<Vendor, number>>;
  /** Bits that the VMX entry keeps of GUEST_DR7, or VMRUN of the VMCB's DR7. Rule x86:A/2. */
  readonly entryDr7Keeps: Readonly<Record<Vendor, number>>;
  /** VMRUN loads DR6 as it is, reserved bits and all. */
  readonly entryDr6Raw: boolean;
  /** B0 to B3 also tell of slots that match but are not enabled. Rule x86:A/3. */
  readonly reportsDisabled: boolean;
  /** MOV SS holds debug traps for one instruction. Rule x86:A7. */
  readonly movSsHolds: boolean;
  /** So does one right after another; only for the first of a sequence it is guaranteed. Intel SDM vol. 2B, MOV. */
  readonly movSsHoldsAgain: boolean;
  /** A fault that the CPU raises itself pushes RF=1. Rule x86:A16. */
  readonly faultsPushRf: boolean;
  /** So does a trap between two iterations of a string instruction; else it pushes RF=0. Rule x86:A/7.2. */
  readonly iterationsSetRf: boolean;
  /** INS and OUTS with REP exit also where RCX is 0. Rule x86:A/7.4. */
  readonly emptyStringExits: boolean;
  /** A step is due after SYSCALL and SYSRET by the TF that they leave; else by the one before. Rule x86:A/10.2. */
  readonly callsStepByNewTf: boolean;
  /** SVM: a DR intercept comes before DR7.GD's #DB. Rule x86:H/1. */
  readonly interceptBeforeGd: boolean;
  /** VMX: an instruction that exits with TF=1 leaves its step trap pending. */
  readonly exitLeavesStep: boolean;
  /**
   * Slots that are not enabled and match a data access are reported with the next #DB, or saved by an exit as a
   * pending debug exception, which the entry then raises. Any exception drops them, and so does an instruction boundary
   * with TF set or with an execute slot, enabled or not, in the page of RIP.
   */
  readonly disabledStays: boolean;
  /**
   * The execute slots at RIP that a #DB at an instruction boundary tells: those that are enabled; where one is enabled,
   * all, if RF lets them match; or all, whatever DR7 and RF say.
   */
  readonly boundaryTells: "enabled" | "armed" | "all";
  /** Execute slots compare the range that LENn gives. Undefined by the manuals. */
  readonly executeRange: boolean;
  /** VMX: an exit for an access that nothing answers saves RF=1. Intel SDM vol. 3C 27.3.3. */
  readonly accessExitSetsRf: boolean;
  /** An exception drops the traps that the shadow of MOV SS holds. Rule x86:A7. */
  readonly exceptionDropsHeld: boolean;
  /** INT1 (opcode F1) tells BS if TF is set, and what is held and latent. Rule x86:A/5. */
  readonly icebpTellsTraps: boolean;
  /** INT1 (opcode F1), delivered by the CPU, clears DR7.GD. Rule x86:A5. */
  readonly icebpClearsGd: boolean;
  /** An access that is not aligned is compared at its own bytes, or as QEMU splits it. */
  readonly unaligned: "bytes" | "split";
  /** SVM: RIP survives an entry that the CPU refuses. Rule x86:A/6.2. */
  readonly refusedEntryKeepsRip: boolean;
  /** DR7.GD makes an access to a debug register a #DB. Rule x86:A/1. */
  readonly generalDetect: boolean;
  /** INT1 (opcode F1) is an instruction; else it raises #UD. */
  readonly icebpDefined: boolean;
  /** Where MOV SS holds traps: its own step trap is lost instead. */
  readonly movSsLosesStep: boolean;
  /** SVM: INT3 is intercepted where #BP is. Rule x86:A/6. */
  readonly int3Intercepted: boolean;
  /** MOV DR tests the privilege level before CR4.DE, for DR4 and DR5. Rule x86:A5. */
  readonly levelBeforeAlias: boolean;
  /** What a vector is multiplied by in the error code of a software interrupt that its gate refuses. Rule x86:A/5. */
  readonly gateErrorScale: 8 | 16;
  /** The entry sets bit 10 of DR7, which always reads as 1. Rule x86:A/2. */
  readonly entryDr7Fixed: boolean;
  /** SVM: the entry arms the breakpoints that DR7 enables; else only a MOV to DR7 does. Rule x86:A/6. */
  readonly entryArms: boolean;
  /**
   * RF goes when an instruction has completed, or only after one that ends a block of translated code; INT3 and INT n
   * push RF as 0, or as it stands. Rules x86:A1, x86:A16.
   */
  readonly rfEnds: "instruction" | "block";
  /** DEBUGCTL.BTF has an effect. Rule x86:A20. */
  readonly branchSteps: boolean;
  /** DEBUGCTL.BLD has an effect. Rule x86:A21. */
  readonly busLockTraps: boolean;
  /** SVM: the CPU has LBR virtualization, which KVM turns on with DEBUGCTL.LBR. Rule x86:A/6.8. */
  readonly lbrVirtualization: boolean;
}

/** Bits of DR7's low word that are not reserved as 0: bit 11, RTM, is Intel's alone. Rule x86:A/2. */
const DR7_DEFINED = { vmx: 0xffff_2fff | 0, svm: 0xffff_27ff | 0 } as const;

/** The architecture's own CPU. Rules x86:A/1 to x86:A/6. */
const ARCHITECTURE: X86Model = {
  name: "architecture",
  about: "what the manuals say",
  vendors: ["vmx", "svm"],
  decodeAssists: true,
  nextRip: true,
  movDr6Keeps: 0xe00f,
  statusFeatures: true,
  movDr7Keeps: DR7_DEFINED,
  entryDr7Keeps: DR7_DEFINED,
  entryDr6Raw: false,
  reportsDisabled: false,
  movSsHolds: true,
  movSsHoldsAgain: true,
  faultsPushRf: true,
  iterationsSetRf: true,
  emptyStringExits: false,
  callsStepByNewTf: true,
  interceptBeforeGd: false,
  exitLeavesStep: false,
  disabledStays: false,
  boundaryTells: "enabled",
  executeRange: false,
  accessExitSetsRf: true,
  exceptionDropsHeld: false,
  icebpTellsTraps: false,
  icebpClearsGd: true,
  unaligned: "bytes",
  refusedEntryKeepsRip: true,
  generalDetect: true,
  icebpDefined: true,
  movSsLosesStep: false,
  int3Intercepted: true,
  levelBeforeAlias: false,
  gateErrorScale: 8,
  entryDr7Fixed: true,
  entryArms: true,
  rfEnds: "instruction",
  branchSteps: true,
  busLockTraps: true,
  lbrVirtualization: true,
};

/** EPYC under QEMU 7.2 TCG, its SVM fixed for debug registers: what the kvm-amd recordings ran on. */
const TCG: X86Model = {
  ...ARCHITECTURE,
  name: "tcg",
  about: "EPYC under QEMU 7.2 TCG, stand-in of the kvm-amd recordings",
  vendors: ["svm"],
  // Its CPUID has neither feature, and its exits carry neither operand nor next address.
  decodeAssists: false,
  nextRip: false,
  // It has no transactions and no bus lock detection.
  statusFeatures: false,
  // VMRUN loads both registers as they are, except for bit 10.
  entryDr7Keeps: { ...DR7_DEFINED, svm: -1 },
  entryDr6Raw: true,
  // check_hw_breakpoints() compares the execute slots with EIP, and tests enable bits only to decide on a #DB
  // (target/i386/tcg/sysemu/bpt_helper.c).
  boundaryTells: "all",
  // It ends the translation block at MOV SS and traps right away.
  movSsHolds: false,
  // It pushes the flags as they stand.
  faultsPushRf: false,
  // Each iteration is an instruction for it, and it looks at the I/O intercept before RCX.
  iterationsSetRf: false,
  emptyStringExits: true,
  // It tests the intercept while it translates, and DR7.GD only when the access executes.
  interceptBeforeGd: true,
  // It raises INT1 by the path of every other #DB, except for DR6.
  icebpClearsGd: true,
  // Its memory accesses compare a store from the start of the page on, and a load as the two aligned ones around it.
  unaligned: "split",
  // #VMEXIT saves a RIP whose low 12 bits are those of its own code.
  refusedEntryKeepsRip: false,
  // It tests the level while it translates, and CR4.DE in helper_get_dr() and helper_set_dr().
  levelBeforeAlias: true,
  // do_interrupt64() raises #GP with intno * 16 + 2 (target/i386/tcg/seg_helper.c).
  gateErrorScale: 16,
  // helper_wrmsr() ignores DEBUGCTL and helper_rdmsr() reads 0; CPUID has no LBR virtualization.
  branchSteps: false,
  busLockTraps: false,
  lbrVirtualization: false,
};

/**
 * EPYC under QEMU 7.2 as Debian has it: what `deno task kvm` records kvm-amd on. A guest's MOV to DR7 arms breakpoints in
 * the emulator, which stay over exits and entries as they were; the model takes none of them for armed.
 */
const TCG_STOCK: X86Model = {
  ...TCG,
  name: "tcg-stock",
  about:
    "EPYC under unchanged QEMU 7.2 TCG: no DR7.GD, no breakpoints after VMRUN",
  // helper_set_dr() keeps every bit of DR7 and bits 15:12 of DR6.
  movDr6Keeps: 0xf00f,
  movDr7Keeps: { ...DR7_DEFINED, svm: -1 },
  // It tests DR7.GD nowhere.
  generalDetect: false,
  // The code of opcode F1 is left out: #ifdef WANT_ICEBP (target/i386/tcg/translate.c).
  icebpDefined: false,
  // do_interrupt_all() checks the intercepts of exceptions, and a software interrupt is none.
  int3Intercepted: false,
  // gen_eob_inhibit_irq() ends the block without the step trap.
  movSsHolds: true,
  movSsLosesStep: true,
  // VMRUN loads the VMCB's DR7 as it is, and arms nothing (target/i386/tcg/sysemu/svm_helper.c).
  entryDr7Fixed: false,
  entryArms: false,
  // gen_eob() resets RF, which is the end of a block of translated code.
  rfEnds: "block",
};

/** Bochs 2.7's Skylake-X with VMX: what the kvm-intel recordings ran on. */
const BOCHS: X86Model = {
  ...ARCHITECTURE,
  name: "bochs",
  about: "Skylake-X of Bochs 2.7, stand-in of the kvm-intel recordings",
  vendors: ["vmx"],
  // inhibit_interrupts() does nothing while the shadow of another MOV SS is there.
  movSsHoldsAgain: false,
  // It has no transactions and no bus lock detection.
  statusFeatures: false,
  // VM entry clears bits 14 and 15 only; bit 12 stays.
  entryDr7Keeps: { ...DR7_DEFINED, vmx: 0xffff_3fff | 0 },
  // It compares all four slots once an enabled one matched.
  reportsDisabled: true,
  // It saves its step trap as a pending debug exception with every exit and delivers it after the entry.
  exitLeavesStep: true,
  // It looks at the matches of an access only once it handles an event.
  disabledStays: true,
  boundaryTells: "armed",
  executeRange: true,
  accessExitSetsRf: false,
  // It notes by itself that an instruction repeats.
  iterationsSetRf: false,
  // It looks at TF before each instruction.
  callsStepByNewTf: false,
  // It clears its one word of debug traps at every exception, and INT1 takes its exit's cause from there.
  exceptionDropsHeld: true,
  icebpTellsTraps: true,
  // It keeps DEBUGCTL in the VMCS alone.
  branchSteps: false,
  busLockTraps: false,
};

/** The hardware models by name. */
export const X86_MODELS = {
  architecture: ARCHITECTURE,
  tcg: TCG,
  "tcg-stock": TCG_STOCK,
  bochs: BOCHS,
} as const satisfies Record<string, X86Model>;

/** Name of a hardware model. */
export type X86ModelName = keyof typeof X86_MODELS;
