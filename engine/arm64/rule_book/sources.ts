/**
 * Sources of arm64 rules, written shortly.
 *
 * @module
 */
import type { RuleCommit, RuleSource } from "../../rule_entry.ts";

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

/**
 * Files of Linux, or of another project.
 *
 * @param read the releases: `5.18.12 to 6.13.2`
 * @param places paths with a function, table or label: `arch/arm64/kernel/hw_breakpoint.c: hw_breakpoint_arch_parse()`
 */
export function source(
  read: string,
  ...places: readonly string[]
): RuleSource {
  return { where: places, read };
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

/** A commit by its first 12 digits, or `undefined` where only the subject is known. */
export function commit(hash: string | undefined, subject: string): RuleCommit {
  return { hash, subject };
}

/** A commit of KVM on arm64; its subject is without `KVM: arm64: `. */
export function kvmCommit(
  hash: string | undefined,
  subject: string,
): RuleCommit {
  return commit(hash, `KVM: arm64: ${subject}`);
}

/** A source with the commits that introduced or changed the rule. */
export function by(
  base: RuleSource,
  ...commits: readonly RuleCommit[]
): RuleSource {
  return { ...base, commits: [...base.commits ?? [], ...commits] };
}

/** Several sources as one. */
export function together(...sources: readonly RuleSource[]): RuleSource {
  const commits = sources.flatMap(({ commits }) => commits ?? []);
  return {
    where: [...new Set(sources.flatMap(({ where }) => where))],
    read: [...new Set(sources.map(({ read }) => read))].join("; "),
    ...commits.length > 0 ? { commits } : {},
  };
}
