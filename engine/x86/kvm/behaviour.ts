/**
 * What differs between kernels from 4.4 on, as data: the fields that a row of history changes.
 *
 * @module
 */

/** Bits of DR6 in set_dr, apart from those that depend on the guest's CPUID. */
export interface StatusRule {
  /** Bits that the guest may change. */
  readonly volatile: number;
  /** Bits that read 1. */
  readonly fixed: number;
}

/** What one kernel does, for one vendor. */
export interface X86Behaviour {
  /** vcpu_load asks for a load of DR0-3 at the next entry: the workaround of 2016. Rule x86:C/6. */
  readonly loadReloads: boolean;
  /** vcpu_put writes 0 to the physical DR6. Rule x86:E10. */
  readonly putClearsDr6: boolean;

  /** KVM_DEBUGREG_RELOAD exists: reset and KVM_SET_DEBUGREGS cause one load of DR0-3. Rule x86:C1. */
  readonly hasReload: boolean;
  /** Any flag of `switch_db_regs` loads the physical DR6; without it, only WONT_EXIT does, on VMX. Rule x86:C14. */
  readonly dr6WithAnyFlag: boolean;
  /** An entry that loads nothing clears DR7 if the host has breakpoints. Rule x86:E6. */
  readonly hidesHostDr7: boolean;
  /** What follows the sync after lazy switching: `eff_db` alone, or all update functions. Rule x86:C/6. */
  readonly lazySync: "addresses" | "all";
  /** SVM: the VMCB's DR6 is the guest's unless userspace debugs. Rule x86:C5, bugs x86:F8, x86:F30. */
  readonly vmDr6IsGuests: boolean;

  /** Bits of DEBUGCTL that WRMSR of the guest stores, whatever its CPUID has. Rule x86:D70. */
  readonly debugctlStores: number;
  /** Bits that it drops without a fault. The others are #GP(0). Rule x86:D70. */
  readonly debugctlDrops: number;
  /** VMX: bits that it stores too where the guest's CPUID has the feature. Rules x86:D75, x86:D76. */
  readonly debugctlFeatures: number;
  /** VMX: KVM_SET_MSRS stores these whatever the guest's CPUID has, if the CPU has the feature. Rule x86:D79. */
  readonly debugctlOfHost: boolean;
  /** When KVM reads the host's DEBUGCTL, which VMX has to restore after each exit. Rule x86:D72. */
  readonly hostDebugctlAt: "never" | "load" | "entry";
  /** SVM: KVM loads the guest's DEBUGCTL where the CPU does not; without it, the guest runs with the host's. Rule x86:D73, bug x86:F40. */
  readonly switchesDebugctl: boolean;
  /** VMX: the guest runs with the host's FREEZE_IN_SMM. Rule x86:D74, bug x86:F42. */
  readonly debugctlKeepsFreeze: boolean;
  /** KVM_GET_MSR_INDEX_LIST has DEBUGCTL: VMMs that save what it lists save it. Rule x86:D116. */
  readonly listsDebugctl: boolean;

  /** SVM: KVM has SEV-ES guests. Rule x86:D80. */
  readonly sevEs: boolean;
  /** SVM: DebugSwap for them: not there, or on or off where userspace does not say. Rule x86:D82. */
  readonly debugSwap: "none" | "on" | "off";
  /** SVM: KVM saves the host's DR0-3 where #VMEXIT finds them. Rule x86:D83, bug x86:F24. */
  readonly savesHostDrs: boolean;
  /** Userspace's access to registers of a protected guest is refused. Rule x86:D81. */
  readonly refusesProtected: boolean;

  /** KVM re-enters the guest from its innermost loop after the write of some MSRs. Rules x86:D/4, x86:D43. */
  readonly fastPath: boolean;
  /** That re-entry loads `arch.dr6`, which is stale, again. Bug x86:F9. */
  readonly reentryLoadsDr6: boolean;
  /** A single step that is due there goes to userspace; without it, the exit is lost. Bug x86:F35. */
  readonly fastPathStops: boolean;

  /** DR6's bits in set_dr. Rule x86:D3. */
  readonly dr6: StatusRule;
  /** The emulator sees that set_dr failed. Rules x86:D6, x86:D51. */
  readonly emulatorSeesFailure: boolean;
  /** The exit handler moves past a MOV to DR that set_dr refused, and #GP has the wrong RIP. Quirk x86:Q4, bug x86:F31. */
  readonly failedWriteMoves: boolean;
  /** MOV to a DR outside 64-bit mode has an operand of 32 bits; else of all of the general register. Rule x86:D/17.1. */
  readonly truncatesDrOperand: boolean;
  /** pc of the exit for #DB and #BP: CS.base + RIP in every mode, or the linear RIP. Rule x86:D/17.2. */
  readonly exitPc: "base-plus-rip" | "linear";
  /** The same of where userspace asked for a step. Rule x86:D/17.3. */
  readonly stepRip: "base-plus-rip" | "linear";
  /** The debug exit for general detect has BD in dr6; without it, the guest's DR6. Bug x86:F13. */
  readonly gdExitShowsBd: boolean;

  /** VMX: RTM is 1 in dr6 of the exit for #DB. Rules x86:C15, x86:D/10. */
  readonly debugExitRtm: boolean;
  /** SVM: INT1 (opcode F1) exits, and KVM queues its #DB. Rule x86:D46. */
  readonly icebpExits: boolean;
  /** SVM: the exit for #DB fills dr6 and dr7. Quirk x86:Q17. */
  readonly dbExitFills: boolean;
  /** Bits that a queued #DB raises in DR6: RTM, all that are active low, or those without BLD. Rules x86:D17, x86:D44, x86:D45. */
  readonly dbRaises: "rtm" | "active-low" | "active-low-but-bld";
  /** When the cause of a queued #DB goes to DR6. Rules x86:D18, x86:D39. */
  readonly payloadAt: "queue" | "injection";
  /** When KVM makes BS pending so that VMX does not refuse the entry. Rule x86:D23. */
  readonly mendsEntry: "never" | "after-exit" | "at-injection";

  /** `kvm_skip_emulated_instruction()` looks for a single step: CPUID, HLT, MOV to CR4. Rule x86:D27. */
  readonly commonSkipSteps: boolean;
  /** So do the vendor's own handlers: MOV DR, WRMSR, IN and OUT. Bug x86:F25. */
  readonly vendorSkipSteps: boolean;
  /** SVM: TF and RF of the step for an NMI are neither shown nor pushed, and the guest's own survive it. Rule x86:D55, bug x86:F17. */
  readonly hidesNmiStep: boolean;

  /** Which TF the emulator looks at when an instruction is complete. Rule x86:D27, bug x86:F28. */
  readonly emulatorSteps: "real-tf" | "guest-tf" | "guest-tf-or-singlestep";
  /** The flags that #DB pushes after an emulated step still have TF. Bug x86:F34. */
  readonly emulatedStepKeepsTf: boolean;
  /** The emulator looks for a step after a fault too. Bug x86:F26. */
  readonly stepsOverFault: boolean;
  /** The emulator looks for a step after #DB of general detect. Rule x86:D20, bug x86:F32. */
  readonly emulatedDbSteps: boolean;
  /** pc of the debug exit for an emulated step. Rule x86:D27. */
  readonly stepPc: "requested" | "reached";

  /** Whose code breakpoints the emulator looks at under USE_HW_BP. Rule x86:D/12a. */
  readonly emulatorBreakpoints: "both" | "effective";
  /** The look is inside the decoder, where a hit is taken for a failure to decode. Bug x86:F29. */
  readonly breakpointInDecoder: boolean;
  /** Intel: the shadow of MOV SS inhibits the guest's breakpoint in the emulator too. Bug x86:F19. */
  readonly shadowInhibits: boolean;
  /** The emulator looks although the CPU has done so: an access of a device. Rule x86:D25. */
  readonly rechecksOnFault: boolean;
  /** Whose DR7.GD the emulator looks at under USE_HW_BP. Rule x86:D/12a. */
  readonly emulatorGd: "own" | "effective";
  /** SINGLESTEP and USE_HW_BP alike send every #DB of the emulator to userspace. Rule x86:D/12a. */
  readonly oneEmulatedDb: boolean;

  /** IN goes to the emulator, or to `kvm_fast_pio_in()`. Rule x86:D41. */
  readonly portIn: "emulator" | "fast";
  /** RIP of a skipped port access moves before KVM_EXIT_IO, or when userspace has done the access. Rule x86:D41. */
  readonly portMoves: "before" | "after";

  /** KVM_GET/SET_DEBUGREGS: not there yet, or with bits 63:32 of DR6 and DR7 accepted or refused. Rule x86:D35. */
  readonly debugregs: "none" | "unchecked" | "checked";
  /** Control bits that KVM_CAP_SET_GUEST_DEBUG2 reports; 0 without that capability. Rule x86:D38. */
  readonly guestDebugMask: number;
  /** BLOCKIRQ of KVM_SET_GUEST_DEBUG holds interrupts and NMIs back. Rule x86:D32, bug x86:F16. */
  readonly blocksInterrupts: boolean;
  /** KVM_CHECK_EXTENSION says yes to KVM_CAP_SET_GUEST_DEBUG. Rule x86:D36. */
  readonly declaresGuestDebug: boolean;
  /** KVM_CHECK_EXTENSION says yes to KVM_CAP_EXCEPTION_PAYLOAD. Rule x86:D37, bug x86:F23. */
  readonly declaresPayload: boolean;
  /** KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: not there yet, with any vector accepted, or with it checked. Rule x86:D107. */
  readonly vcpuEvents: "none" | "unchecked" | "checked";
  /** `exception.injected` of KVM_SET_VCPU_EVENTS queues the exception, or has it delivered again. Rules x86:D105, x86:D106. */
  readonly eventsInject: "queue" | "again";
  /** `nmi.pending` of KVM_GET_VCPU_EVENTS is a number, and not only 0 or 1. Rule x86:D104. */
  readonly eventsCountNmis: boolean;
  /** KVM_SET_REGS also drops an exception that was injected and is not delivered. Rule x86:D108. */
  readonly setRegsDropsInjected: boolean;
  /** With which exception already there INJECT_* is refused. Rules x86:D29, x86:D40. */
  readonly injectRefused: "never" | "pending" | "pending-or-injected";
}
