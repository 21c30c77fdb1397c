/**
 * What a VM, a vCPU, its userspace and a physical CPU consist of on arm64, as blocks of words.
 *
 * @module
 */
import { defineBlock, reg64, regs64, word, words } from "../block.ts";
import { CPU_HEADER, VCPU_HEADER } from "../rules.ts";

/** Breakpoint and watchpoint registers that the architecture has room for, of each kind. */
export const PAIRS_MAX = 16;

/** State that all vCPUs of a VM share. */
export const VM = defineBlock({
  /** ID_AA64DFR0_EL1 as KVM answers it. */
  dfr0: reg64(),
  /** ID_DFR0_EL1 as KVM answers it. */
  idDfr0: word(),
  /** Debug registers must be emulated: a renumbering is in force. Never cleared. Rule arm64:D5. */
  emulate: word(),
  /** A vCPU of this VM has run. */
  ranAny: word(),
  /**
   * Tables of the numbering, made anew whenever the two above change: the physical number of each guest number, and
   * back; INVALID where there is none. Rules arm64:D6 to arm64:D13.
   */
  physicalOf: words(PAIRS_MAX),
  virtualOf: words(PAIRS_MAX),
});

/**
 * One bank of breakpoint and watchpoint registers, as in the kernel's `kvm_guest_debug_arch`. The order is
 * that of the register kinds in `registers/ids.ts`, 16 registers each.
 */
const BANK = regs64(4 * PAIRS_MAX);

/** One vCPU: what KVM keeps of the guest, and KVM's own state. */
export const VCPU = defineBlock({
  ...VCPU_HEADER,

  /** The guest's own set (`vcpu_debug_state`), by the number that KVM stores it at. */
  guest: BANK,
  /** Userspace's set (`external_debug_state`), by physical number. */
  external: BANK,
  /** Where bennee-v2 keeps the guest's set while its slots hold userspace's. Rule arm64:C/1. */
  shadow: BANK,

  mdscr: reg64(),
  mdccint: reg64(),
  contextidr: reg64(),
  oslsr: reg64(),
  dbgvcr32: reg64(),

  /** PSTATE as SPSR has it: NZCV, SS 21, D 9, A, I, F, M[4:0]. */
  pstate: word(),
  elr: reg64(),
  spsr: word(),
  esr: reg64(),
  farEl1: reg64(),

  /** Control word of the last KVM_SET_GUEST_DEBUG, 0 when not debugging. */
  guestDebug: word(),
  /** 0: `debug_ptr` is the guest's own set; 1: userspace's. Rule arm64:B1. */
  debugPtr: word(),
  /** The registers need switching on this entry. */
  dirty: word(),
  /** Owner of the debug registers since 6.14: 0 free, 1 host, 2 guest. Rule arm64:E/2.1. */
  owner: word(),
  mdcr: reg64(),
  /** Value of MDCR_EL2 at the last entry; `entered` tells if there was one. */
  mdcrAtEntry: reg64(),
  mdscrAtEntry: reg64(),
  entered: word(),
  /** The guest's MDSCR_EL1 kept while KVM changes it. */
  savedMdscr: reg64(),
  savedSs: word(),
  /** MDSCR_EL1 or PSTATE.SS is kept away right now. */
  preserved: word(),
  /** MDSCR_EL1 of the host-owned case since 6.14. Rule arm64:E/2.5. */
  externalMdscr: reg64(),
  /** The step exception was pending at the last exit. Rule arm64:E/1.9. */
  activePending: word(),

  /** KVM completed an instruction; the PC moves past it at the next entry, or when KVM_RUN returns. */
  incrementPc: word(),
  /** KVM queued an UNDEFINED exception for the next entry, or for when KVM_RUN returns. */
  pendingUndef: word(),
  /** Userspace is to emulate the access that exited; KVM_RUN completes it. */
  mmioPending: word(),
  /** Where the guest goes on after that access, for a kernel that moves the PC when KVM_RUN completes it; else 0. */
  mmioNext: reg64(),

  /** Exit that is being taken or was taken last: exception class, syndrome, fault address. */
  exitClass: word(),
  exitEsr: reg64(),
  exitFar: reg64(),
  /** Which exit KVM_RUN returned with: 0 debug, 1 MMIO. */
  runExit: word(),
  /** `kvm_run.debug.arch`: what userspace reads; `far` is stale except for watchpoints. Rule arm64:B16. */
  runHsr: reg64(),
  runFar: reg64(),
  /** Exceptions recorded by the modelled handler since the program began. */
  exceptions: word(),
  /** Something was executed since the last entry or exception return: ISV of a step syndrome. */
  stepped: word(),
  /** The instruction stepped was a load-exclusive: EX of a step syndrome. */
  steppedExclusive: word(),
  /** The local exclusive monitor: 1 while an address is marked, and that address. Rule arm64:A/16. */
  exclusive: word(),
  exclusiveAddress: reg64(),
  /** SPIs 32 to 63 that are pending for the vCPU, a bit each; an entry gives them to the virtual interface. Rule arm64:E/1.33. */
  spis: word(),
  /** HCR_EL2.VSE: an SError is pending. Rule arm64:E/1.34. */
  serror: word(),
  /** The kind of the exception that the handler is in, or was last: one of `ASYNCHRONOUS`. */
  asynchronous: word(),
  /** The interrupt that the handler has acknowledged. */
  intid: word(),
  /** PSTATE.M + 1 of the vCPU while `el=` holds for an instruction; 0 otherwise. */
  ownMode: word(),
});

/** The debugger in userspace: what it last asked for, so that `user debug break` adds to it. */
export const USER = defineBlock({
  control: word(),
  bank: BANK,
  breakpoints: word(),
  watchpoints: word(),
});

/** One physical CPU: the real registers, and what the host keeps for itself. */
export const CPU = defineBlock({
  ...CPU_HEADER,
  /** The set of a vCPU is in the physical registers: they were switched at the entry. */
  switched: word(),
  /** The physical set, by physical number. */
  hw: BANK,
  /** What the host's registers held when the guest's were loaded. */
  hostSaved: BANK,
  /** The host kernel's own breakpoints, as it has set them. */
  host: BANK,
  hostBreakpoints: word(),
  hostWatchpoints: word(),
  mdscr: reg64(),
  hostMdscr: reg64(),
  mdcr: reg64(),
  hostMdcr: reg64(),
  /** HCR_EL2.TID3: a guest's read of an ID register exits to EL2. */
  tid3: word(),
  /** HCR_EL2.TVM: a guest's write of CONTEXTIDR_EL1 exits to EL2. */
  tvm: word(),
  mdccint: reg64(),
  hostMdccint: reg64(),
  contextidr: reg64(),
  hostContextidr: reg64(),
  contextidrEl2: reg64(),
  osdtrrx: reg64(),
  osdtrtx: reg64(),
  oseccr: reg64(),
  osdlr: reg64(),
  dbgprcr: reg64(),
  dbgclaim: reg64(),
  /** The OS lock of the CPU itself; KVM traps OSLAR_EL1, so that a guest never sets it. */
  osLock: word(),
  /** Order in which a stand-in's watchpoint list has them, and flags of their last hits. */
  watchpointOrder: reg64(),
  watchpointHits: word(),
});
