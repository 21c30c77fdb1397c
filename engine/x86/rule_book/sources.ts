/**
 * Sources of x86 rules, written shortly.
 *
 * @module
 */
import type { RuleSource } from "../../rule_entry.ts";
import { source } from "../../rule_source.ts";

export { by, commit, source, together } from "../../rule_source.ts";

/** Volumes of the Intel Software Developer's Manual. */
type SdmVolume = "3A" | "3B" | "3C";

/**
 * The Intel Software Developer's Manual.
 *
 * @param sections numbers of the issue that was read; newer issues number the chapters differently
 */
export function sdm(
  volume: SdmVolume,
  ...sections: readonly string[]
): RuleSource {
  return {
    where: sections.map((section) => `Intel SDM vol. ${volume} ${section}`),
    read: "SDM 325384-059US, June 2016",
  };
}

/** The AMD64 Architecture Programmer's Manual, volume 2. */
export function apm(...sections: readonly string[]): RuleSource {
  return {
    where: sections.map((section) => `AMD APM vol. 2 ${section}`),
    read: "APM 24593 revision 3.44, March 2026",
  };
}

/** As {@linkcode source}, with places below `arch/x86/kvm/`. */
export function kvm(read: string, ...places: readonly string[]): RuleSource {
  return source(read, ...places.map((place) => `arch/x86/kvm/${place}`));
}

/** The KVM selftest that debugs a guest; the file moved from x86_64/ to x86/ in 6.14. */
export function selftest(): RuleSource {
  return source(
    "5.7.14 to 7.1.5",
    "tools/testing/selftests/kvm/x86_64/debug_regs.c: main()",
    "tools/testing/selftests/kvm/x86/debug_regs.c: main()",
  );
}

/** Files of kvm-unit-tests, below its x86/. */
export function unitTest(...places: readonly string[]): RuleSource {
  return source(
    "kvm-unit-tests 1da1819e49fc, June 2026",
    ...places.map((place) => `kvm-unit-tests/x86/${place}`),
  );
}

/** Recordings of Linux 6.1, below `tests/recordings/x86/`. */
export function recording(...names: readonly string[]): RuleSource {
  return {
    where: names.map((name) => `tests/recordings/x86/${name}.jsonl`),
    read: "recorded on Linux 6.1",
  };
}

/** The smallest recordings of a difference, below `tests/recordings/x86/minimal/`, by the folder of their kernel. */
export function minimal(
  kernel: keyof typeof MINIMAL,
  ...names: readonly string[]
): RuleSource {
  return {
    where: recording(...names.map((name) => `minimal/${kernel}/${name}`)).where,
    read: `recorded on Linux ${MINIMAL[kernel]}`,
  };
}

/** The releases in the folders of the smallest recordings. */
const MINIMAL = {
  "6.1": "6.1.192",
  "7.2": "7.2.12",
  "7.3": "7.3.4",
  "intel-6.1": "6.1.192",
  "intel-7.3": "7.3.4",
} as const;

/** Recordings of another release, `7.2`, which has a folder of its own. */
export function recordingOf(
  release: string,
  ...names: readonly string[]
): RuleSource {
  return {
    where: recording(...names.map((name) => `linux-${release}/${name}`)).where,
    read: `recorded on Linux ${release}`,
  };
}
