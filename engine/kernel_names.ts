/**
 * Functions of KVM that have moved to another file, or have another name since.
 *
 * A rule names the functions of the trees that it was read in; other releases call some of them otherwise.
 *
 * @module
 */

/** A function of a kernel, or of a VMM. */
export interface KernelFunction {
  /** Without parentheses: `kvm_arch_vcpu_ioctl_set_guest_debug`. */
  readonly name: string;
  /** Its file, from the kernel's root; a VMM's begins with the VMM's name. */
  readonly file: string;
}

/** A file that moved. */
interface Moved {
  readonly was: string;
  readonly is: string;
  /** The first release that has it there. */
  readonly since: string;
  /** The functions that went there; all if not said. */
  readonly only?: RegExp;
}

const HYP = "arch/arm64/kvm/hyp";

/** Oldest first where a file moved twice. */
const FILES: readonly Moved[] = [
  {
    was: "arch/arm/kvm/arm.c",
    is: "virt/kvm/arm/arm.c",
    since: "4.12",
  },
  {
    was: "virt/kvm/arm/arm.c",
    is: "arch/arm64/kvm/arm.c",
    since: "5.8",
  },
  {
    was: "arch/arm/kvm/mmio.c",
    is: "virt/kvm/arm/mmio.c",
    since: "4.12",
  },
  {
    was: "virt/kvm/arm/mmio.c",
    is: "arch/arm64/kvm/mmio.c",
    since: "5.8",
  },
  {
    was: "arch/x86/kvm/vmx.c",
    is: "arch/x86/kvm/vmx/vmx.c",
    since: "5.0",
  },
  {
    was: "arch/x86/kvm/svm.c",
    is: "arch/x86/kvm/svm/svm.c",
    since: "5.7",
  },
  {
    was: `${HYP}/sysreg-sr.c`,
    is: `${HYP}/include/hyp/sysreg-sr.h`,
    since: "5.9",
    only: /^__sysreg_(?:save|restore)_(?:common|user|el1)_state$/,
  },
  {
    was: `${HYP}/debug-sr.c`,
    is: `${HYP}/include/hyp/debug-sr.h`,
    since: "5.9",
  },
  {
    was: `${HYP}/switch.c`,
    is: `${HYP}/include/hyp/switch.h`,
    since: "5.9",
    only: /_traps_common$/,
  },
  {
    was: `${HYP}/switch.c`,
    is: `${HYP}/vhe/switch.c`,
    since: "5.9",
    only: /_traps_vhe_(?:load|put)$/,
  },
];

/** A function with another name. */
interface Renamed {
  /** Where both are; undefined if in any file. */
  readonly file?: RegExp;
  readonly was: string;
  readonly is: string;
  /** The first release that calls it so. */
  readonly since: string;
  /** Series before that which do too, each from the first point that is known to. */
  readonly stable?: Readonly<Record<string, string>>;
}

const VMX = /\/vmx\.c$/;
const SVM = /\/svm\.c$/;

const FUNCTIONS: readonly Renamed[] = [
  {
    file: VMX,
    was: "handle_exception",
    is: "handle_exception_nmi",
    since: "5.3",
  },
  ...["nmi", "irq"].flatMap((kind) =>
    ([["vmx", VMX], ["svm", SVM]] as const).map(([vendor, file]) => ({
      file,
      was: `enable_${kind}_window`,
      is: `${vendor}_enable_${kind}_window`,
      since: "5.12",
    }))
  ),
  // Its second name, of 5.18 and 5.19, comes before its first, since a rule has the third.
  {
    file: SVM,
    was: "svm_skip_emulated_instruction",
    is: "__svm_skip_emulated_instruction",
    since: "6.0",
  },
  {
    file: SVM,
    was: "skip_emulated_instruction",
    is: "svm_skip_emulated_instruction",
    since: "5.18",
  },
  {
    was: "inject_pending_event",
    is: "kvm_check_and_inject_events",
    since: "6.1",
  },
  {
    was: "kvm_vcpu_check_singlestep",
    is: "kvm_vcpu_do_singlestep",
    since: "4.12",
    stable: { "4.4": "4.4.155", "4.9": "4.9.115" },
  },
  {
    was: "kvm_vcpu_check_breakpoint",
    is: "kvm_vcpu_check_code_breakpoint",
    since: "5.19",
    stable: {
      "5.10": "5.10.120",
      "5.15": "5.15.45",
      "5.17": "5.17.13",
      "5.18": "5.18.2",
    },
  },
  {
    was: "kvm_fast_pio_out",
    is: "kvm_fast_pio",
    since: "4.17",
  },
  {
    was: "__debug_switch_to_guest",
    is: "__debug_switch_to_guest_common",
    since: "5.9",
  },
  {
    was: "__debug_switch_to_host",
    is: "__debug_switch_to_host_common",
    since: "5.9",
  },
];

/** Functions with what they call of other functions that rules name. */
const CALLS: readonly (readonly [caller: RegExp, callees: RegExp])[] = [
  [
    /^kvm_arch_vcpu_ioctl_set_guest_debug$/,
    /^(?:kvm_update_dr|__kvm_set_rflags$|kvm_multiple_exception$)/,
  ],
  [/^kvm_vcpu_ioctl_x86_set_debugregs$/, /^kvm_update_dr/],
  [/^kvm_vcpu_ioctl_nmi$/, /^(?:kvm_inject_nmi|process_nmi)$/],
  [
    /^vcpu_enter_guest$/,
    /^(?:kvm_update_dr|(?:vmx|svm)_sync_dirty_debug_regs$|hw_breakpoint_restore$)/,
  ],
  [/^(?:__)?kvm_set_dr$/, /^kvm_update_dr/],
  [
    /^(?:handle_dr|dr_interception)$/,
    /^(?:__)?kvm_(?:set|get|require|update)_dr|^svm_set_dr$/,
  ],
  [
    /^(?:handle_exception|db_interception)/,
    /^kvm_(?:multiple_exception|deliver_exception_payload)$/,
  ],
  [
    /^(?:inject_pending_event|kvm_check_and_inject_events)$/,
    /^kvm_update_dr|^kvm_deliver_exception_payload$|enable_(?:nmi|irq)_window$|_inject_/,
  ],
  [
    /^x86_emulate_instruction$/,
    /^(?:kvm_vcpu_(?:do|check)_|emulator_|x86_decode_|(?:__)?kvm_(?:set|get|update)_dr)/,
  ],
  [/^kvm_vcpu_reset$/, /^(?:kvm_update_dr|init_vmcb$|vmx_exec_control$)/],
  [
    /^kvm_vcpu_load_debug$/,
    /^(?:setup_external_mdscr|kvm_arm_setup_mdcr_el2)$/,
  ],
  [
    /^trap_(?:debug_regs|dbg_wb_reg|b[vc]r|w[vc]r)$/,
    /^(?:kvm_debug_set_guest_ownership|kvm_arm_setup_mdcr_el2|reg_to_dbg|demux_wb_reg)$/,
  ],
  [/^kvm_debug_set_guest_ownership$/, /^kvm_arm_setup_mdcr_el2$/],
  [
    /^kvm_arm_setup_debug$/,
    /^(?:kvm_arm_setup_mdcr_el2|save_guest_debug_regs)$/,
  ],
  [/^kvm_arm_clear_debug$/, /^restore_guest_debug_regs$/],
];

/** True if a function calls another, as far as rules name both. */
export function calls(caller: string, callee: string): boolean {
  return CALLS.some(([from, to]) => from.test(caller) && to.test(callee));
}

/** A release as a number that compares: `5.4.120`. */
export function releaseNumber(release: string): number {
  const [major, minor = 0, patch = 0] = release.split(".").map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}

/** What a release calls a function, and the file where it has it. */
export function nameIn(
  { name, file }: KernelFunction,
  release: string,
): KernelFunction {
  const at = releaseNumber(release);
  const [series] = /^\d+\.\d+/.exec(release) ?? [""];
  const isSince = (
    since: string,
    stable: Readonly<Record<string, string>> = {},
  ): boolean => at >= releaseNumber(stable[series] ?? since);
  let is = { name, file };
  const applies = (row: Moved): boolean =>
    row.only === undefined || row.only.test(is.name);
  for (const one of FUNCTIONS) {
    if (one.file && !one.file.test(is.file)) continue;
    const hasNew = isSince(one.since, one.stable);
    if (hasNew && is.name === one.was) is.name = one.is;
    else if (!hasNew && is.name === one.is) is.name = one.was;
  }
  for (const row of FILES) {
    if (isSince(row.since) && is.file === row.was && applies(row)) {
      is = { ...is, file: row.is };
    }
  }
  for (const row of FILES.toReversed()) {
    if (!isSince(row.since) && is.file === row.is && applies(row)) {
      is = { ...is, file: row.was };
    }
  }
  return is;
}
