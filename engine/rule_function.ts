/**
 * Which function of the kernel does what a rule says, as the rule's source names it.
 *
 * @module
 */
import type { RuleEntry, RuleSource } from "./rule_entry.ts";

/** A function of a kernel. */
export interface KernelFunction {
  /** Without parentheses: `kvm_arch_vcpu_ioctl_set_guest_debug`. */
  readonly name: string;
  /** Its file, from the kernel's root. */
  readonly file: string;
}

/** The kernel whose function is wanted. */
export interface FunctionOf {
  /** The vendor whose code runs; undefined where there is no choice. */
  readonly vendor: string | undefined;
  /** Its release, `7.2` or `5.4.120`; undefined if it has none. */
  readonly release: string | undefined;
}

/** Folders and old files of the vendors' code. */
const VENDOR_CODE: Readonly<Record<string, RegExp>> = {
  vmx: /^arch\/x86\/kvm\/vmx[./]/,
  svm: /^arch\/x86\/kvm\/svm[./]/,
};

/** A release as a number that compares. */
function numberOf(release: string): number {
  const [major, minor = 0, patch = 0] = release.split(".").map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}

/** How far a release is from those in which a source was read; 0 where it lies between them. */
function distance({ read }: RuleSource, release: string | undefined): number {
  const known = [...read.matchAll(/\b\d\.\d+(?:\.\d+)*/g)].map(([one]) =>
    numberOf(one)
  );
  if (known.length === 0 || release === undefined) return Infinity;
  const wanted = numberOf(release);
  const first = Math.min(...known);
  const last = Math.max(...known);
  // A source that was read in one release, or up to the newest, stands for later ones too.
  return wanted < first ? first - wanted : wanted > last ? wanted - last : 0;
}

/** The functions of a source that are code of a kernel, and of the vendor. */
function functionsOf(
  { where }: RuleSource,
  vendor: string | undefined,
): KernelFunction[] {
  return where.flatMap((place) => {
    const [, file, name] = /^((?:arch|virt|kernel)\/\S+): (\w+)\(\)$/.exec(
      place,
    ) ?? [];
    if (file === undefined) return [];
    const isOthers = vendor !== undefined &&
      Object.entries(VENDOR_CODE).some(([other, files]) =>
        other !== vendor && files.test(file)
      );
    return isOthers ? [] : [{ name, file }];
  });
}

/**
 * The function that does what a rule says: the first that its source names for the kernel's vendor, of what was read
 * in the kernel's release or nearest to it. A rule that names a getter and its setter names the setter first, because
 * that is what changes a value.
 *
 * @returns undefined if the source names none: a manual, or a patch mail
 */
export function functionOf(
  { source }: Pick<RuleEntry, "source">,
  { vendor, release }: FunctionOf,
): KernelFunction | undefined {
  const parts = (source.parts ?? [source]).flatMap((part) => {
    const [first] = functionsOf(part, vendor);
    return first === undefined ? [] : [{ first, far: distance(part, release) }];
  });
  return parts.toSorted((a, b) => a.far === b.far ? 0 : a.far - b.far)[0]
    ?.first;
}
