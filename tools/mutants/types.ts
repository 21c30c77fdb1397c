/**
 * Which mutants the type checker refuses: asked only of those that no test notices, several at a time.
 *
 * @module
 */
import type { Copy } from "./copy.ts";
import type { Mutant } from "./operators.ts";

/** One mutant a file, the rest for later: a message of the type checker names the file, not the change. */
export function rounds(mutants: readonly Mutant[]): readonly Mutant[][] {
  const result: Mutant[][] = [];
  for (const ofFile of Map.groupBy(mutants, ({ path }) => path).values()) {
    for (const [index, mutant] of ofFile.entries()) {
      (result[index] ??= []).push(mutant);
    }
  }
  return result;
}

async function refusedTogether(
  copy: Copy,
  mutants: readonly Mutant[],
): Promise<readonly Mutant[]> {
  for (const mutant of mutants) await copy.change(mutant);
  const output = await copy.typeErrors(mutants.map(({ path }) => path));
  for (const mutant of mutants) await copy.restore(mutant);
  if (output === undefined) return [];
  if (mutants.length === 1) return mutants;
  const named = mutants.filter(({ path }) => output.includes(`/${path}:`));
  if (named.length > 0) return named;
  // The error is where a changed type is used.
  const alone: Mutant[] = [];
  for (const mutant of mutants) {
    alone.push(...await refusedTogether(copy, [mutant]));
  }
  return alone;
}

/**
 * The mutants whose types do not hold.
 *
 * @param copy one without switches: they have types of their own
 */
export async function refused(
  copy: Copy,
  mutants: readonly Mutant[],
): Promise<ReadonlySet<Mutant>> {
  const result = new Set<Mutant>();
  for (const round of rounds(mutants)) {
    for (const mutant of await refusedTogether(copy, round)) result.add(mutant);
  }
  return result;
}
