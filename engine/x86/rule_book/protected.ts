/**
 * Rules of SEV-ES guests, whose registers are encrypted. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { apm, by, commit, kvm, source, together } from "./sources.ts";

const DEBUG_SWAP = commit(
  "d1f85fbe836e",
  "KVM: SEV: Enable data breakpoints in SEV-ES",
);
const NO_DB = commit(
  "90cbf6d914ad",
  "KVM: SEV-ES: Eliminate #DB intercept when DebugSwap enabled",
);
const BY_DEFAULT = commit(
  "5abf6dceb066",
  "SEV: disable SEV-ES DebugSwap by default",
);

const HANDLER = source(
  "5.10.13 (sev-es.c), 6.1.55 (sev.c), mainline 2c6978ea1a85 (vc-handle.c)",
  "arch/x86/kernel/sev-es.c: vc_handle_dr7_write()",
  "arch/x86/kernel/sev.c: vc_handle_dr7_write()",
  "arch/x86/kernel/sev.c: vc_handle_dr7_read()",
  "arch/x86/coco/sev/vc-handle.c: vc_handle_dr7_write()",
);

/** The section. */
export function protectedSections(): readonly RuleSection[] {
  return [
    {
      id: "D/22",
      title: "Protected guests",
      sentence:
        "An SEV-ES guest's registers are encrypted: KVM neither sees nor changes them.",
      kernels: { since: "5.11" },
      confidence: "source",
      source: kvm("5.11.0", "svm/svm.c: svm_update_guest_debug()"),
      rules: {
        A22: {
          sentence:
            "An intercepted MOV to or from DR7 of an SEV-ES guest is #VC in the guest. Its handler answers a read from its copy of DR7. It " +
            "passes a written value to the hypervisor by VMGEXIT, and then keeps it.",
          confidence: "architecture",
          source: together(apm("15.35.5"), HANDLER),
        },
        A23: {
          sentence:
            "Linux's #VC handler raises #GP(0) for a value of DR7 with one of bits 63:32 set. Otherwise it clears bits 11, 12, 14 and 15, and " +
            "sets bit 10.",
          source: HANDLER,
        },
        D80: {
          sentence:
            "A guest is made an SEV-ES guest before it runs, by KVM_SEV_INIT2 or what was before it. KVM_SET_GUEST_DEBUG of it gives EINVAL.",
          source: by(
            kvm(
              "5.11.0",
              "x86.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
            ),
            commit("8d4846b9b150", "KVM: SVM: Prevent debugging under SEV-ES"),
          ),
        },
        D81: {
          sentence:
            "KVM_GET/SET_DEBUGREGS and KVM_SET_REGS of a protected guest give EINVAL, unless it was made by the ioctl from before 6.10. Until " +
            "then they read and write KVM's copies, which are not the guest's.",
          kernels: { since: "6.10" },
          source: by(
            kvm(
              "7.1.5, not in 6.6.9",
              "x86.c: kvm_vcpu_ioctl_x86_set_debugregs()",
              "x86.c: kvm_arch_vcpu_ioctl_set_regs()",
            ),
            commit(
              "517987e3fb19",
              "KVM: x86: add fields to struct kvm_arch for CoCo features",
            ),
          ),
        },
        D82: {
          sentence:
            "Of an SEV-ES guest's DR accesses only DR7's exit, and KVM skips them: it cannot change DR7. #DB exits and goes back. With " +
            "DebugSwap no DR access exits, nor #DB. It is on by default in 6.6 and 6.7.",
          source: by(
            together(
              kvm("7.1.5", "svm/svm.c: dr_interception()"),
              kvm("6.6.9 and 7.1.5", "svm/sev.c: sev_es_init_vmcb()"),
            ),
            DEBUG_SWAP,
            NO_DB,
            BY_DEFAULT,
          ),
        },
        D83: {
          sentence:
            "Up to 6.13 KVM saves the host's DR0-DR3 in the host save area before it enters a guest with DebugSwap. Since 6.14 #VMEXIT " +
            "leaves 0 in them.",
          kernels: { since: "6.6" },
          source: by(
            kvm(
              "6.13.2, changed in 6.14.0",
              "svm/sev.c: sev_es_prepare_switch_to_guest()",
            ),
            DEBUG_SWAP,
            commit(
              "807cb9ce2ed9",
              "KVM: SVM: Don't rely on DebugSwap to restore host DR0..DR3",
            ),
          ),
        },
      },
    },
  ];
}
