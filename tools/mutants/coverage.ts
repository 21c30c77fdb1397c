/**
 * Which files of tests run which lines, measured once and kept.
 *
 * @module
 */
import type { Copy } from "./copy.ts";

/** What a file of tests runs. */
export interface TestFile {
  readonly path: string;
  /** Of its text: a changed file is measured again. */
  readonly digest: string;
  /** How long it takes when all is well, without coverage. */
  readonly ms: number;
  /** Lines that it runs, by source file; none if it fails as the source stands. */
  readonly lines: Readonly<Record<string, readonly number[]>>;
}

/** Ends a run of tests that does not fail and does not end either. */
const LONGEST_MS = 300_000;

/** Starts programs of its own, whose lines are not counted. */
export function startsPrograms(text: string): boolean {
  return /\bDeno\.Command\b|\bnew Worker\b|pseudo_terminal/.test(text);
}

/** The digest of a text. */
export async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 16);
}

/** Runs a file of tests with coverage. */
export async function measured(
  copy: Copy,
  path: string,
  sources: ReadonlySet<string>,
): Promise<TestFile> {
  const digest = await digestOf(await copy.read(path));
  const nothing: TestFile = { path, digest, ms: 0, lines: {} };
  const folder = await Deno.makeTempDir({ prefix: "dregs-coverage-" });
  try {
    const { passed } = await copy.test(path, LONGEST_MS, folder);
    if (!passed) return nothing;
    const ran = await copy.linesRun(folder);
    const lines: Record<string, readonly number[]> = {};
    for (const [source, numbers] of ran) {
      if (sources.has(source) && numbers.size > 0) lines[source] = [...numbers];
    }
    if (Object.keys(lines).length === 0) return nothing;
    const { passed: again, ms } = await copy.test(path, LONGEST_MS);
    return again ? { path, digest, ms: Math.round(ms), lines } : nothing;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * The files of tests that run a line, the one that most likely notices a change in the shortest time first.
 *
 * @param caught how many mutants each file has caught so far
 */
export function testsOf(
  tests: readonly TestFile[],
  { path, line }: { readonly path: string; readonly line: number },
  caught: ReadonlyMap<string, number>,
): readonly TestFile[] {
  const stem = path.replace(/^.*\/|\.ts$/g, "");
  const price = (test: TestFile): number => {
    const isNamed = test.path.includes(stem) ? 4 : 1;
    return test.ms / (1 + (caught.get(test.path) ?? 0)) / isNamed;
  };
  return tests.filter(({ lines }) => lines[path]?.includes(line))
    .sort((a, b) => price(a) - price(b));
}
