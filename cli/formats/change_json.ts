/**
 * A change of KVM as JSON, as `docs/json.md` describes it for `dregs.history/1`.
 *
 * @module
 */
import type { FoundChange } from "../../dsl/history.ts";
import type { Json } from "../../report/json.ts";

/** A change as JSON. */
export function changeJson(
  { arch, change }: FoundChange,
): { readonly [name: string]: Json } {
  const relations = (those: typeof change.needs): Json =>
    those?.map(({ row, why }) => ({ row, why })) ?? [];
  return {
    arch: arch.name,
    name: change.name,
    commits: change.commits.map(({ hash, subject, seen }) => ({
      hash: hash ?? null,
      subject,
      seen,
    })),
    since: change.since ?? null,
    approximate: change.approximate ?? false,
    bracket: change.bracket === undefined ? null : { ...change.bracket },
    stable: change.stable.map((one) => ({
      series: one.series,
      since: one.since ?? null,
      seen: one.seen ?? null,
      without: one.without ?? null,
      with: one.with ?? null,
      gone: one.gone ?? null,
    })),
    distributions: [...change.distributions ?? []],
    vendors: [...change.vendors],
    confidence: change.confidence,
    rules: [...change.rules],
    before: change.before,
    after: change.after,
    needs: relations(change.needs),
    excludes: relations(change.excludes),
  };
}
