/**
 * Changes that the model cannot show, with what it would need. A table of data.
 *
 * @module
 */
import type { HiddenChange } from "../../history.ts";

const NESTED = "a guest that is a hypervisor itself";

/** Oldest first. */
export const X86_HIDDEN: readonly HiddenChange[] = [
  {
    name: "icebp-by-type",
    subject: "kvm/x86: fix icebp instruction handling (32d43cd391ba)",
    since: "4.16",
    missing: "a #DB with an empty exit qualification that is not INT1's",
  },
  {
    name: "no-breakpoint-on-skip",
    subject:
      "x86/kvm/vmx: do not use vm-exit instruction length for fast MMIO when running nested",
    since: "4.16",
    missing: "a CPU with decode assists and without NextRIP",
  },
  {
    name: "host-text-breakpoints",
    subject: "hw_breakpoint.c: breakpoints on kernel text without KPROBES",
    since: "5.2",
    missing: "the host kernel's own text",
  },
  {
    name: "payload-bit-12",
    subject: "KVM: x86: Mask off reserved bit from #DB exception payload",
    since: "5.6",
    missing: NESTED,
  },
  {
    name: "payload-on-get-events",
    subject:
      "KVM: x86: Deliver exception payload on KVM_GET_VCPU_EVENTS (a06230b62b89)",
    since: "5.6",
    missing: NESTED,
  },
  {
    name: "transaction-db",
    subject: "KVM: x86: fix DR6 delivery for various cases of #DB injection",
    since: "5.7",
    missing:
      "nothing: before 6.17 no guest can set DEBUGCTL.RTM, without which a transaction has no #DB",
  },
  {
    name: "host-uninstall-order",
    subject: "hw_breakpoint.c: hardware DR7 first, then cpu_dr7",
    since: "5.8",
    missing: "an NMI in the middle of a host action",
  },
  {
    name: "host-entry-area",
    subject: "hw_breakpoint.c: no breakpoint on the CPU entry area",
    since: "5.8",
    missing: "the host kernel's own data",
  },
  {
    name: "host-restores-clean-dr6",
    subject: "hw_breakpoint_restore() writes 0xffff0ff0 to DR6",
    since: "5.10",
    missing: "a #DB of the task that runs the vCPU",
  },
  {
    name: "debugregs-zeroed",
    subject: "KVM: x86: zero output of KVM_GET_VCPU_EVENTS/DEBUGREGS",
    since: "6.2",
    missing: "32-bit hosts",
  },
  {
    name: "auto-switch",
    subject:
      "KVM: TDX: KVM_DEBUGREG_AUTO_SWITCH; DR7 is 0x400 and not 0 before an entry",
    since: "6.16",
    missing: "TDX guests; both values of DR7 read alike",
  },
];
