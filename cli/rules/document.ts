/**
 * `dregs rules --format json`: schema `dregs.rules/1`, which `docs/json.md` describes.
 *
 * @module
 */
import type { ArchName, RuleEntry } from "../../engine/mod.ts";
import {
  type CitationIndex,
  citedBy,
  type CitingFile,
} from "../citations/index.ts";
import { type Json, ruleSourceJson } from "../../report/json.ts";
import type { Counts } from "./summary.ts";

function files(citing: readonly CitingFile[]): Json {
  return citing.map(({ path, lines }) => ({ path, lines: [...lines] }));
}

function ruleJson(entry: RuleEntry, index: CitationIndex): Json {
  const { id, section, title, sentence, kernels, confidence, source } = entry;
  const { code, tests, scenarios } = citedBy(index, id);
  return {
    id,
    arch: id.slice(0, id.indexOf(":")),
    section: section ?? null,
    title: title ?? null,
    sentence,
    confidence,
    since: kernels?.since ?? null,
    until: kernels?.until ?? null,
    source: ruleSourceJson(source),
    citedBy: {
      code: files(code),
      tests: files(tests),
      scenarios: files(scenarios),
    },
  };
}

/** The document. */
export function rulesDocument(
  rules: readonly RuleEntry[],
  index: CitationIndex,
  counts: Readonly<Record<ArchName, Counts>>,
): string {
  const summary: Json = { ...counts };
  return JSON.stringify(
    {
      schema: "dregs.rules/1",
      rules: rules.map((entry) => ruleJson(entry, index)),
      summary,
    },
    null,
    2,
  );
}
