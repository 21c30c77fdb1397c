/**
 * Rules of the ID register series of 2022, version 7, patches 12 to 15: renumbering of breakpoints. A data table,
 * longer than a file of code should be.
 *
 * @module
 */
import type { RuleRow, RuleSection, RuleSource } from "../../rule_entry.ts";
import {
  breakpoints,
  everyIdRegister,
  flag,
  idRegister,
  patch,
  watchpoints,
} from "./patches_2022.ts";
import { kvm, manual, together } from "./sources.ts";

/** The decision, the mapping and what is done to control values. */
function renumbering(): readonly RuleSection[] {
  const config = flag("sys_regs.c: kvm_vcpu_breakpoint_config()");
  const conversion = together(
    breakpoints("kvm_vcpu_breakpoint_config()"),
    watchpoints("kvm_vcpu_breakpoint_config()"),
  );
  const toPhysical = breakpoints("virt_to_phys_bpn()");
  const toVirtual = breakpoints("phys_to_virt_bpn()");
  const control = together(
    breakpoints("virt_to_phys_bcr()", "phys_to_virt_bcr()"),
    watchpoints("virt_to_phys_bwcr()", "phys_to_virt_bwcr()"),
  );
  return [
    {
      id: "D",
      title: "2022 v7: breakpoint renumbering",
      sentence:
        "Userspace may give a guest fewer breakpoints than the machine has. KVM then renumbers the guest's context-aware " +
        "breakpoints.",
      confidence: "source",
      source: breakpoints(),
      rules: {},
    },
    {
      id: "D/1",
      title: "Definitions for renumbering",
      sentence:
        "np and nv are the host's and the guest's numbers of normal (not context-aware) breakpoints: BRPs - CTX_CMPs of " +
        "each. EMU is the VM's emulation flag; once set, it is never cleared.",
      confidence: "source",
      source: config,
      rules: {},
    },
    {
      id: "D/2",
      title: "Deciding and trapping",
      sentence:
        "If a guest has fewer normal breakpoints than the host, KVM traps all its debug-register accesses and renumbers " +
        "its breakpoints.",
      confidence: "source",
      source: config,
      rules: {
        D1: {
          sentence:
            "A vCPU's first KVM_RUN compares the guest's number of normal breakpoints with the host's, before it " +
            "initialises the interrupt controller, the timer and the PMU.",
          source: together(
            flag(
              "debug.c: kvm_arm_vcpu_init_debug()",
              "sys_regs.c: kvm_vcpu_breakpoint_config()",
            ),
            kvm("5.18.12", "arm.c: kvm_arch_vcpu_run_pid_change()"),
          ),
        },
        D2:
          "If the guest has as many normal breakpoints as the host, or more, nothing is renumbered and the emulation flag " +
          "(EMU) does not change.",
        D3: {
          sentence:
            "If the guest has fewer normal breakpoints than the host, KVM sets the VM's emulation flag (EMU) and converts " +
            "this vCPU's stored registers to physical numbers.",
          source: together(config, conversion),
        },
        D4: {
          sentence:
            "TDA is set if userspace uses hardware debug, DIRTY is clear, the guest holds the OS lock, or the emulation " +
            "flag (EMU) is set. DIRTY still decides whether the registers are loaded.",
          source: flag("debug.c: kvm_arm_setup_mdcr_el2()"),
        },
        D5: {
          sentence:
            "The emulation flag (EMU) belongs to the VM. Each vCPU's registers are converted at its own first run.",
          source: together(config, conversion),
        },
      },
    },
    {
      id: "D/3",
      title: "Number mapping",
      sentence:
        "Virtual numbers are the guest's, physical ones the host's. A normal breakpoint keeps its number. The guest's " +
        "first context-aware breakpoint becomes the host's first one, and so on up.",
      confidence: "source",
      source: breakpoints("virt_to_phys_bpn()", "phys_to_virt_bpn()"),
      rules: {
        D6: {
          sentence:
            "Virtual to physical: a number above the guest's BRPs is invalid. This check comes before that of the " +
            "emulation flag (EMU), so it holds without emulation too.",
          source: toPhysical,
        },
        D7: {
          sentence:
            "Virtual to physical: with the emulation flag (EMU) clear the number does not change.",
          source: toPhysical,
        },
        D8: {
          sentence:
            "Virtual to physical: the guest's normal breakpoints, 0 to nv - 1, keep their number.",
          source: toPhysical,
        },
        D9: {
          sentence:
            "Virtual to physical: the guest's context-aware breakpoint v becomes np + (v - nv). np and nv are the host's " +
            "and the guest's numbers of normal breakpoints.",
          source: toPhysical,
        },
        D10: {
          sentence:
            "Physical to virtual: with the emulation flag (EMU) clear the number does not change, and its range is not " +
            "checked.",
          source: toVirtual,
        },
        D11: {
          sentence:
            "Physical to virtual: a number below nv, the guest's number of normal breakpoints, does not change.",
          source: toVirtual,
        },
        D12: {
          sentence:
            "Physical to virtual: nv to np - 1 are invalid. These are the host's normal breakpoints that the guest does " +
            "not have.",
          source: toVirtual,
        },
        D13: {
          sentence:
            "Physical to virtual: the host's context-aware breakpoint p becomes nv + (p - np), which is invalid if above " +
            "the guest's BRPs.",
          source: toVirtual,
        },
      },
    },
    {
      id: "D/4",
      title: "Linked breakpoint number",
      sentence:
        "KVM converts LBN, the number of the linked breakpoint, in every control value. An invalid link goes to a " +
        "breakpoint that the guest does not use.",
      confidence: "source",
      source: control,
      rules: {
        D14: {
          sentence:
            "Invalid links go to np - 1, the host's last normal breakpoint. The guest does not have it if the emulation " +
            "flag (EMU) is set; if EMU is clear, the kernel warns.",
          source: breakpoints("get_unused_p_bpn()"),
        },
        D15: {
          sentence:
            "In a control value for the hardware, LBN becomes the physical number, or the host's last normal breakpoint " +
            "if the virtual number is invalid. No other bit changes.",
          source: together(
            breakpoints("virt_to_phys_bcr()", "update_bcr_lbn()"),
            watchpoints("virt_to_phys_bwcr()", "update_bwcr_lbn()"),
          ),
        },
        D16: {
          sentence:
            "In a control value for the guest, LBN becomes the virtual number, or 0 if the physical number is invalid.",
          source: together(
            breakpoints("phys_to_virt_bcr()"),
            watchpoints("phys_to_virt_bwcr()"),
          ),
        },
        D17:
          "LBN is converted in every control value, whatever its E and BT are.",
        D18:
          "An LBN up to the guest's BRPs reads back as written. One above reads back as 0 with the emulation flag (EMU) " +
          "set, and as (np - 1) modulo 16 with EMU clear.",
        D19: {
          sentence:
            "An invalid link goes to a disabled breakpoint so that the linking one never fires. That breakpoint is not " +
            "context-aware, so the link is still CONSTRAINED UNPREDICTABLE.",
          confidence: "derived",
          source: together(
            breakpoints("get_unused_p_bpn()"),
            manual("D2.8.7.5"),
          ),
        },
        D20: {
          sentence:
            "An LBN that names one of the guest's normal breakpoints does not change. The link is as unpredictable as " +
            "on bare metal.",
          source: together(toPhysical, manual("D2.8.7.5")),
        },
        D21:
          "If the guest has no normal breakpoint (nv = 0), its control value 0 is np << 16 in hardware, and reads back " +
          "as 0.",
        D22: {
          sentence:
            "LBN of DBGWCR<n> values is converted in the same way. Numbers of watchpoints and values of DBGWVR<n> and " +
            "DBGBVR<n> never change.",
          source: watchpoints(
            "virt_to_phys_wcr()",
            "phys_to_virt_wcr()",
            "trap_wcr()",
          ),
        },
      },
    },
    {
      id: "D/5",
      title: "First-run conversion",
      sentence:
        "Registers that userspace set before the first run are converted once, from the guest's numbers to physical ones.",
      confidence: "source",
      source: conversion,
      rules: {
        D23:
          "From 15 down to 0, each breakpoint moves to its physical slot with LBN converted. Its old slot becomes 0 if it " +
          "moved, or if its number is invalid. LBN of each watchpoint is converted.",
        D24:
          "The loop runs downwards because no physical number is below its virtual one. An upward loop would overwrite " +
          "slots before it moved them.",
        D25:
          "After the conversion the slots nv to np - 1 and those of unused context-aware numbers are 0. Values that " +
          "userspace put above the guest's BRPs are lost.",
        D26: {
          sentence:
            "Host 5 breakpoints (2 context-aware), guest 4 (2): b0's link 2 becomes 3, b2 moves to slot 3, b3 to slot 4 " +
            "with its invalid link 9 changed to 2, and b4 is lost.",
          confidence: "derived",
        },
      },
    },
  ];
}

/** What the guest and userspace see. */
function accesses(): readonly RuleSection[] {
  const guest = together(
    breakpoints("trap_bcr()", "trap_bvr()"),
    watchpoints("trap_wcr()"),
  );
  const user = together(
    breakpoints("set_bcr()", "get_bcr()", "set_bvr()", "get_bvr()"),
    watchpoints("set_wcr()", "get_wcr()"),
  );
  return [
    {
      id: "D/6",
      title: "Guest access",
      sentence:
        "With the emulation flag (EMU) set every guest access traps, and uses the physical slot.",
      confidence: "source",
      source: guest,
      rules: {
        D27: {
          sentence:
            "A trapped guest access to DBGBCR<n> or DBGBVR<n> with an invalid number injects UNDEF, and the PC does not " +
            "advance. This also holds with the emulation flag (EMU) clear.",
          source: breakpoints("trap_bcr()", "trap_bvr()"),
        },
        D28: {
          sentence:
            "Any other trapped access to a breakpoint register reads or writes the physical slot, with LBN of a control " +
            "value converted. A write sets DIRTY.",
          source: together(
            breakpoints("trap_bcr()", "trap_bvr()"),
            kvm("5.18.12", "sys_regs.c: reg_to_dbg()"),
          ),
        },
        D29: {
          sentence:
            "A trapped guest access to DBGWCR<n> above the guest's WRPs injects UNDEF. Any other uses slot n, with LBN " +
            "converted.",
          source: watchpoints("trap_wcr()"),
        },
        D30: {
          sentence:
            "KVM does not check a trapped guest access to DBGWVR<n> against the guest's WRPs.",
          source: together(
            watchpoints(),
            kvm("5.18.12", "sys_regs.c: trap_wvr()"),
          ),
        },
        D31: {
          sentence: "A 32-bit access keeps the other half of the 64-bit slot.",
          source: kvm(
            "5.18.12",
            "sys_regs.c: reg_to_dbg()",
            "sys_regs.c: dbg_to_reg()",
          ),
        },
      },
    },
    {
      id: "D/7",
      title: "Userspace access",
      sentence:
        "Before a vCPU's first run ONE_REG uses slot n unchanged. After it, ONE_REG uses the physical slot with LBN " +
        "converted. Numbers of watchpoints are not checked.",
      confidence: "source",
      source: user,
      rules: {
        D32: {
          sentence:
            "After the first run a breakpoint with an invalid number reads as 0 and ignores writes for userspace. For the " +
            "guest an access to it is UNDEFINED.",
          source: breakpoints(
            "set_bcr()",
            "get_bcr()",
            "set_bvr()",
            "get_bvr()",
            "trap_bcr()",
            "trap_bvr()",
          ),
        },
        D33:
          "If the copy from or to user memory fails, ONE_REG gives EFAULT and no register has changed.",
        D34: {
          sentence:
            "The register list does not change. It still has all 64 breakpoint and watchpoint registers.",
          source: together(
            breakpoints(),
            kvm(
              "5.18.12",
              "sys_regs.c: walk_sys_regs()",
              "sys_regs.c: sys_reg_descs",
            ),
          ),
        },
      },
    },
  ];
}

/** What userspace may write to ID_AA64DFR0_EL1. */
function idRegisterWrites(): RuleSection {
  return {
    id: "D/8",
    title: "What userspace may write to ID_AA64DFR0_EL1",
    sentence:
      "The checks V1 to V8 apply in this order. They accept BRPs or WRPs of 0, a DebugVer below 6, and CTX_CMPs lowered " +
      "alone.",
    confidence: "source",
    source: together(
      everyIdRegister("__set_id_reg()", "validate_id_reg()"),
      idRegister("validate_id_aa64dfr0_el1()", "init_id_aa64dfr0_el1_desc()"),
    ),
    rules: {
      V1: {
        sentence:
          "A write of the present value succeeds, also after the VM has run.",
        source: everyIdRegister("__set_id_reg()"),
      },
      V2: {
        sentence:
          "A write of another value to an ID register that is hidden or reads as zero gives EINVAL.",
        source: everyIdRegister("__set_id_reg()"),
      },
      V3: {
        sentence:
          "In a VM with 32-bit EL1 a write of another value gives EPERM.",
        source: patch(
          "05",
          "Prohibit modifying values of ID regs for 32bit EL1 guests",
        ),
      },
      V4: {
        sentence:
          "A field above its limit gives E2BIG. The limit is the host's value with DebugVer 6 and PMSVer 0. DoubleLock is " +
          "compared as a signed field, and PMUVer is checked later.",
        source: together(
          patch(
            "04",
            "Generate id_reg_desc's ftr_bits at KVM init when needed",
          ),
          idRegister("init_id_aa64dfr0_el1_desc()"),
          everyIdRegister("validate_id_reg()"),
        ),
      },
      V5: {
        sentence: "CTX_CMPs above BRPs gives EINVAL.",
        source: idRegister("validate_id_aa64dfr0_el1()"),
      },
      V6: {
        sentence:
          "PMUVer 0xF counts as 0. Above the limit it gives E2BIG. EPERM follows if PMUVer shows a PMU for a vCPU created " +
          "without one, or no PMU for a vCPU created with one.",
        source: idRegister("validate_id_aa64dfr0_el1()"),
      },
      V7: {
        sentence:
          "Once any vCPU of the VM has run, a write of another value gives EBUSY.",
        source: everyIdRegister("__modify_kvm_id_reg()"),
      },
      V8: {
        sentence:
          "Any other value is stored for the whole VM, except PMUVer from a vCPU without a PMU.",
        source: together(
          everyIdRegister("__modify_kvm_id_reg()"),
          idRegister("vcpu_mask_id_aa64dfr0_el1()"),
        ),
      },
    },
  };
}

/** Hosts and guests with their mapping. */
function examples(): RuleSection {
  return {
    id: "D/9",
    title: "Worked examples of renumbering",
    sentence:
      "For a host and a guest: which of the guest's breakpoints keep their number and which move, where invalid links go, " +
      "what they read back as, and which of the host's breakpoints are unused.",
    confidence: "derived",
    source: breakpoints(
      "kvm_vcpu_breakpoint_config()",
      "virt_to_phys_bpn()",
      "phys_to_virt_bpn()",
      "get_unused_p_bpn()",
      "virt_to_phys_bcr()",
      "phys_to_virt_bcr()",
    ),
    rules: {
      X1:
        "Host 6 breakpoints (2 context-aware), guest 6 (2): not emulated; 0-5 keep their " +
        "numbers; links 6-15 go to 3 with a warning and read back as 3; none is unused.",
      X2:
        "Host 5 breakpoints (2 context-aware), guest 4 (2): emulated; 0-1 keep their numbers " +
        "and 2-3 become 3-4; links 4-15 go to 2 and read back as 0; 2 is unused.",
      X3:
        "Host 6 breakpoints (2 context-aware), guest 5 (2): emulated; 0-2 keep their numbers " +
        "and 3-4 become 4-5; links 5-15 go to 3 and read back as 0; 3 is unused.",
      X4:
        "Host 6 breakpoints (2 context-aware), guest 4 (2): emulated; 0-1 keep their numbers " +
        "and 2-3 become 4-5; links 4-15 go to 3 and read back as 0; 2-3 are unused.",
      X5:
        "Host 6 breakpoints (2 context-aware), guest 2 (2): emulated; 0-1 become 4-5; links " +
        "2-15 go to 3 and read back as 0; 0-3 are unused.",
      X6:
        "Host 6 breakpoints (2 context-aware), guest 3 (2): emulated; 0 keeps its number and " +
        "1-2 become 4-5; links 3-15 go to 3 and read back as 0; 1-3 are unused.",
      X7:
        "Host 6 breakpoints (2 context-aware), guest 5 (1): not emulated; 0-4 keep their " +
        "numbers; links 5-15 go to 3 with a warning and read back as 3; 5 is unused.",
      X8:
        "Host 6 breakpoints (2 context-aware), guest 6 (1): not emulated; 0-5 keep their " +
        "numbers; links 6-15 go to 3 with a warning and read back as 3; none is unused.",
      X9:
        "Host 6 breakpoints (2 context-aware), guest 4 (1): emulated; 0-2 keep their numbers " +
        "and 3 becomes 4; links 4-15 go to 3 and read back as 0; 3 and 5 are unused.",
      X10:
        "Host 6 breakpoints (2 context-aware), guest 1 (1): emulated; 0 becomes 4; links 1-15 " +
        "go to 3 and read back as 0; 0-3 and 5 are unused.",
      X11:
        "Host 6 breakpoints (4 context-aware), guest 4 (3): emulated; 0 keeps its number and " +
        "1-3 become 2-4; links 4-15 go to 1 and read back as 0; 1 and 5 are unused.",
      X12:
        "Host 6 breakpoints (6 context-aware), guest 5 (5): not emulated; 0-4 keep their " +
        "numbers; links 5-15 go to 15 with a warning and read back as 15; 5 is unused.",
      X13:
        "Host 8 breakpoints (4 context-aware), guest 6 (4): emulated; 0-1 keep their numbers " +
        "and 2-5 become 4-7; links 6-15 go to 3 and read back as 0; 2-3 are unused.",
      X14:
        "Host 16 breakpoints (2 context-aware), guest 15 (2): emulated; 0-12 keep their numbers " +
        "and 13-14 become 14-15; link 15 goes to 13 and reads back as 0; 13 is unused.",
      X15:
        "Host 16 breakpoints (4 context-aware), guest 4 (4): emulated; 0-3 become 12-15; links " +
        "4-15 go to 11 and read back as 0; 0-11 are unused.",
      X16:
        "Host 16 breakpoints (8 context-aware), guest 9 (8): emulated; 0 keeps its number and " +
        "1-8 become 8-15; links 9-15 go to 7 and read back as 0; 1-7 are unused.",
      X17:
        "Host 16 breakpoints (1 context-aware), guest 1 (1): emulated; 0 becomes 15; links 1-15 " +
        "go to 14 and read back as 0; 0-14 are unused.",
      X18:
        "Host 16 breakpoints (16 context-aware), guest 16 (16): not emulated; 0-15 keep their " +
        "numbers; no link is invalid; none is unused.",
      X19:
        "Host 16 breakpoints (4 context-aware), guest 12 (1): emulated; 0-10 keep their numbers " +
        "and 11 becomes 12; links 12-15 go to 11 and read back as 0; 11 and 13-15 are unused.",
      X20:
        "Host 2 breakpoints (1 context-aware), guest 1 (1): emulated; 0 becomes 1; links 1-15 " +
        "go to 0 and read back as 0; 0 is unused.",
    },
  };
}

/** What the series gets wrong. */
function weakSpots(): RuleSection {
  const spot = (sentence: string, from: RuleSource): RuleRow => ({
    sentence,
    source: from,
  });
  return {
    id: "D/10",
    title: "Weak spots of renumbering",
    sentence:
      "What the series gets wrong or leaves open, found by following its code.",
    confidence: "derived",
    source: together(breakpoints(), watchpoints(), idRegister()),
    rules: {
      W1: spot(
        "If BRPs and CTX_CMPs are lowered alike, the emulation flag (EMU) stays clear. An access to the hidden breakpoint " +
          "is UNDEFINED while accesses trap, and reaches hardware while they do not.",
        together(
          flag("sys_regs.c: kvm_vcpu_breakpoint_config()"),
          breakpoints("virt_to_phys_bpn()"),
        ),
      ),
      W2: spot(
        "If CTX_CMPs alone is lowered, the guest takes a context-aware hardware breakpoint for a normal one. A context " +
          "type in it matches, where it should be unpredictable.",
        together(
          flag("sys_regs.c: kvm_vcpu_breakpoint_config()"),
          idRegister("validate_id_aa64dfr0_el1()"),
        ),
      ),
      W3: spot(
        "With the emulation flag (EMU) clear, a trapped write of a control value with LBN above BRPs warns and links to " +
          "np - 1, a breakpoint in use. With no normal breakpoint on the host it links to 15.",
        breakpoints("virt_to_phys_bcr()", "get_unused_p_bpn()"),
      ),
      W4: spot(
        "If first-run initialisation fails after the conversion, the next KVM_RUN converts again. The guest loses its " +
          "highest breakpoint, and a lower one appears under that number.",
        together(
          flag("debug.c: kvm_arm_vcpu_init_debug()"),
          breakpoints("kvm_vcpu_breakpoint_config()"),
          kvm("5.18.12", "arm.c: kvm_arch_vcpu_run_pid_change()"),
        ),
      ),
      W5: spot(
        "A guest write of DBGWVR<n> above the guest's WRPs is stored, while one of DBGWCR<n> gives UNDEF.",
        together(
          watchpoints("trap_wcr()"),
          kvm("5.18.12", "sys_regs.c: trap_wvr()"),
        ),
      ),
      W6: spot(
        "If WRPs is lowered and the emulation flag (EMU) is clear, accesses that do not trap reach watchpoint registers " +
          "above the guest's count in hardware.",
        together(
          watchpoints("trap_wcr()"),
          flag("debug.c: kvm_arm_setup_mdcr_el2()"),
        ),
      ),
      W7: spot(
        "Userspace's debug registers use physical numbers, and the capabilities return the host's counts. A VMM that counts " +
          "by the guest's ID register programs the wrong slots.",
        kvm(
          "5.18.12",
          "guest.c: kvm_arch_vcpu_ioctl_set_guest_debug()",
          "arm.c: kvm_vm_ioctl_check_extension()",
        ),
      ),
      W8: spot(
        "The breakpoint that invalid links go to is not context-aware itself.",
        together(breakpoints("get_unused_p_bpn()"), manual("D2.8.7.5")),
      ),
      W9: spot(
        "Debug registers written before the ID register is lowered keep all 16 numbers until the first run, which drops " +
          "those above BRPs. After it the ID register cannot change.",
        breakpoints("set_bcr()", "set_bvr()", "kvm_vcpu_breakpoint_config()"),
      ),
      W10: spot(
        "With the emulation flag (EMU) set every debug-register access traps for the life of the VM.",
        flag("debug.c: kvm_arm_setup_mdcr_el2()"),
      ),
      W11: spot(
        "A reset after the first run writes 0 to all 16 slots without mapping. If the guest has no normal breakpoint, this 0 " +
          "is a link to physical 0, which reads back as 0 only because it is invalid.",
        together(
          breakpoints("phys_to_virt_bcr()"),
          kvm("5.18.12", "sys_regs.c: reset_bcr()", "sys_regs.c: reset_bvr()"),
        ),
      ),
    },
  };
}

/** The sections of the series. */
export function series2022Sections(): readonly RuleSection[] {
  return [
    ...renumbering(),
    ...accesses(),
    idRegisterWrites(),
    examples(),
    weakSpots(),
  ];
}
