/**
 * Scenarios and explore blocks, by the commands that read them.
 *
 * @module
 */
import * as fc from "fast-check";
import { exploreBlocks, scenarios } from "./corpus.ts";
import { runCommand } from "./program.ts";
import { spoiltTexts } from "./spoil.ts";
import type { Input, Surface } from "./surface.ts";

const FILE = "a.dregs";

/** An input: a text, and the arguments before the file's name. */
interface Given {
  readonly args: readonly string[];
  readonly text: string;
}

async function give(input: Input): Promise<void> {
  const { args, text } = input as unknown as Given;
  const isWritten = args[0] === "fmt";
  await runCommand([...args, FILE], { [FILE]: text }, isWritten ? [FILE] : []);
}

function surface(
  name: string,
  about: string,
  corpus: readonly string[],
  calls: readonly (readonly string[])[],
): Surface {
  const inputs = fc.record({
    args: fc.constantFrom(...calls),
    text: spoiltTexts(corpus),
  });
  return { name, about, inputs: inputs as fc.Arbitrary<never>, give };
}

/** Statements and iterations that a spoilt text may have: what is tried is the limit, not how long a million takes. */
const LIMIT = ["--limit", "2000"];

/** Scenarios. */
export async function languageSurface(): Promise<Surface> {
  return surface(
    "language",
    "a scenario, for run, check, fmt and export",
    await scenarios(),
    [
      ["run", ...LIMIT],
      ["run", ...LIMIT, "--format", "json"],
      ["run", ...LIMIT, "--format", "tap"],
      ["run", ...LIMIT, "--format", "junit"],
      ["run", ...LIMIT, "--kernel", "lts"],
      ["check", ...LIMIT],
      ["fmt"],
      ["export", ...LIMIT, "--output", "-"],
    ],
  );
}

/** Explore blocks. */
export async function exploreSurface(): Promise<Surface> {
  const few = [...LIMIT, "--memory", "2M", "--workers", "1"];
  return surface(
    "explore",
    "an explore block, for explore and run",
    await exploreBlocks(),
    [
      ["explore", ...few],
      ["explore", ...few, "--format", "json"],
      ["explore", ...few, "--all"],
      ["explore", ...few, "--coverage", "--strict"],
      ["explore", ...few, "--simulate", "20"],
      ["run", ...LIMIT],
    ],
  );
}
