/**
 * What a rule book is made of: rules, their sections and their sources.
 *
 * @module
 */
import type { RuleId } from "./events.ts";

/**
 * How a rule is known.
 *
 * - `source`: read in the source of a kernel, an emulator, a VMM or a test, or in a patch mail
 * - `architecture`: read in a manual of the architecture
 * - `derived`: follows from code that was read; no report of it is known
 * - `recorded`: seen on a real kernel
 * - `memory`: remembered; the source names where it is believed to stand
 */
export type RuleConfidence =
  | "source"
  | "architecture"
  | "derived"
  | "recorded"
  | "memory";

/** Linux releases that have a rule, as far as they are known. */
export interface KernelRange {
  /** The first release known to have it. */
  readonly since?: string;
  /** The first later release known not to have it. */
  readonly until?: string;
}

/** A commit that introduced or changed a rule. */
export interface RuleCommit {
  /** 12 digits; undefined if only the subject is known. */
  readonly hash: string | undefined;
  /** Its first line. */
  readonly subject: string;
}

/** Where a rule was read. */
export interface RuleSource {
  /**
   * Places: a kernel's file with its function (`arch/arm64/kvm/debug.c: kvm_arm_setup_debug()`), a manual's section
   * (`Intel SDM vol. 3B 19.3.1.1`, `Arm ARM DDI 0487 D2.9.3`, `AMD APM vol. 2 13.1.1`), a patch
   * (`KVM: arm64: Emulate dbgwcr accesses [PATCH v7 14/38]`), a pull request
   * (`cloud-hypervisor/cloud-hypervisor pull request #4534`), or a recording (`tests/recordings/arm64/bp-bas.jsonl`).
   */
  readonly where: readonly string[];
  /** Releases, or the series, in which it was read: `5.18.12 to 6.13.2`; the manual's issue or date. */
  readonly read: string;
  /** Of several sources as one: each by itself. */
  readonly parts?: readonly RuleSource[];
  /** The commits that introduced or changed it, where known. */
  readonly commits?: readonly RuleCommit[];
}

/** One rule. */
export interface RuleEntry {
  /** With its architecture. */
  readonly id: RuleId;
  /** The section that contains the rule; undefined on a section itself. */
  readonly section?: RuleId;
  /** A few words; sections and known bugs have them. */
  readonly title?: string;
  /** What the rule says, in a sentence or a few short ones. */
  readonly sentence: string;
  /** Undefined if the rule does not depend on the kernel, or no release is known. */
  readonly kernels?: KernelRange;
  /** How the rule is known. */
  readonly confidence: RuleConfidence;
  /** Where it was read. */
  readonly source: RuleSource;
}

/** A rule in its section's table. A sentence alone has the section's confidence, kernels and source. */
export type RuleRow =
  | string
  | {
    readonly title?: string;
    readonly sentence: string;
    readonly confidence?: RuleConfidence;
    /** `{}` where the section's releases do not hold, and none are known. */
    readonly kernels?: KernelRange;
    readonly source?: RuleSource;
  };

/** A section of a book, itself a rule; ids are without their architecture. */
export interface RuleSection {
  readonly id: string;
  readonly title: string;
  readonly sentence: string;
  readonly confidence: RuleConfidence;
  readonly kernels?: KernelRange;
  readonly source: RuleSource;
  readonly rules: Readonly<Record<string, RuleRow>>;
}
