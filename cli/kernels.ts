/**
 * Kernels by the names that options give.
 *
 * @module
 */
import { UsageError } from "./command.ts";

/** All names once, those of each list in its own order. */
function mergedInOrder(lists: readonly (readonly string[])[]): string[] {
  const merged: string[] = [];
  for (const list of lists) {
    let at = merged.length;
    for (const name of list.toReversed()) {
      const found = merged.indexOf(name);
      if (found >= 0) at = found;
      else merged.splice(at, 0, name);
    }
  }
  return merged;
}

/** Names of the profiles of all architectures, each once; of one architecture, oldest first. */
export async function kernelNames(): Promise<readonly string[]> {
  const { ARCH_NAMES, architecture } = await import("../engine/mod.ts");
  return mergedInOrder(
    ARCH_NAMES.map((name) =>
      (architecture(name)?.profiles ?? []).map((profile) => profile.name)
    ),
  );
}

/**
 * Checks the value of `--kernel`.
 *
 * @param known what it may be
 * @throws {UsageError} if it is another
 */
export async function checkKernel(
  name: string,
  known: readonly string[],
): Promise<void> {
  if (known.includes(name)) return;
  const { didYouMean } = await import("../dsl/suggest.ts");
  throw new UsageError(
    `\`--kernel ${name}\`: there is no such kernel`,
    didYouMean(name, known) ?? `expected ${known.join(", ")}`,
  );
}
