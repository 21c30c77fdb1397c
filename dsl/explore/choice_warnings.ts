/**
 * Warnings about a `choose` whose value nothing uses: it makes ways, or searches, that do the same.
 *
 * @module
 */
import type { Line } from "../syntax/lines.ts";
import { placeIn } from "./coverage.ts";
import {
  type CoverageWarning,
  type Searched,
  warning,
} from "./coverage_warning.ts";

/** A part of the tree uses a name. Spans are left out: they have the whole text. */
function uses(part: unknown, name: string): boolean {
  if (typeof part !== "object" || part === null) return false;
  if (Array.isArray(part)) return part.some((one) => uses(one, name));
  const { kind, text } = part as { kind?: unknown; text?: unknown };
  if (kind === "name" && text === name) return true;
  return Object.entries(part).some(([key, one]) =>
    key !== "span" && key !== "file" && uses(one, name)
  );
}

/** Of each `choose` of some lines, and of the blocks in them. */
function* unused(lines: readonly Line[]): Generator<CoverageWarning> {
  for (const [at, line] of lines.entries()) {
    if (line.kind === "choose") {
      const { text } = line.name;
      if (uses(lines.slice(at + 1), text)) continue;
      yield warning(
        placeIn(line.span),
        "never-used",
        `nothing uses \`${text}\`, so each of its values does the same`,
      );
    } else if ("body" in line && line.body) yield* unused(line.body.lines);
  }
}

/** Of each `choose` of the block. */
export function ofChoices(
  { exploration: { block } }: Searched,
): Generator<CoverageWarning> {
  return unused(block.body.lines);
}
