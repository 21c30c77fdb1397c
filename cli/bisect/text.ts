/**
 * What was found, as text.
 *
 * @module
 */
import {
  commitLines,
  sinceText,
  stableOrNoneLines,
} from "../../dsl/render/history.ts";
import type { Page } from "../../dsl/render/theme.ts";
import { fill } from "../../dsl/render/value.ts";
import { kernelGroups } from "../formats/matrix_groups.ts";
import type { Across } from "./across.ts";
import type { Applied, Bisection, MendingSet, Trial } from "./bisection.ts";
import { type Report, verdictText } from "./report.ts";
import type { Pair } from "./survey.ts";

/** Lines indented by some columns, broken where they are too long. */
function indented(
  text: string,
  indentation: number,
  { columns }: Page,
): string[] {
  return fill(text, columns - indentation, 2).map((line) =>
    `${" ".repeat(indentation)}${line}`
  );
}

/** `fails 4.4 | holds since 4.5`. */
function judgedText({ judged, question, vendor }: Report): string {
  const results = judged.map(({ kernel, verdict }) => ({
    arch: question.arch.name,
    profile: kernel.name,
    vendor,
    outcome: verdict.outcome,
  }));
  if (results.length === 0) return "";
  return kernelGroups(results, ({ outcome }) => outcome).map((group) => {
    const [{ outcome }] = group.results;
    const word = outcome === "unresolved" ? "cannot be asked" : outcome;
    return `${word} ${group.label}`;
  }).join(" | ");
}

function changeText({ change, apply }: Applied): string {
  return `${apply ? "with" : "without"} ${change.name}`;
}

function actionText({ change, apply }: Applied): string {
  return `${apply ? "applying" : "reverting"} ${change.name}`;
}

function trialText({ kernel, outcome, why }: Trial): string {
  return `${kernel} ${verdictText({ outcome, why })}`;
}

function setLines(
  { changes, mended, counter }: MendingSet,
  { good }: Bisection,
  page: Page,
): string[] {
  const { theme } = page;
  const heading = changes.map(changeText).join(" and ");
  const below = (text: string): string[] => indented(text, 6, page);
  const isOne = changes.length === 1;
  return [
    "",
    `    ${theme.heading(heading)}${isOne ? "" : ", together"}`,
    ...changes.flatMap(({ change }) => [
      ...isOne ? [] : below(`${change.name}:`),
      ...commitLines(change).flatMap(below),
      ...below(sinceText(change)),
      ...stableOrNoneLines(change).flatMap(below),
    ]),
    ...below(trialText(mended)),
    ...below(
      counter === undefined
        ? `no counter-check: ${good.kernel.name} does not have ${
          isOne ? "it" : "them"
        } either`
        : counter.outcome === "unresolved"
        ? `no counter-check: ${counter.kernel}: ${counter.why}`
        : trialText(counter),
    ),
  ];
}

/** How many sets there are. */
function countText({ sets, decidedSize }: Bisection): string {
  const limit = decidedSize === undefined
    ? ""
    : decidedSize === 0
    ? " (not all sets were tried)"
    : ` (sets of more than ${decidedSize} ${
      decidedSize === 1 ? "change" : "changes"
    } were not all tried)`;
  if (sets.length === 0) return `no set of changes was found${limit}`;
  if (sets.length > 1) {
    return `any one of ${sets.length} sets of changes makes the difference${limit}`;
  }
  const count = sets[0].changes.length;
  return `${count} ${
    count === 1 ? "change makes" : "changes make"
  } the difference${limit}`;
}

function bisectionLines(bisection: Bisection, page: Page): string[] {
  const { good, bad, sets, proposed } = bisection;
  return [
    "",
    ...indented(
      `${bad.kernel.name} fails, ${good.kernel.name} holds: ${
        countText(bisection)
      }`,
      2,
      page,
    ),
    ...indented(page.theme.quiet(bad.verdict.why), 4, page),
    ...sets.flatMap((set) => setLines(set, bisection, page)),
    ...proposed.flatMap(({ author, changes, trial }) => [
      "",
      ...indented(
        `not enough: ${changes.join(" and ")} alone, as ${author} has it`,
        4,
        page,
      ),
      ...indented(trialText(trial), 6, page),
    ]),
  ];
}

/** What to ask where the scenario may describe a bug. */
function fixText({ own }: Report["question"], { good, bad }: Pair): string {
  const [first, second] = [good, bad].map(({ kernel }) =>
    kernel.name.replace(/^linux-/, "")
  );
  return `the scenario describes ${own.kernel}; if that is a bug, ask for what fixes it: --good ${first} --bad ${second}`;
}

/** A report as text. */
export function reportText(report: Report, page: Page): string {
  const { question, vendor, heldTo, bisections, problem, fix, verdicts } =
    report;
  const { tried } = verdicts;
  const of = vendor === undefined ? "" : `, ${vendor}`;
  const found = judgedText(report);
  const lines = [
    `${page.theme.heading(question.name)} (${question.arch.name}${of})${
      found === "" ? "" : `: ${found}`
    }`,
    ...fix === undefined ? [] : indented(fixText(question, fix), 2, page),
    ...tried === 0 ? [] : indented(
      `expectations of ${heldTo}; ${tried} ${
        tried === 1 ? "kernel" : "kernels"
      } tried`,
      2,
      page,
    ),
    ...problem === undefined ? [] : indented(problem, 2, page),
    ...bisections.flatMap((bisection) => bisectionLines(bisection, page)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What fixes one scenario and not another. */
export function acrossText(found: readonly Across[], page: Page): string {
  return found.flatMap(({ from, set, on, trial, catalogue }) => [
    "",
    ...indented(
      `${set.changes.map(actionText).join(" and ")} fixes ${
        page.theme.heading(from.question.name)
      }, but not ${page.theme.heading(catalogue?.operand ?? on.name)}:`,
      0,
      page,
    ),
    ...(catalogue === undefined ? [] : indented(catalogue.about, 2, page)),
    ...[trial, ...catalogue?.mended ?? []].flatMap((one) =>
      indented(trialText(one), 2, page)
    ),
  ]).map((line) => `${line}\n`).join("");
}
