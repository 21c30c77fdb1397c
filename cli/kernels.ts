/**
 * Kernels by the names that options give.
 *
 * @module
 */
import { UsageError } from "./command.ts";

/** Names of the profiles of all architectures, each once. */
export async function kernelNames(): Promise<readonly string[]> {
  const { ARCH_NAMES, architecture } = await import("../engine/mod.ts");
  const profiles = ARCH_NAMES.flatMap((name) =>
    architecture(name)?.profiles ?? []
  );
  return [...new Set(profiles.map(({ name }) => name))];
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
    `--kernel ${name}: there is no such kernel`,
    didYouMean(name, known) ?? `expected ${known.join(", ")}`,
  );
}
