/**
 * The decisions that led to each failure of docs/found.md, as the kernel's source has them.
 *
 * @module
 */

/** What one decision must say: its step, function and file, and phrases of it. */
interface Expected {
  readonly step: number;
  readonly function: string | null;
  readonly file: string;
  readonly says: readonly string[];
}

const X86 = "arch/x86/kvm/x86.c";
/** KVM_SET_GUEST_DEBUG. */
export const DEBUG = "kvm_arch_vcpu_ioctl_set_guest_debug";

/** The same for both vendors, but for what the function says. */
function bothVendors(
  expected: (vendor: "vmx" | "svm") => readonly Expected[],
): Record<string, readonly Expected[]> {
  return { vmx: expected("vmx"), svm: expected("svm") };
}

/** By block of docs/found.md and vendor: the decisions, all of them. */
export const FAILURES: Readonly<
  Record<string, Readonly<Record<string, readonly Expected[]>>>
> = {
  window: bothVendors((vendor) => [
    {
      step: 3,
      ...vendor === "vmx"
        ? { function: "handle_dr", file: "arch/x86/kvm/vmx/vmx.c" }
        : { function: "dr_interception", file: "arch/x86/kvm/svm/svm.c" },
      says: ["stopped intercepting MOV DR", "set KVM_DEBUGREG_WONT_EXIT"],
    },
    {
      step: 5,
      function: DEBUG,
      file: X86,
      says: ["KVM_GUESTDBG_USE_HW_BP", "left KVM_DEBUGREG_WONT_EXIT set"],
    },
    {
      step: 7,
      function: "vcpu_enter_guest",
      file: X86,
      says: ["loaded eff_db0 (0x4000)"],
    },
  ]),
  frame: bothVendors((vendor) => [
    {
      step: 1,
      function: DEBUG,
      file: X86,
      says: ["KVM_GUESTDBG_SINGLESTEP", "set TF in the guest's RFLAGS"],
    },
    {
      step: 7,
      function: null,
      file: vendor === "vmx" ? "Intel SDM" : "AMD APM",
      says: ["set TF in the RFLAGS that the exception pushed"],
    },
    {
      step: 10,
      function: DEBUG,
      file: X86,
      says: ["left TF set in the RFLAGS that the exception pushed"],
    },
    {
      step: 14,
      ...vendor === "vmx"
        ? { function: "handle_exception_nmi", file: "arch/x86/kvm/vmx/vmx.c" }
        : { function: "db_interception", file: "arch/x86/kvm/svm/svm.c" },
      says: ["queued db"],
    },
  ]),
  status: {
    svm: [
      {
        step: 5,
        function: DEBUG,
        file: X86,
        says: ["KVM_GUESTDBG_SINGLESTEP", "set TF in the guest's RFLAGS"],
      },
      {
        step: 8,
        function: "vcpu_enter_guest",
        file: X86,
        says: ["0xffff4ff0", "cleared KVM_DEBUGREG_WONT_EXIT"],
      },
      {
        step: 11,
        function: "dr_interception",
        file: "arch/x86/kvm/svm/svm.c",
        says: ["gave 0xffff4ff0 for DR6"],
      },
    ],
  },
  lost: bothVendors(() => [
    {
      step: 1,
      function: DEBUG,
      file: X86,
      says: ["set KVM_GUESTDBG_ENABLE and KVM_GUESTDBG_SINGLESTEP"],
    },
    {
      step: 5,
      function: DEBUG,
      file: X86,
      says: ["cleared TF in the guest's RFLAGS"],
    },
  ]),
  mmio: bothVendors((vendor) => [
    {
      step: 7,
      function: null,
      file: vendor === "vmx" ? "Intel SDM" : "AMD APM",
      says: ["left the guest: mmio"],
    },
    {
      step: 7,
      function: "x86_emulate_instruction",
      file: X86,
      says: ["returned KVM_EXIT_MMIO"],
    },
  ]),
  io: bothVendors((vendor) => [
    {
      step: vendor === "vmx" ? 8 : 9,
      function: null,
      file: vendor === "vmx" ? "Intel SDM" : "AMD APM",
      says: ["left the guest: io"],
    },
    {
      step: vendor === "vmx" ? 8 : 9,
      function: "kvm_fast_pio",
      file: X86,
      says: ["returned KVM_EXIT_IO"],
    },
  ]),
  step: {
    "": [
      {
        step: 9,
        function: DEBUG,
        file: "arch/arm64/kvm/guest.c",
        says: ["set KVM_GUESTDBG_ENABLE and KVM_GUESTDBG_USE_HW"],
      },
      // The ERET into the guest, with MDSCR_EL1.SS clear: where the guest's step state is lost.
      {
        step: 11,
        function: null,
        file: "Arm ARM",
        says: ["cleared SS in the guest's PSTATE"],
      },
      {
        step: 14,
        function: DEBUG,
        file: "arch/arm64/kvm/guest.c",
        says: [
          "cleared KVM_GUESTDBG_ENABLE",
          "SS clear in the guest's PSTATE",
        ],
      },
      {
        step: 15,
        function: "kvm_vcpu_load_debug",
        file: "arch/arm64/kvm/debug.c",
        says: ["changed owner from 0x1 to 0x2"],
      },
    ],
  },
  rf: {
    vmx: [
      {
        step: 6,
        function: "vcpu_enter_guest",
        file: X86,
        says: ["intercepted MOV DR"],
      },
      {
        step: 9,
        function: "handle_dr",
        file: "arch/x86/kvm/vmx/vmx.c",
        says: ["queued db", "#DB with payload BD"],
      },
    ],
  },
  resume: {
    svm: [
      {
        step: 10,
        function: null,
        file: "AMD APM",
        says: ["left the guest: cpuid"],
      },
      {
        step: 10,
        function: "__svm_skip_emulated_instruction",
        file: "arch/x86/kvm/svm/svm.c",
        says: ["moved RIP past the instruction and left RF set"],
      },
    ],
  },
  joined: bothVendors((vendor) => [
    {
      step: 8,
      function: "kvm_update_dr7",
      file: "arch/x86/kvm/regs.c",
      says: ["set KVM_DEBUGREG_BP_ENABLED"],
    },
    {
      step: 8,
      function: "kvm_vcpu_do_singlestep",
      file: X86,
      says: ["queued db", "#DB with payload BS"],
    },
    {
      step: 10,
      ...vendor === "vmx"
        ? { function: "handle_dr", file: "arch/x86/kvm/vmx/vmx.c" }
        : { function: "dr_interception", file: "arch/x86/kvm/svm/svm.c" },
      says: ["stopped intercepting MOV DR"],
    },
    {
      step: 11,
      function: "vcpu_enter_guest",
      file: X86,
      says: ["0xffff4ff0"],
    },
  ]),
  held: {
    svm: [
      {
        step: 1,
        function: DEBUG,
        file: X86,
        says: ["set TF in the guest's RFLAGS"],
      },
      {
        step: 9,
        function: DEBUG,
        file: X86,
        says: ["cleared TF in the guest's RFLAGS"],
      },
      {
        step: 12,
        function: "db_interception",
        file: "arch/x86/kvm/svm/svm.c",
        says: ["queued db"],
      },
    ],
  },
  nmi: {
    svm: [
      {
        step: 8,
        function: "kvm_vcpu_ioctl_nmi",
        file: X86,
        says: ["queued an NMI"],
      },
      {
        step: 10,
        function: "svm_enable_nmi_window",
        file: "arch/x86/kvm/svm/svm.c",
        says: [
          "set nmi_singlestep",
          "set TF in the guest's RFLAGS",
          "left the NMI pending",
          "steps the guest over it",
        ],
      },
    ],
  },
  dropped: {
    svm: [
      {
        step: 12,
        function: "kvm_vcpu_ioctl_nmi",
        file: X86,
        says: ["queued an NMI"],
      },
      {
        step: 14,
        function: "svm_enable_nmi_window",
        file: "arch/x86/kvm/svm/svm.c",
        says: ["set nmi_singlestep", "set TF in the guest's RFLAGS"],
      },
      {
        step: 15,
        function: "db_interception",
        file: "arch/x86/kvm/svm/svm.c",
        says: ["cleared nmi_singlestep", "does not get that #DB"],
      },
    ],
  },
  unsaved: bothVendors(() => [
    {
      step: 8,
      function: "set_state",
      file: "cloud-hypervisor/hypervisor/src/kvm/mod.rs",
      says: ["lost the guest's DR0: 0x5000 is 0x0 now", "no debug registers"],
    },
  ]),
  shadow: bothVendors(() => [
    {
      step: 6,
      function: "kvm_put_vcpu_events",
      file: "qemu/target/i386/kvm/kvm.c",
      says: ["lost the guest's interrupt shadow", "never sets VALID_SHADOW"],
    },
  ]),
  trap: {
    vmx: [
      {
        step: 10,
        function: "kvm_vcpu_ioctl_x86_get_vcpu_events",
        file: X86,
        says: ["lost the guest's held debug traps: 0x1 is 0x0 now"],
      },
    ],
  },
  numbers: {
    "": [
      {
        step: 6,
        function: "__debug_switch_to_host_common",
        file: "arch/arm64/kvm/hyp/include/hyp/debug-sr.h",
        says: ["copied CPU 0's DBGBVR1_EL1 (0x5000)"],
      },
      {
        step: 7,
        function: "trap_bvr",
        file: "arch/arm64/kvm/sys_regs.c",
        says: [
          "lost the guest's DBGBVR1_EL1: 0x5000 is 0x0 now",
          "ONE_REG uses number 0",
        ],
      },
    ],
  },
  missed: bothVendors(() => [
    {
      step: 7,
      function: "vcpu_enter_guest",
      file: X86,
      says: [
        "cleared KVM_DEBUGREG_WONT_EXIT (switch_db_regs is then 0)",
        "copied the guest's DR0 (0x1000) into eff_db0",
        "does not recompute BP_ENABLED",
      ],
    },
    {
      step: 10,
      function: "vcpu_enter_guest",
      file: X86,
      says: ["loaded eff_db0 (0x0) into CPU 0's DR0"],
    },
    {
      step: 14,
      function: "vcpu_enter_guest",
      file: X86,
      says: ["entered the guest without loading DR0 to DR3"],
    },
  ]),
  late: {
    "": [
      {
        step: 1,
        function: DEBUG,
        file: "arch/arm64/kvm/guest.c",
        says: ["set KVM_GUESTDBG_ENABLE and KVM_GUESTDBG_USE_HW"],
      },
      {
        step: 2,
        function: "activate_traps_vhe_load",
        file: "arch/arm64/kvm/hyp/switch.c",
        says: ["loaded mdcr_el2 as the setup before had left it"],
      },
      {
        step: 3,
        function: "kvm_arm_setup_debug",
        file: "arch/arm64/kvm/debug.c",
        says: [
          "changed mdcr_el2",
          "changed the guest's MDSCR_EL1 from 0x0 to 0x8000",
          "KVM_SET_GUEST_DEBUG takes effect after the next load",
        ],
      },
      {
        step: 3,
        function: "__sysreg_restore_common_state",
        file: "arch/arm64/kvm/hyp/sysreg-sr.c",
        says: ["loaded the guest's MDSCR_EL1 (0x8000)"],
      },
    ],
  },
  icebp: {
    svm: [
      {
        step: 0,
        function: "kvm_vcpu_reset",
        file: X86,
        says: ["intercepted MOV DR"],
      },
      {
        step: 1,
        function: DEBUG,
        file: X86,
        says: ["KVM_GUESTDBG_USE_HW_BP"],
      },
      {
        step: 4,
        function: "kvm_set_dr",
        file: "arch/x86/kvm/regs.c",
        says: ["copied the instruction's DR7 (0x2400) into the guest's DR7"],
      },
    ],
  },
  hidden: {
    svm: [
      {
        step: 0,
        function: "kvm_vcpu_reset",
        file: X86,
        says: ["intercepted MOV DR"],
      },
      {
        step: 0,
        function: "kvm_vcpu_ioctl_x86_set_debugregs",
        file: X86,
        says: ["set KVM_DEBUGREG_BP_ENABLED"],
      },
      {
        step: 3,
        function: "db_interception",
        file: "arch/x86/kvm/svm.c",
        says: ["queued db", "the VMCB's DR6 is updated already"],
      },
      {
        step: 5,
        function: DEBUG,
        file: X86,
        says: ["KVM_GUESTDBG_USE_HW_BP"],
      },
    ],
  },
};
