/**
 * Verdicts as text.
 *
 * @module
 */
import { counted } from "../../dsl/counted.ts";
import type { Page } from "../../dsl/render/theme.ts";
import { kernelWithVendor } from "../../engine/mod.ts";
import { coverageTable, coverageText } from "./coverage.ts";
import { explanationText } from "./explanation.ts";
import { brokenText } from "./matrix.ts";
import { warningsIn } from "./tried.ts";
import type { NotSearched, Verdict, VerdictStep } from "./verdict.ts";

/** A number with its thousands apart. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** A number, with its thousands apart, and its noun. */
function many(count: number, noun: string): string {
  return counted(count, noun, grouped(count));
}

/** Bytes in the unit that suits them. */
export function bytesText(bytes: number): string {
  if (bytes < 1 << 20) return `${Math.ceil(bytes / 1024)} KiB`;
  if (bytes < 1 << 30) return `${(bytes / (1 << 20)).toFixed(0)} MiB`;
  return `${(bytes / (1 << 30)).toFixed(1)} GiB`;
}

/** Seconds, as many digits as mean something. */
function secondsText(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(2)} s` : `${seconds.toFixed(0)} s`;
}

/** What was looked at. */
function effort(verdict: Verdict): string {
  const { method, states, transitions, depth, bytes, seconds } = verdict;
  const cost = `${bytesText(bytes)}, ${secondsText(seconds)}`;
  switch (method) {
    case "random":
      return `${many(states, "random schedule")}, ${
        many(transitions, "step")
      }, ${secondsText(seconds)}`;
    case "pairs":
      return `${many(states, "pair")} of blocks, ${
        many(transitions, "transition")
      }, ${cost}`;
    case "states":
      return `${many(states, "state")}, ${
        many(transitions, "transition")
      }, depth ${depth}, ${cost}`;
    default:
      return method satisfies never;
  }
}

/** What the verdict claims, in one line. */
function claim(verdict: Verdict): string {
  const { outcome, bound, method, schedule, choices, choicesDone } = verdict;
  switch (outcome) {
    case "broken":
      return `broken: ${brokenText(verdict)}, after ${
        counted(schedule.length, "step")
      }`;
    case "holds": {
      if (choicesDone < choices) {
        return "nothing found in this part of the choices";
      }
      const { length } = warningsIn(verdict);
      const warned = length === 0 ? "" : `, with ${counted(length, "warning")}`;
      return `holds: no schedule breaks it${warned}`;
    }
    case "unfinished":
      if (verdict.breaks) {
        return `something breaks, but no schedule was found, not finished: ${bound}`;
      }
      if (method !== "random") return `nothing found, not finished: ${bound}`;
      return bound === "stopped"
        ? "nothing found, stopped: random schedules prove nothing"
        : "nothing found in random schedules, which prove nothing";
    default:
      return outcome satisfies never;
  }
}

/** A chosen value, which may be a count or an address: in both bases where they differ. */
function valueText(value: string): string {
  const number = BigInt(value);
  return number > 9n ? `${value} (0x${number.toString(16)})` : value;
}

/** What else breaks, in one line; undefined if nothing is known to. */
function alsoText({ also, alsoStates }: Verdict): string | undefined {
  if (also.length === 0) return undefined;
  const each = also.map(({ broken, steps }) =>
    `${broken.join(", ")} after ${steps}`
  );
  const where = alsoStates === null
    ? ""
    : `, among the first ${many(alsoStates, "state")}; --all looks at all`;
  return `also: ${each.join(", ")}${where}`;
}

/** The steps, numbered. */
function scheduleText(
  steps: readonly VerdictStep[],
  { theme }: Page,
): string[] {
  const width = Math.max(...steps.map(({ who }) => who.length));
  return steps.flatMap(({ who, what, notes }, at) => {
    const number = `${at + 1}`.padStart(4);
    const line = `${number}  ${who.padEnd(width)}  ${what}`;
    const indent = " ".repeat(width + 10);
    return [line, ...notes.map((note) => theme.quiet(`${indent}${note}`))];
  });
}

/** What is shown of a verdict. */
export interface Shows {
  /** Lines that are shown below the schedule; none if left out. */
  readonly tables?: readonly string[];
  /** What was tried is shown line by line. */
  readonly isDetailed?: boolean;
  /** The schedule is shown elsewhere. */
  readonly hasNoSchedule?: boolean;
}

/** A verdict as lines. */
export function verdictLines(
  verdict: Verdict,
  page: Page,
  { tables = [], isDetailed = false, hasNoSchedule = false }: Shows = {},
): readonly string[] {
  const { theme } = page;
  const { name, vendor, outcome, reduced, choices } = verdict;
  const kernel = kernelWithVendor(verdict.kernel, vendor ?? undefined);
  const style = outcome === "broken" || verdict.breaks ? theme.bad : theme.good;
  const lines = [
    `${theme.heading(name)} on ${kernel}: ${style(claim(verdict))}`,
    `  ${effort(verdict)}`,
  ];
  const also = alsoText(verdict);
  if (also !== undefined) lines.push(`  ${also}`);
  if (verdict.known.length > 0) {
    const met = verdict.known.map(({ name, steps }) =>
      `${name} after ${steps}`
    );
    lines.push(`  known: ${met.join(", ")}`);
  }
  if (choices > 1) {
    lines.push(`  ${verdict.choicesDone} of ${choices} choices of values`);
  }
  lines.push(
    reduced.length === 0
      ? "  nothing was reduced"
      : `  reduced: ${reduced.join("; ")}`,
  );
  if (verdict.leftOut > 0) {
    const steps = counted(verdict.leftOut, "step");
    lines.push(
      `  shortened by ${steps}: what the failure does not need is left out`,
    );
  }
  lines.push(
    ...isDetailed ? coverageTable(verdict) : coverageText(verdict),
  );
  const chosen = Object.entries(verdict.choice).map(([name, value]) =>
    `${name} = ${valueText(value)}`
  );
  if (chosen.length > 0) lines.push(`  with ${chosen.join(", ")}`);
  if (verdict.seed !== null) {
    lines.push(`  seed ${verdict.seed}: --simulate 1 --seed ${verdict.seed}`);
  }
  if (verdict.schedule.length > 0 && !hasNoSchedule) {
    lines.push("", ...scheduleText(verdict.schedule, page));
  }
  const reasons = explanationText(verdict.explanation, page);
  if (reasons.length > 0) lines.push("", ...reasons);
  if (tables.length > 0) lines.push("", ...tables.map((one) => `  ${one}`));
  for (const { broken, steps, schedule, explanation } of verdict.also) {
    if (schedule.length === 0) continue;
    lines.push(
      "",
      `  ${theme.bad(broken.join(", "))}, after ${counted(steps, "step")}`,
      "",
      ...scheduleText(schedule, page),
      "",
      ...explanationText(explanation, page),
    );
  }
  return lines;
}

/** The same as text. */
export function verdictText(
  verdict: Verdict,
  page: Page,
  shows?: Shows,
): string {
  return `${verdictLines(verdict, page, shows).join("\n")}\n`;
}

/** A block that was not searched, as a line. */
export function notSearchedText(
  { name, kernel, vendor, reason }: NotSearched,
): string {
  const on = kernelWithVendor(kernel, vendor ?? undefined);
  return `dregs explore: ${name} on ${on} is not searched: ${reason}\n`;
}
