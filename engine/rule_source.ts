/**
 * Sources of rules of either architecture, written shortly.
 *
 * @module
 */
import type { RuleCommit, RuleSource } from "./rule_entry.ts";

/**
 * Files of Linux or of another project, or mails.
 *
 * @param read the releases: `5.18.12 to 6.13.2`
 * @param places paths with a function, constant, table or label:
 *   `arch/x86/kernel/hw_breakpoint.c: hw_breakpoint_restore()`
 */
export function source(
  read: string,
  ...places: readonly string[]
): RuleSource {
  return { where: places, read };
}

/** A commit by its first 12 digits, or `undefined` where only the subject is known. */
export function commit(hash: string | undefined, subject: string): RuleCommit {
  return { hash, subject };
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
    parts: sources.flatMap((one) => one.parts ?? [one]),
    ...commits.length > 0 ? { commits } : {},
  };
}
