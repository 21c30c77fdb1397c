/**
 * Commits that x86 rules name.
 *
 * @module
 */
import type { RuleCommit } from "../../rule_entry.ts";
import { commit } from "./sources.ts";

/** The commits, by what they changed. */
export const COMMITS = {
  virtualized: commit("42dbaa5a0577", "KVM: x86: Virtualize debug registers"),
  initReset: commit(
    "c863901075a4",
    "KVM: x86: Fix guest debug across vcpu INIT reset",
  ),
  lazy: commit(
    "c77fb5fe6f03",
    "KVM: x86: Allow the guest to run with dirty debug registers",
  ),
  lazyVmx: commit(
    "81908bf44340",
    "KVM: vmx: Allow the guest to run with dirty debug registers",
  ),
  reload: commit("ae561edeb421", "KVM: x86: DR0-DR3 are not clear on reset"),
  workaround: commit(
    "172b2386ed16",
    "KVM: x86: fix missed hardware breakpoints",
  ),
  workaroundAgain: commit(
    "4e422bdd2f84",
    "KVM: x86: fix missed hardware breakpoints",
  ),
  rootCause: commit(
    "70e4da7a8ff6",
    "KVM: x86: fix root cause for missed hardware breakpoints",
  ),
  noReload: commit(
    "34e9f860071f",
    "KVM: X86: Remove unneeded KVM_DEBUGREG_RELOAD",
  ),
  hostDr6: commit(
    "375e28ffc0cf",
    "KVM: X86: Set host DR6 only on VMX and for KVM_DEBUGREG_WONT_EXIT",
  ),
  escapedDr6: commit(
    "efdab992813f",
    "KVM: x86: fix escape of guest dr6 to the host",
  ),
  hostDr7: commit(
    "f85d40160691",
    "KVM: X86: Disable hardware breakpoints unconditionally before kvm_x86->run()",
  ),
  dr7Reset: commit(
    "fa7d0f83c5c4",
    "x86/traps: Initialize DR7 by writing its architectural reset value",
  ),
  isolated: commit(
    "d67668e9dd76",
    "KVM: x86, SVM: isolate vcpu->arch.dr6 from vmcb->save.dr6",
  ),
  svmExit: commit(
    undefined,
    "KVM: x86, SVM: do not clobber guest DR6 on KVM_EXIT_DEBUG",
  ),
  gdExit: commit(undefined, "KVM: VMX: pass correct DR6 for GD userspace exit"),
  exitRtm: commit(
    undefined,
    "KVM: X86: Set RTM for DB_VECTOR too for KVM_EXIT_DEBUG",
  ),
  payloads: commit(
    undefined,
    "KVM: x86: fix DR6 delivery for various cases of #DB injection",
  ),
  stepFixed: commit(
    undefined,
    "KVM: X86: Fix single-step with KVM_SET_GUEST_DEBUG",
  ),
  payloadCapability: commit(
    "c4f55198c7c2",
    "kvm: x86: Introduce KVM_CAP_EXCEPTION_PAYLOAD",
  ),
  payloadDeferred: commit(
    "f10c729ff965",
    "kvm: vmx: Defer setting of DR6 until #DB delivery",
  ),
  payloadInEvents: commit(
    "a06230b62b89",
    "KVM: x86: Deliver exception payload on KVM_GET_VCPU_EVENTS",
  ),
  payloadAtInjection: commit(
    "d0ad1b05bbe6",
    "KVM: x86: Defer non-architectural deliver of exception payload to userspace read",
  ),
  activeLow: commit(
    "9a3ecd5e2aa1",
    "KVM: X86: Rename DR6_INIT to DR6_ACTIVE_LOW",
  ),
  busLock: commit(
    "e8ea85fb280e",
    "KVM: X86: Add support for the emulation of DR6_BUS_LOCK bit",
  ),
  keepBld: commit(
    "719a1d58bf43",
    "KVM: x86: Preserve DR6.BLD (Bus Lock Detect) when delivering #DB payload",
  ),
  setDrResult: commit(
    "996ff5429e98",
    "KVM: x86: move kvm_inject_gp up from kvm_set_dr to callers",
  ),
  // As posted to the kvm list in December 2025.
  setDrBool: commit(
    undefined,
    "KVM/x86: Let x86_emulate_ops.set_dr() return a bool",
  ),
  skip: commit(
    undefined,
    "KVM: x86: Add kvm_skip_emulated_instruction and use it",
  ),
  faultLike: commit(
    "5623f751bd9c",
    "KVM: x86: Treat #DBs from the emulator as fault-like (code and DR7.GD=1)",
  ),
  movSs: commit(
    "baf67ca8e545",
    "KVM: x86: Suppress code #DBs on Intel if MOV/POP SS blocking is active",
  ),
  onException: commit(
    "750f8fcb261a",
    "KVM: x86: Don't check for code breakpoints when emulating on exception",
  ),
  blockirq: commit("61e5f69ef083", "KVM: x86: implement KVM_GUESTDBG_BLOCKIRQ"),
  pendingBs: commit(
    "b9bed78e2fa9",
    "KVM: VMX: Set vmcs.PENDING_DBG.BS on #DB in STI/MOVSS blocking shadow",
  ),
  pendingBsAlways: commit(
    "c5bad4fa2d5d",
    "KVM: VMX: Refresh GUEST_PENDING_DBG_EXCEPTIONS.BS on all injected #DBs",
  ),
  dr6Once: commit(
    "c2fee09fc167",
    "KVM: x86: Load DR6 with guest value only before entering .vcpu_run() loop",
  ),
  dr6RunFlag: commit(
    "80c64c7afea1",
    "KVM: x86: Drop kvm_x86_ops.set_dr6() in favor of a new KVM_RUN flag",
  ),
  icebp: commit("32d43cd391ba", "kvm/x86: fix icebp instruction handling"),
  debugregsChecked: commit(
    undefined,
    "KVM: x86: fix OOPS after invalid KVM_SET_DEBUGREGS",
  ),
  debugregsZeroed: commit(
    undefined,
    "kvm: initialize all of the kvm_debugregs structure before sending it to userspace",
  ),
  debugSwap: commit(
    "807cb9ce2ed9",
    "KVM: SVM: Don't rely on DebugSwap to restore host DR0..DR3",
  ),
  debuggerBreakpoints: commit(
    "00b6520669bc",
    "KVM: x86: Honor KVM_GUESTDBG_USE_HW_BP when checking for code breakpoints in emulation",
  ),
  debuggerGd: commit(
    "51543660c521",
    "KVM: x86: Honor KVM_GUESTDBG_USE_HW_BP when emulating MOV DR (in emulator)",
  ),
  debuggerStep: commit(
    "6d79302b0834",
    "KVM: x86: Move KVM_GUESTDBG_SINGLESTEP handling into kvm_inject_emulated_db()",
  ),
  onlyB0toB3: commit(
    "8246bf52c75a",
    "KVM: VMX: Fix DR6 update on #DB exception",
  ),
} as const satisfies Readonly<Record<string, RuleCommit>>;
