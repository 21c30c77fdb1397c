/**
 * `dregs conform --format json`: one document, schema `dregs.conform/2`, a recording a line. `docs/json.md`
 * describes it.
 *
 * @module
 */
import type { Difference, Explanation, Replay } from "../../conform/mod.ts";
import type { ConformReporter, NotReplayed } from "./conform_reporter.ts";
import type { Json } from "../../report/json.ts";

function differenceJson(difference: Difference): Json {
  const { line, op, what, register, recorded, modelled, fields, rule } =
    difference;
  return {
    line,
    op,
    what,
    register: register ?? null,
    recorded,
    modelled,
    fields: fields.map((field) => ({
      name: field.name,
      recorded: `0x${field.recorded.toString(16)}`,
      modelled: `0x${field.modelled.toString(16)}`,
    })),
    rule: rule ?? null,
  };
}

function replayJson(
  source: string,
  replay: Replay,
  why: readonly Explanation[],
): Json {
  return {
    source,
    case: replay.case,
    arch: replay.arch,
    kernel: replay.profile,
    vendor: replay.vendor ?? null,
    model: replay.model,
    notes: [...replay.notes],
    status: replay.differences.length === 0 ? "agrees" : "differs",
    steps: replay.steps,
    observations: replay.observations,
    differences: replay.differences.map(differenceJson),
    explanations: why.map(({ kernel, change, agrees }) => ({
      kernel,
      change: change ?? null,
      agrees,
    })),
  };
}

/** One document, written as it grows: recordings as they were replayed, then those that were not. */
export function conformJsonReporter(): ConformReporter {
  let any = false;
  const notReplayed: Json[] = [];
  return {
    begin: () => '{"schema":"dregs.conform/2","recordings":[',
    replayed(source, replay, why) {
      const before = any ? ",\n" : "\n";
      any = true;
      return before + JSON.stringify(replayJson(source, replay, why));
    },
    notReplayed({ source, line, message }: NotReplayed) {
      notReplayed.push({ source, line: line ?? null, message });
      return "";
    },
    end: (tally) =>
      `\n],"notReplayed":${JSON.stringify(notReplayed)},"summary":${
        JSON.stringify({
          agree: tally.agree,
          differ: tally.differ,
          notReplayed: tally.notReplayed,
          observations: tally.observations,
        })
      }}\n`,
  };
}
