/**
 * Rules of the host kernel's own breakpoints, and what KVM must leave to them. A data table.
 *
 * @module
 */
import type { RuleSection } from "../../rule_entry.ts";
import { COMMITS } from "./commits.ts";
import { apm, by, commit, kvm, sdm, source, together } from "./sources.ts";

const ENTER = "x86.c: vcpu_enter_guest()";

/** Functions of the host's breakpoints. */
function host(read: string, ...names: readonly string[]) {
  return source(
    read,
    ...names.map((name) => `arch/x86/kernel/hw_breakpoint.c: ${name}()`),
  );
}

/** The host's section. */
export function hostSections(): readonly RuleSection[] {
  return [
    {
      id: "E",
      title: "Host side",
      sentence:
        "The host kernel has its own breakpoints on each CPU: cpu_dr7, without bit 10, and cpu_debugreg[4].",
      confidence: "source",
      source: host(
        "2.6.34 to 7.1.5",
        "arch_install_hw_breakpoint",
        "hw_breakpoint_restore",
      ),
      rules: {
        E1: {
          sentence:
            "A new host breakpoint takes the first free slot: DRn and cpu_debugreg[n], then cpu_dr7 with its type and length, Gn " +
            "and GE, and only then DR7. Without a free slot it is EBUSY.",
          source: host("2.6.34 to 7.1.5", "arch_install_hw_breakpoint"),
        },
        E2: {
          sentence:
            "A host breakpoint is removed from DR7 first and then from cpu_dr7. Up to 5.7 the order was the reverse.",
          source: host(
            "5.7.14, changed in 5.8.1; to 7.1.5",
            "arch_uninstall_hw_breakpoint",
          ),
        },
        E3: {
          sentence:
            "Host breakpoints are active if cpu_dr7 & 0xAA is not 0: Linux uses global enables only.",
          source: source(
            "2.6.34 to 7.1.5",
            "arch/x86/include/asm/debugreg.h: hw_breakpoint_active()",
          ),
        },
        E4: {
          sentence:
            "hw_breakpoint_restore writes cpu_debugreg to DR0-DR3, 0xFFFF0FF0 to DR6 and cpu_dr7 to DR7.",
          kernels: { since: "5.10" },
          source: host(
            "5.9.2, changed in 5.10.7; to 7.1.5",
            "hw_breakpoint_restore",
          ),
        },
        E5: {
          sentence:
            "KVM clears DR7 before it overwrites DR0-DR3, so that no mix of addresses and enables can fire in the host.",
          source: kvm("2.6.30 to 7.1.5", ENTER),
        },
        E6: {
          sentence:
            "With host breakpoints active KVM clears DR7 before entry even if switch_db_regs is 0, because the code around the " +
            "entry must not take #DB.",
          kernels: { since: "5.14" },
          source: by(
            kvm("5.12.9, changed in 5.14.2; to 7.1.5", ENTER),
            COMMITS.hostDr7,
          ),
        },
        E7: {
          sentence:
            "A VM exit leaves DR7 = 0x400, so guest breakpoints never fire in the host. Only the contents of DR0-DR3 are the " +
            "guest's.",
          confidence: "architecture",
          source: together(sdm("3C", "27.5.1"), apm("15.6")),
        },
        E8: {
          sentence:
            "After an exit KVM restores all the host's registers if host breakpoints are active. Otherwise guest addresses stay in " +
            "DR0-DR3, harmless with DR7 off.",
          kernels: { since: "2.6.34" },
          source: kvm("2.6.34 to 7.1.5", ENTER),
        },
        E9: {
          sentence:
            "DR0-DR3 thus keep the values of the last vCPU, or with a host breakpoint the host's after every exit. An entry with " +
            "switch_db_regs 0 runs with whatever they hold.",
          confidence: "derived",
          kernels: { since: "2.6.34" },
          source: kvm("2.6.34 to 7.1.5", ENTER),
        },
        E10: {
          sentence:
            "Without active host breakpoints the guest's DR6 stayed in the CPU on VMX, where a later host #DB saw it. vcpu_put wrote " +
            "0 to DR6 from 4.16 to 5.14; since 5.15 the VMX sync writes 0xFFFF0FF0.",
          source: by(
            together(
              kvm(
                "4.13.9, changed in 4.16; 4.20 to 5.14.2",
                "x86.c: kvm_arch_vcpu_put()",
              ),
              kvm(
                "changed in 5.15.16",
                "vmx/vmx.c: vmx_sync_dirty_debug_regs()",
              ),
            ),
            COMMITS.escapedDr6,
            commit("0e0a53c55131", "kvm: x86: optimize dr6 restore"),
            COMMITS.hostDr6,
          ),
        },
        E11: {
          sentence:
            "An early nested VMX entry check that fails on hardware leaves DR7 clobbered. KVM rewrites cpu_dr7 if host breakpoints " +
            "are active.",
          kernels: { since: "4.20", until: "6.19" },
          source: kvm(
            "5.0.1 to 6.14.0, gone in 6.19.0",
            "vmx/nested.c: nested_vmx_check_vmentry_hw()",
          ),
        },
        E12: {
          sentence:
            "KVM does not rely on SEV-ES DebugSwap for the host's DR0-DR3: with host breakpoints active it restores them itself.",
          kernels: { since: "6.14" },
          source: by(
            kvm(
              "6.14.0 to 7.1.5",
              "svm/sev.c: sev_es_prepare_switch_to_guest()",
            ),
            COMMITS.debugSwap,
          ),
        },
        E13: {
          sentence:
            "Text patching disables and restores host breakpoints, kgdb restores them, and kexec disables them.",
          source: source(
            "6.1-rc7",
            "arch/x86/kernel/alternative.c: use_temporary_mm()",
            "arch/x86/kernel/kgdb.c: kgdb_correct_hw_break()",
            "arch/x86/kernel/machine_kexec_64.c: machine_kexec()",
          ),
        },
        E14: {
          sentence:
            "Up to 5.9 hw_breakpoint_restore writes the current task's saved DR6 to DR6.",
          kernels: { since: "2.6.34", until: "5.10" },
          source: host(
            "4.4.1 to 5.9.2, changed in 5.10.7",
            "hw_breakpoint_restore",
          ),
        },
        E15: {
          sentence:
            "The host has a DEBUGCTL of its own: BTF while it steps a process by branches, LBR and FREEZE_IN_SMM for perf, BLD where it " +
            "detects bus locks. After an exit it must hold what the host has written.",
          kernels: {},
          confidence: "memory",
          source: source(
            "from memory",
            "arch/x86/kernel/step.c: set_task_blockstep()",
            "arch/x86/events/intel/core.c: intel_pmu_cpu_starting()",
          ),
        },
      },
    },
  ];
}
