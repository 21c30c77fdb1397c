/**
 * What a VM, a vCPU, its userspace and a physical CPU consist of on x86, as blocks of words.
 *
 * @module
 */
import type { ExceptionKind } from "../events.ts";
import { defineBlock, reg64, regs64, word } from "../block.ts";
import { CPU_HEADER, VCPU_HEADER } from "../rules.ts";
import { SLOTS } from "./registers/ids.ts";

const ADDRESSES = regs64(SLOTS);

/** State that all vCPUs of a VM share. */
export const VM = defineBlock({
  /** The guest's CPUID has RTM. Rule x86:D3. */
  rtm: word(),
  /** The guest's CPUID has bus lock detection. Rule x86:D3. */
  busLock: word(),
  /** The guest is an SEV-ES guest. Rule x86:D80. */
  protected: word(),
  /** With DebugSwap. Rule x86:D82. */
  debugSwap: word(),
  /** Userspace has enabled KVM_CAP_EXCEPTION_PAYLOAD. Rule x86:D100. */
  exceptionPayload: word(),
  /** IA32_FMASK: flags that SYSCALL clears. Rule x86:A/10. */
  fmask: word(),
  /** Base in the descriptor of the code segment, which 64-bit code ignores. Rule x86:D/17.2. */
  csBase: word(),
});

/** One vCPU: the guest's state, KVM's own, the VMCS or VMCB, and the modelled guest's handler. */
export const VCPU = defineBlock({
  ...VCPU_HEADER,

  rflags: word(),
  cr4: word(),
  /** The program's code is in a segment of 32-bit code, that of handlers never. Rule x86:A/9. */
  code32: word(),
  /** What the instruction before blocks at this boundary: a bit of `SHADOW`, or none. Rules x86:A7, x86:A11. */
  shadow: word(),
  /** Debug traps that hardware holds, as in VMX's pending debug exceptions: active-high bits of DR6. */
  pendingDb: word(),
  /** Interrupts and NMIs: what is pending, blocked and asked for, by the bits of `EVENTS`. */
  events: word(),
  /** SVM: where KVM saw the IRET that may end an NMI. Rule x86:D54. */
  iretRip: reg64(),
  /** A string instruction with REP has begun, and is not complete. */
  repeating: word(),
  /** RCX while it is at work: the iterations that are left. Rule x86:A/7. */
  rcx: word(),
  /** R11 after SYSCALL: the flags that SYSRET loads. Rule x86:A/10. */
  r11: word(),
  /** Slots that are not enabled and matched, which the CPU tells with its next #DB. Only where `disabledStays`. */
  latentDb: word(),

  /** `arch.db`: the guest's DR0 to DR3 as it believes to have written them. */
  db: ADDRESSES,
  /** `arch.eff_db`: what the CPU must hold in the guest. */
  effDb: ADDRESSES,
  /** `arch.dr6`, `arch.dr7`: the guest's. 64 bits, since old kernels let userspace store them. */
  dr6: reg64(),
  dr7: reg64(),
  /** `arch.switch_db_regs`: flags of kvm/constants.ts, or in 2008 the enables of the effective DR7. */
  switchDbRegs: word(),
  /** `guest_debug`: control word of the last KVM_SET_GUEST_DEBUG, 0 when not debugging. */
  guestDebug: word(),
  /** `arch.guest_debug_dr7`: userspace's DR7, unmasked. */
  guestDebugDr7: reg64(),
  /** `arch.singlestep_rip`. Rule x86:D30. */
  singlestepRip: reg64(),
  /** Vector that KVM is to inject at the next entry, plus 1; 0 if none. */
  pendingException: word(),
  /** Error code of that exception, `NO_ERROR` without one. */
  pendingError: word(),
  /**
   * The cause of a queued #DB that is not in DR6 yet, as active-high bits and `HELD`. Without `HELD` there is none, and
   * the bits are those of the last one, where nothing has cleared them. Rules x86:D18, x86:D109.
   */
  pendingPayload: word(),
  /** What KVM had last, and tells userspace while nothing is on its way: fields of `LAST_EVENT`. Rule x86:D109. */
  lastEvent: word(),
  /** Vector that KVM has injected and must inject again, since the entry failed, plus 1; 0 if none. */
  injectedException: word(),
  /** Instruction length for an injected #BP, and where the #BP was intercepted. */
  eventLength: word(),
  eventRip: reg64(),
  /** SVM: the exit before told the address after its instruction, and which. Rule x86:D47. */
  nextRipKnown: word(),
  nextRip: reg64(),
  /** What the next KVM_RUN completes before it enters. One of `COMPLETION`. */
  completion: word(),
  /** Where the completed instruction ends. */
  completionRip: reg64(),
  /** Where it begins: the completion does nothing if userspace has moved RIP. */
  completionFrom: reg64(),

  /** GUEST_DR7 or VMCB DR7: as of the last exit, or as KVM wrote it since. With bits 63:32 no entry succeeds. Rule x86:A/6.2. */
  vmDr7: reg64(),
  /** VMCB DR6; unused with VMX. */
  vmDr6: word(),
  /** SEV-ES with DebugSwap: DR0 to DR3 of the encrypted save area. */
  vmDr: ADDRESSES,
  /** SEV-ES without it: DR7 as the guest's #VC handler keeps it. */
  cachedDr7: word(),
  /** GUEST_IA32_DEBUGCTL, or the VMCB's DBGCTL: the guest's, and with VMX what KVM adds of the host's. */
  vmDebugctl: word(),
  /** SVM: LBR virtualization is on, and with it VMRUN and #VMEXIT switch DEBUGCTL. Rule x86:A/6.8. */
  lbrVirtualized: word(),
  /** `host_debugctl`: the host's DEBUGCTL as KVM read it last. Rule x86:D72. */
  hostDebugctl: word(),
  /** Exceptions that exit, a bit a vector. */
  vmExceptions: word(),
  /** INT1 (opcode F1) exits: SVM's intercept for it. Rule x86:D46. */
  vmIcebp: word(),
  /** DR accesses that exit: bit n a read of DRn, bit 16+n a write. */
  vmDrAccesses: word(),

  /** Why the guest was left: one of `EXIT`, with its data. */
  exitReason: word(),
  exitData: word(),
  /** The instruction had completed when the guest was left: a trap. */
  exitDone: word(),

  /** `kvm_run.debug.arch`: overlaid by the data of other exits, stale where a path does not fill it. */
  runException: word(),
  runPc: reg64(),
  runDr6: reg64(),
  runDr7: reg64(),
  /** What KVM_RUN returned with last: one of `USER_EXIT`, and the access of an IO or MMIO exit. */
  userExit: word(),
  ioAddress: reg64(),
  ioSize: word(),
  ioWrite: word(),
  /** Items of a port access. */
  ioCount: word(),
  /** Where the emulator stores what REP MOVS is loading from a device, if that is a device too. */
  copyTo: reg64(),

  /** The exception that the modelled guest's handler works on. */
  handlerVector: word(),
  handlerError: word(),
  handlerRip: reg64(),
  handlerFlags: word(),
  /** DR6 and DR7 as the handler read them. */
  handlerDr6: word(),
  handlerDr7: word(),
  /** An execute breakpoint at the saved rip hit. */
  handlerHit: word(),
  /** The handler that was interrupted by a second exception: its step (0 if none), vector and frame. */
  outerStep: word(),
  outerVector: word(),
  outerError: word(),
  outerRip: reg64(),
  outerFlags: word(),
  /** As `handlerHit`, of the same. */
  outerHit: word(),
  /** #DBs with TF after which the handler clears TF; 0 for never. */
  stepsLeft: word(),
  /** Exceptions since the program began. */
  exceptions: word(),
});

/** The debugger in userspace: what it last asked for, so that `user debug break` adds to it. */
export const USER = defineBlock({
  control: word(),
  debugreg: ADDRESSES,
  dr7: word(),
});

/** One physical CPU: the real registers, and what the host keeps for itself. */
export const CPU = defineBlock({
  ...CPU_HEADER,
  dr: ADDRESSES,
  dr6: word(),
  dr7: word(),
  /** IA32_DEBUGCTL. */
  debugctl: word(),
  /** SVM: the host's, saved by VMRUN in its save area while LBR virtualization is on. */
  savedDebugctl: word(),
  /** What the host has written to its DEBUGCTL. Rule x86:E15. */
  hostDebugctl: word(),
  /** `cpu_debugreg[4]` and `cpu_dr7`: the host's own breakpoints, as it has set them. Rule x86:E1. */
  hostDr: ADDRESSES,
  hostDr7: word(),
  /** `host_db`, `host_dr6`, `host_dr7`: what the 2008 kernel saved around the entry. Rule x86:B/2. */
  savedDr: ADDRESSES,
  savedDr6: word(),
  savedDr7: word(),
});

/** Blocking by the instruction before, with KVM's numbers: KVM_X86_SHADOW_INT_MOV_SS and _STI. */
export const SHADOW = {
  none: 0,
  /** MOV SS or POP SS: debug traps are held, interrupts blocked. Rule x86:A7. */
  movSs: 1,
  /** STI that set IF: interrupts are blocked, and nothing else. Rule x86:A11. */
  sti: 2,
} as const;

/** What `events` has. The first three are the machine's, the others what KVM asks of it. */
export const EVENTS = {
  /** Vector of the external interrupt that is pending, `pending_external_vector`; 0 if none is. */
  vector: 0xff,
  /** `nmi_pending`: NMIs that are pending, up to two. */
  nmis: 0x300,
  oneNmi: 0x100,
  /** NMIs are blocked until an IRET: VMX's blocking by NMI, HF_NMI_MASK with SVM. Rule x86:A15. */
  nmiBlocked: 0x400,
  /** VMX's interrupt-window exiting, SVM's intercept of VINTR. Rule x86:A/6.5. */
  interruptWindow: 0x800,
  /** VMX's NMI-window exiting. */
  nmiWindow: 0x1000,
  /** SVM: IRET exits. */
  iretIntercept: 0x2000,
  /** HF_IRET_MASK: IRET has exited, and is not complete. */
  iretSeen: 0x4000,
  /** `nmi_singlestep`: KVM steps the guest to where it takes an NMI. Rule x86:D54. */
  nmiStep: 0x8000,
  /** `nmi_singlestep_guest_rflags`: TF and RF are the guest's too. */
  stepTf: 0x1_0000,
  stepRf: 0x2_0000,
  /** SVM leaves the guest before its next instruction. Rule x86:D55. */
  exitAtOnce: 0x4_0000,
} as const;

/** Why the guest was left. */
export const EXIT = {
  none: 0,
  interrupt: 1,
  /** `exitData`: DR number, plus 16 for a write. */
  drAccess: 2,
  /** `exitData`: what caused the #DB, active-high, or `ICEBP`. */
  db: 3,
  bp: 4,
  ud: 5,
  cpuid: 6,
  hlt: 7,
  io: 8,
  mmio: 9,
  taskSwitch: 10,
  crWrite: 11,
  /** The modelled handler gave up: it writes to a port that only userspace answers. */
  gaveUp: 12,
  msrWrite: 13,
  /** The CPU refused the VM entry. */
  entryFailed: 14,
  icebp: 15,
  /** VMCALL or VMMCALL. */
  hypercall: 16,
  interruptWindow: 17,
  nmiWindow: 18,
  iret: 19,
  msrRead: 20,
  /** The guest's #VC handler asks KVM for a write of DR7. */
  vmgexit: 21,
} as const;

/** Names of exits, for events. */
export const EXIT_NAMES = [
  "none",
  "interrupt",
  "dr-access",
  "db",
  "bp",
  "ud",
  "cpuid",
  "hlt",
  "io",
  "mmio",
  "task-switch",
  "cr-write",
  "io",
  "msr-write",
  "entry-failed",
  "icebp",
  "hypercall",
  "interrupt-window",
  "nmi-window",
  "iret",
  "msr-read",
  "vmgexit",
] as const;

/** `exitData` of a #DB that INT1 (opcode F1) raised. Rule x86:D22. */
export const ICEBP = 0x4000_0000;

/** `pendingPayload`: there is a cause, even if it has no bit. DR6 loses this bit of a cause. Rule x86:D17. */
export const HELD = 0x1000;

/** Fields of `lastEvent`. */
export const LAST_EVENT = {
  /** Vector of the last exception that KVM queued, or userspace gave. */
  exception: 0xff,
  /** It had an error code. */
  hasError: 0x100,
  /** The same of interrupts. */
  interrupt: 0xff_0000,
  interruptShift: 16,
} as const;

/** What KVM_RUN returned with. */
export const USER_EXIT = {
  none: 0,
  debug: 1,
  mmio: 2,
  io: 3,
  hlt: 4,
  failEntry: 5,
  /** KVM_EXIT_INTERNAL_ERROR: the emulator failed. */
  internalError: 6,
} as const;

/** What the next KVM_RUN does first. */
export const COMPLETION = {
  none: 0,
  /** Port access: skip the instruction, unless userspace has moved RIP. */
  skip: 1,
  /** Load from a device, or IN of an old kernel: the emulator goes on with it. */
  emulate: 2,
  /** The same for MOV SS, whose shadow the emulator then sets. */
  emulateMovSs: 3,
  /** The same for a read-modify-write, which then asks for its store. Rule x86:D48. */
  emulateStore: 4,
  /** The port access on which the modelled handler loops once it has given up. */
  loop: 5,
  /** The batch of REP INS that userspace has read. */
  emulateBatch: 6,
  /** A load of REP MOVS from a device, to memory. */
  emulateCopy: 7,
  /** The same to a device. */
  emulateCopyOut: 8,
} as const;

/** `stopped`: where the guest executes no more of its program. */
export const STOPPED = {
  no: 0,
  /** Nothing is executed. */
  idle: 1,
  /** The handler gave up, and loops: it is at its OUT, or at the JMP after that. */
  atOut: 2,
  atJump: 3,
} as const;

/** In the place of an error code: the exception has none. */
export const NO_ERROR = -1;

/** Exception vectors. */
export const VECTOR = { DB: 1, NMI: 2, BP: 3, UD: 6, GP: 13 } as const;

/** An exception's vector is one of the CPU's own; that of an interrupt is not. */
export function isEvent(vector: number): boolean {
  return vector === VECTOR.NMI || vector >= FIRST_INTERRUPT;
}

/** The first vector that is no exception's. Intel SDM vol. 3A 6.2. */
export const FIRST_INTERRUPT = 32;

/** What scenarios call the exception of a vector. */
export function exceptionKind(vector: number): ExceptionKind {
  switch (vector) {
    case VECTOR.DB:
      return "db";
    case VECTOR.BP:
      return "bp";
    case VECTOR.UD:
      return "ud";
    case VECTOR.GP:
      return "gp";
    case VECTOR.NMI:
      return "nmi";
    default:
      return "interrupt";
  }
}
