/**
 * Rules that are deliberately outside the model, with the reason. What stands here need not be cited by code,
 * nor be shown by a scenario or a test.
 *
 * @module
 */
import type { RuleId } from "../engine/events.ts";
import { citations } from "../cli/citations/scan.ts";

/** Rules with one reason. */
interface Outside {
  /** Ids and ranges of ids, with their architecture. */
  readonly rules: string;
  readonly reason: string;
}

/** The list. */
export const OUTSIDE: readonly Outside[] = [
  {
    rules: "arm64:R1-R10, arm64:Q1, arm64:Q2",
    reason: "an opinion of review about a patch's text, layout or order; " +
      "what came of it is a rule of its own",
  },
  {
    rules: "arm64:C12",
    reason:
      "a trace call that was dropped; nothing that a guest, userspace or the hardware could see",
  },
  {
    rules: "arm64:B17",
    reason:
      "a class that no handler knows: neither the modelled hardware nor the real one brings one to it",
  },
  {
    rules: "arm64:C9",
    reason:
      "a register in none of the four ranges: none such goes to that handler on a 64-bit guest",
  },
  {
    rules: "arm64:D31",
    reason: "32-bit accesses: the model is AArch64 only",
  },
  {
    rules: "arm64:F8",
    reason:
      "syndrome bits above 31, which none of the modelled CPUs reports: hsr_high is always 0",
  },
  {
    rules: "arm64:D33",
    reason:
      "a copy from or to user memory that faults: the model's userspace passes values, not addresses",
  },
  {
    rules: "arm64:V2",
    reason:
      "ID registers that are hidden or read as zero: ID_AA64DFR0_EL1, the one in the model, never is",
  },
  {
    rules: "arm64:V3",
    reason: "guests with a 32-bit EL1: the model is AArch64 only",
  },
  {
    rules: "arm64:F6",
    reason: "protected mode: the model has no second vCPU in the hypervisor",
  },
  {
    rules: "arm64:F15",
    reason: "the ptrace interface of 32-bit processes on the host",
  },
  {
    rules: "arm64:F16",
    reason: "code of a VMM or of an emulator, not of KVM",
  },
  {
    rules: "arm64:F22",
    reason: "a guest at EL2: the model's guests run at EL0 and EL1",
  },
  {
    rules: "x86:B15, x86:Q20",
    reason:
      "the lazily fetched RSP: the model's MOV DR takes a value, not a general register",
  },
  {
    rules: "x86:Q24",
    reason: "VMX's emulated real mode: the model's guests run in long mode",
  },
  {
    rules: "x86:F5",
    reason:
      "a bug of kernels between 2.6.30, where such a #DB exits only in emulated real mode, and 4.4",
  },
  {
    rules: "x86:F11",
    reason:
      "a #DB exit without a cause that is not INT1's: the model's CPU raises none",
  },
  {
    rules: "x86:F15",
    reason: "a bug of 2009 after 2.6.30, in no profile",
  },
  {
    rules: "x86:D8",
    reason: "TDX guests, whose registers the hardware switches",
  },
  {
    rules: "x86:E11, x86:F23, x86:U21 to x86:U25",
    reason: "nested virtualisation",
  },
  {
    rules: "x86:E13",
    reason: "text patching, kgdb and kexec on the host",
  },
  {
    rules: "x86:F10",
    reason: "a loop in the CPU's microcode that never comes to KVM",
  },
  {
    rules: "x86:F18",
    reason: "stack bytes of a 32-bit host in a structure's padding",
  },
  {
    rules: "x86:F27",
    reason: "hypervisors other than KVM",
  },
  {
    rules: "x86:U18",
    reason:
      "split locks, which are no debug-register matter while the features are off",
  },
];

/** The reason by rule. */
export const OUTSIDE_REASON: ReadonlyMap<RuleId, string> = new Map(
  OUTSIDE.flatMap(({ rules, reason }) =>
    citations(rules).ids.map((id): [RuleId, string] => [id, reason])
  ),
);
