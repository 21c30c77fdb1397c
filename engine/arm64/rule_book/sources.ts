/**
 * Sources of arm64 rules, written shortly.
 *
 * @module
 */
import type { RuleCommit, RuleSource } from "../../rule_entry.ts";
import { commit, source } from "../../rule_source.ts";

export { by, commit, source, together } from "../../rule_source.ts";

/**
 * The Arm Architecture Reference Manual.
 *
 * @param places sections, registers and pseudocode with their section: `D2.8.3.1`, `D24.3.2 DBGBCR<n>_EL1`,
 *   `J1.1.1.28 AArch64.StateMatch()`
 */
export function manual(...places: readonly string[]): RuleSource {
  return {
    where: places.map((place) => `Arm ARM DDI 0487 ${place}`),
    read: "issue M.a.a",
  };
}

/** As {@linkcode source}, with places below `arch/arm64/kvm/`. */
export function kvm(read: string, ...places: readonly string[]): RuleSource {
  return source(read, ...places.map((place) => `arch/arm64/kvm/${place}`));
}

/**
 * The kernel's self test of debug exceptions.
 *
 * @param names functions of it
 */
export function selftest(
  read: string,
  ...names: readonly string[]
): RuleSource {
  return source(
    read,
    ...names.map((name) =>
      `tools/testing/selftests/kvm/aarch64/debug-exceptions.c: ${name}`
    ),
  );
}

/** Recordings of Linux 6.1, below `tests/recordings/arm64/`. */
export function recording(...names: readonly string[]): RuleSource {
  return {
    where: names.map((name) => `tests/recordings/arm64/${name}.jsonl`),
    read: "recorded on 6.1",
  };
}

/** Recordings of a later release, which have its own folder. */
export function recordingOn(
  release: string,
  ...names: readonly string[]
): RuleSource {
  return {
    where: recording(...names.map((name) => `linux-${release}/${name}`)).where,
    read: `recorded on ${release}`,
  };
}

/** A commit of KVM on arm64; its subject is without `KVM: arm64: `. */
export function kvmCommit(
  hash: string | undefined,
  subject: string,
): RuleCommit {
  return commit(hash, `KVM: arm64: ${subject}`);
}
