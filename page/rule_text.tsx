/**
 * What a rule says, and where it was read.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import type { RuleJson } from "../report/document.ts";

/** How a rule is known, in words. */
const CONFIDENCE: Readonly<Record<string, string>> = {
  source: "read in source code",
  architecture: "read in a manual",
  derived: "follows from what was read",
  recorded: "recorded on a real kernel",
  memory: "from memory, not checked",
};

/** The id, the sentence, and the source. */
export function RuleText(
  { id, rule }: { id: string; rule: RuleJson | undefined },
): JSX.Element {
  if (rule === undefined) return <p class="rule-text">{id}</p>;
  const { title, sentence, confidence, source } = rule;
  return (
    <div class="rule-text">
      <p>
        <b>{id}</b>
        {title === null ? "" : ` ${title}`}: {sentence}
      </p>
      <p class="where">
        {source.where.join("; ")}
        {source.read === "" ? "" : ` (${source.read})`} ·{" "}
        {CONFIDENCE[confidence] ?? confidence}
        {source.commits.map(({ hash, subject }) => (
          <span key={subject} class="commit">
            {hash === null ? "" : `${hash} `}“{subject}”
          </span>
        ))}
      </p>
    </div>
  );
}
