/**
 * `dregs bisect --format json`: schema `dregs.bisect/1`, which `docs/json.md` describes.
 *
 * @module
 */
import { changeJson } from "../formats/change_json.ts";
import type { Json } from "../../report/json.ts";
import type { Across } from "./across.ts";
import type { Bisection, MendingSet, Trial } from "./bisection.ts";
import type { Report } from "./report.ts";
import type { Judged } from "./survey.ts";

function judgedJson({ kernel, verdict }: Judged): Json {
  return trialJson({ kernel: kernel.name, ...verdict });
}

function trialJson({ kernel, outcome, why }: Trial): Json {
  return { kernel, outcome, why: why === "" ? null : why };
}

function setJson(
  { changes, mended, counter }: MendingSet,
  { question: { arch } }: Report,
): Json {
  return {
    changes: changes.map(({ change, apply }) => ({
      action: apply ? "apply" : "revert",
      change: changeJson({ arch, change }),
    })),
    mended: trialJson(mended),
    counter: counter === undefined ? null : trialJson(counter),
  };
}

function bisectionJson(
  { good, bad, sets, decidedSize, proposed }: Bisection,
  report: Report,
): Json {
  return {
    good: judgedJson(good),
    bad: judgedJson(bad),
    sets: sets.map((set) => setJson(set, report)),
    decidedSize: decidedSize ?? null,
    notEnough: proposed.map(({ author, changes, trial }) => ({
      author,
      changes: [...changes],
      trial: trialJson(trial),
    })),
  };
}

function reportJson(report: Report): Json {
  const { question, vendor, heldTo, judged, bisections, problem, verdicts } =
    report;
  return {
    name: question.name,
    source: question.source,
    kind: question.kind,
    arch: question.arch.name,
    vendor: vendor ?? null,
    heldTo,
    verdicts: judged.map(judgedJson),
    bisections: bisections.map((one) => bisectionJson(one, report)),
    problem: problem ?? null,
    tried: verdicts.tried,
  };
}

function acrossJson({ from, set, on, trial }: Across): Json {
  const nameOf = ({ name, source }: Report["question"]): Json => ({
    name,
    source,
  });
  return {
    changes: set.changes.map(({ change, apply }) => ({
      action: apply ? "apply" : "revert",
      name: change.name,
    })),
    mends: nameOf(from.question),
    notEnoughFor: nameOf(on),
    trial: trialJson(trial),
  };
}

/** The document. */
export function bisectDocument(
  reports: readonly Report[],
  found: readonly Across[],
): string {
  return JSON.stringify(
    {
      schema: "dregs.bisect/1",
      bisected: reports.map(reportJson),
      across: found.map(acrossJson),
    },
    null,
    2,
  );
}
