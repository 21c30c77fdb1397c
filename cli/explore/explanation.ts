/**
 * The explanation of a failure as text.
 *
 * @module
 */
import type { Decision } from "../../dsl/explore/explain/decision.ts";
import { fill } from "../../dsl/render/value.ts";
import type { Page } from "../../dsl/render/theme.ts";

/** Columns before what a decision did: as those before the steps of a schedule. */
const INDENT = 11;

/** `a, b and c` */
function listText(parts: readonly string[]): string {
  return parts.length < 2
    ? parts.join("")
    : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** One decision; a rule that an earlier one has told is named alone. */
function decisionText(
  { step, function: name, file, did, left, rules }: Decision,
  { theme, columns }: Page,
  told: Set<string>,
): string[] {
  const who = name === null ? "the CPU" : `${name}()`;
  const kept = left.length === 0 ? "" : `; it left ${listText(left)}`;
  const when = step === 0 ? "before" : `step ${step}`;
  const width = Math.max(1, columns - INDENT);
  const indent = " ".repeat(INDENT);
  return [
    ...fill(`${who} ${listText(did)}${kept}`, width).map((line, at) =>
      `${at === 0 ? `  ${when}`.padEnd(INDENT) : indent}${line}`
    ),
    ...rules.flatMap(({ id, sentence }, at) => {
      const text = told.has(id) ? `${id}, as above` : `${id}: ${sentence}`;
      told.add(id);
      return fill(at === 0 ? `${file}, ${text}` : text, width).map((line) =>
        theme.quiet(`${indent}${line}`)
      );
    }),
  ];
}

/** The decisions that led to a failure, oldest first, each with its rule below it; no lines if there are none. */
export function explanationText(
  decisions: readonly Decision[],
  page: Page,
): string[] {
  const told = new Set<string>();
  return decisions.length === 0 ? [] : [
    "  because",
    ...decisions.flatMap((one) => decisionText(one, page, told)),
  ];
}
