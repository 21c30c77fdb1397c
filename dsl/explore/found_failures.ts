/**
 * The failures that docs/found.md describes and `--except` goes past: those of current kernels, those in the model alone,
 * and what old kernels have besides.
 *
 * @module
 */
import type { ArchName, RuleId } from "../../engine/mod.ts";
import type { KernelTerm } from "../action_parts.ts";
import type { KnownFailure, WrongValue } from "./known.ts";

/** A failure of docs/found.md. */
export interface FoundFailure extends KnownFailure {
  /** The architecture that has it. */
  readonly arch: ArchName;
  /** Kernels that have it, where the rules alone do not tell; every one if left out. */
  readonly on?: readonly KernelTerm[];
}

/** Names of the failures, each once. */
export function foundNames(): readonly string[] {
  return [...new Set(FOUND_FAILURES.map(({ name }) => name))];
}

/**
 * KVM gives the guest a #DB that it queued: that of a debugger's TF, whose handler may access debug registers and be
 * stepped. `frame` has it.
 */
const QUEUED: readonly RuleId[] = ["x86:D27"];

const RF = 1n << 16n;

/** RFLAGS is pushed with RF, or without it, where the CPU does otherwise. */
const RF_SET: WrongValue = { name: "rflags", more: RF };
const RF_CLEAR: WrongValue = { name: "rflags", less: RF };

/** B0 to B3 of a #DB that do not tell of a hit. */
const B_CLEAR: WrongValue = { name: "dr6", less: 0xfn };

/** By the names of the blocks there; a debugger's step before a debugger's registers, since a guest's handler may access those too. */
export const FOUND_FAILURES: readonly FoundFailure[] = [
  {
    name: "frame",
    arch: "x86",
    kinds: ["stray", "frame", "stale", "leak"],
    rules: ["x86:A6", "x86:D30"],
  },
  // What the sync after a step's exit takes for the guest's DR6.
  {
    name: "status",
    arch: "x86",
    kinds: ["stale", "frame"],
    rules: ["x86:C17", "x86:D29"],
    without: QUEUED,
  },
  {
    name: "lost",
    arch: "x86",
    kinds: ["missed", "stale", "frame"],
    rules: ["x86:D30"],
    without: QUEUED,
  },
  {
    name: "window",
    arch: "x86",
    kinds: ["stale", "leak", "missed", "stray", "frame", "warn"],
    rules: ["x86:D/6", "x86:D29"],
    without: QUEUED,
  },
  // What the sync after that exit takes for the guest's.
  {
    name: "window",
    arch: "x86",
    kinds: ["stale", "leak", "missed", "stray", "frame", "warn"],
    rules: ["x86:D10", "x86:D29"],
    without: QUEUED,
  },
  // The same on older kernels.
  {
    name: "window",
    arch: "x86",
    kinds: ["stale", "leak", "missed", "stray", "frame", "warn"],
    rules: ["x86:C7", "x86:D29"],
    without: QUEUED,
  },
  {
    name: "window",
    arch: "x86",
    kinds: ["stale", "leak", "missed", "stray", "frame", "warn"],
    rules: ["x86:C8", "x86:D29"],
    without: QUEUED,
  },
  { name: "mmio", arch: "x86", kinds: ["missed"], rules: ["x86:D26"] },
  { name: "io", arch: "x86", kinds: ["missed"], rules: ["x86:D50"] },
  // A step that is due there is all that the #DB tells of.
  {
    name: "io",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:D50"],
    value: B_CLEAR,
  },
  {
    name: "rf",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:D14"],
    value: RF_CLEAR,
  },
  {
    name: "rf",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:D46"],
    value: RF_SET,
  },
  {
    name: "rf",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:C16", "x86:A/6.1"],
    value: RF_CLEAR,
  },
  // What kvm-amd leaves set where it moves past an instruction.
  { name: "resume", arch: "x86", kinds: ["missed"], rules: ["x86:D49"] },
  {
    name: "resume",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:D49"],
    value: RF_SET,
  },
  {
    name: "joined",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:D27", "x86:A1"],
    value: B_CLEAR,
  },
  {
    name: "icebp",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:A/5"],
    value: { name: "dr7", more: 0x2000n },
    on: [{
      kind: "changes",
      vendor: "svm",
      with: [],
      without: ["svm-icebp-exits"],
    }],
  },
  {
    name: "held",
    arch: "x86",
    kinds: ["stray", "frame"],
    rules: ["x86:A7", "x86:D30"],
  },
  {
    name: "held",
    arch: "x86",
    kinds: ["stray", "frame"],
    rules: ["x86:D18", "x86:D27", "x86:D30"],
  },
  {
    name: "held",
    arch: "x86",
    kinds: ["stray", "frame"],
    rules: ["x86:C16", "x86:C20", "x86:D30"],
  },
  {
    name: "hidden",
    arch: "x86",
    kinds: ["frame"],
    rules: ["x86:C16", "x86:D29"],
    value: { name: "dr6", less: 0xe00fn },
    on: [{
      kind: "changes",
      vendor: "svm",
      with: [],
      without: ["svm-isolated-dr6"],
    }],
  },
  {
    name: "nmi",
    arch: "x86",
    kinds: ["stale", "frame", "stray"],
    rules: ["x86:D54"],
  },
  {
    name: "dropped",
    arch: "x86",
    kinds: ["missed"],
    rules: ["x86:D56"],
  },
  {
    name: "step",
    arch: "arm64",
    kinds: ["stray"],
    rules: ["arm64:A/13", "arm64:B5"],
  },
  // What the guest accesses before KVM's decision has come to the CPU.
  {
    name: "late",
    arch: "arm64",
    kinds: ["stale", "leak", "missed", "stray"],
    rules: ["arm64:F24"],
  },
  // Then the exit puts the MDSCR_EL1 that KVM has saved in place of what the guest has found or written.
  {
    name: "late",
    arch: "arm64",
    kinds: ["stale", "missed"],
    rules: ["arm64:B3", "arm64:E/1.9"],
    on: [{
      kind: "changes",
      with: ["mdcr-at-load"],
      without: ["write-mdcr-changes"],
    }],
  },
];
