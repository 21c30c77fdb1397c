/**
 * Kernels as sets of changes: one with some of them applied or reverted, and which go together.
 *
 * @module
 */
import {
  type Architecture,
  type ChangeInfo,
  type KernelAnswer,
  splitKernel,
} from "../../engine/mod.ts";

/** A kernel that is made of changes. */
export interface RowKernel {
  /** In one spelling. */
  readonly name: string;
  readonly rows: ReadonlySet<string>;
}

/** A kernel that is made of changes; undefined for any other, and where there is none. */
export function rowKernel(
  arch: Architecture,
  text: string,
): RowKernel | undefined {
  const answer = arch.kernel(text);
  if (!answer.ok || answer.info.rows === undefined) return undefined;
  return { name: answer.info.name, rows: new Set(answer.info.rows) };
}

/** The text of a kernel that has exactly some changes, made from the release or name of another. */
export function kernelText(
  arch: Architecture,
  from: string,
  rows: ReadonlySet<string>,
): string {
  const words = splitKernel(from);
  const base = "base" in words ? words.base : from;
  const { rows: own } = rowKernel(arch, base)!;
  const picked = arch.changes().flatMap(({ name }) =>
    rows.has(name) === own.has(name)
      ? []
      : [`${rows.has(name) ? "with" : "without"} ${name}`]
  );
  return [base, ...picked].join(" ");
}

/** The kernel with exactly some changes, or why there is none. */
export function kernelWith(
  arch: Architecture,
  from: string,
  rows: ReadonlySet<string>,
): KernelAnswer {
  return arch.kernel(kernelText(arch, from, rows));
}

/**
 * Completes a set of changes to a kernel: what those that are applied need is applied, and what needs those that are
 * reverted is reverted.
 *
 * @param has the kernel's
 * @param allowed changes that may be applied or reverted
 * @returns undefined if that is not possible
 */
export function completed(
  arch: Architecture,
  has: ReadonlySet<string>,
  changed: ReadonlySet<string>,
  allowed: ReadonlySet<string>,
): ReadonlySet<string> | undefined {
  const result = new Set(changed);
  for (;;) {
    const rows = has.symmetricDifference(result);
    const broken = arch.changes().flatMap(({ name, needs = [] }) =>
      rows.has(name)
        ? needs.filter(({ row }) => !rows.has(row)).map(({ row }) => ({
          name,
          row,
        }))
        : []
    ).at(0);
    if (broken === undefined) return result;
    // What was there before goes, what was not there before is needed.
    const more = has.has(broken.name) ? broken.name : broken.row;
    if (result.has(more) || !allowed.has(more)) return undefined;
    result.add(more);
  }
}

/** Changes that could resolve what does not go together; undefined if nothing is excluded. */
export function conflicting(
  arch: Architecture,
  rows: ReadonlySet<string>,
): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  for (const { name, excludes = [] } of arch.changes()) {
    if (!rows.has(name)) continue;
    for (const { row } of excludes) {
      if (!rows.has(row)) continue;
      const later = arch.changes().filter(({ needs = [] }) =>
        needs.some((relation) => relation.row === row)
      );
      for (const one of [name, row, ...later.map((one) => one.name)]) {
        found.add(one);
      }
    }
  }
  return found.size > 0 ? found : undefined;
}

/** Fields of the kernel's record that a change touches, for a vendor. */
export function touched(
  arch: Architecture,
  { touches }: ChangeInfo,
  vendor: string | undefined,
): readonly string[] {
  return touches[vendor ?? arch.name] ?? [];
}
