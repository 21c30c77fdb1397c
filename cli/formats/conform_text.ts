/**
 * `dregs conform --format text`: for people.
 *
 * @module
 */
import { counted } from "../../dsl/counted.ts";
import type { Difference } from "../../conform/mod.ts";
import { fieldNumber } from "../../dsl/notation.ts";
import { oneLine } from "../../dsl/render/line.ts";
import type { Page } from "../../dsl/render/theme.ts";
import {
  type ConformReporter,
  explanationText,
  kernelOf,
} from "./conform_reporter.ts";

/** Differences of a step that are shown; those after them mostly follow from them. */
const SHOWN_MAX = 8;

/** An observation on each side, and the fields in which they differ. */
function differenceLines(
  { what, register, recorded, modelled, fields, rule }: Difference,
  { theme }: Page,
): string[] {
  const row = (name: string, left: string, right: string): string =>
    `      ${name}: recorded ${left}, modelled ${theme.differs(right)}`;
  const by = rule === undefined ? "" : theme.quiet(` (${rule})`);
  return [
    row(oneLine(what), oneLine(recorded), oneLine(modelled)) + by,
    ...fields.map((field) =>
      row(
        `${register}.${field.name}`,
        fieldNumber(field, field.recorded),
        fieldNumber(field, field.modelled),
      )
    ),
  ];
}

/** A step: where it is, what was done, and what differs. */
function stepLines(
  source: string,
  differences: readonly Difference[],
  page: Page,
): string[] {
  const { theme } = page;
  const [{ line, op }] = differences;
  const more = differences.length - SHOWN_MAX;
  return [
    `  ${theme.place(`${source}:${line}:`)} ${oneLine(op)}`,
    ...differences.slice(0, SHOWN_MAX).flatMap((one) =>
      differenceLines(one, page)
    ),
    ...(more > 0 ? [theme.quiet(`      and ${more} more`)] : []),
  ];
}

/** A line a recording, and below it where it disagrees. */
export function conformTextReporter(page: Page): ConformReporter {
  const { theme } = page;
  const text = (lines: readonly string[]): string =>
    lines.map((line) => `${line}\n`).join("");
  const noted = new Set<string>();
  /** Each note once: all recordings of one kernel have the same. */
  const noteLines = (notes: readonly string[]): string[] =>
    notes.filter((note) => !noted.has(note)).map((note) => {
      noted.add(note);
      return theme.quiet(`  note: ${oneLine(note)}`);
    });
  return {
    begin: () => "",
    replayed(source, replay, why) {
      const { differences, observations, steps, notes } = replay;
      const kernel = theme.quiet(`(${kernelOf(replay)})`);
      const name = oneLine(source);
      if (differences.length === 0) {
        const count = counted(observations, "observation");
        const verb = observations === 1 ? "agrees" : "agree";
        return text([
          `${theme.good("ok")}  ${name}: ${count} ${verb} ${kernel}`,
          ...noteLines(notes),
        ]);
      }
      const byStep = Map.groupBy(differences, ({ line }) => line);
      const count = `${byStep.size} of ${counted(steps, "step")}`;
      const verb = byStep.size === 1 ? "differs" : "differ";
      return text([
        `${theme.bad("NO")}  ${name}: ${count} ${verb} ${kernel}`,
        ...noteLines(notes),
        ...[...byStep.values()].flatMap((one) => stepLines(name, one, page)),
        ...why.map((one) => `  ${explanationText(one)}`),
      ]);
    },
    notReplayed: () => "",
    end({ agree, differ, notReplayed, observations }) {
      if (agree + differ + notReplayed < 2) return "";
      const parts = [`${agree} agree`, `${differ} differ`];
      if (notReplayed > 0) parts.push(`${notReplayed} not replayed`);
      return `${parts.join(", ")}; ${counted(observations, "observation")}\n`;
    },
  };
}
