/**
 * `dregs explore --report`: the page of what was found.
 *
 * @module
 */
import type { Exploration } from "../../dsl/explore/exploration.ts";
import type { ReportBuilder } from "../../report/report.ts";
import type { Io } from "../io.ts";
import { reportText } from "../report_text.ts";
import { verdictLines } from "./text.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The report of verdicts, to be finished.
 *
 * @param blocks the blocks that were searched
 * @param limit most statements of a scenario
 */
export async function searchBuilder(
  verdicts: readonly Verdict[],
  blocks: readonly Exploration[],
  limit: number,
): Promise<ReportBuilder> {
  const { ReportBuilder } = await import("../../report/report.ts");
  const { addSearched, FINDING_TEXT } = await import(
    "../../report/findings.ts"
  );
  const builder = new ReportBuilder();
  for (const verdict of verdicts) {
    const { name, source } = verdict;
    const block = blocks.find((one) =>
      one.name === name && one.file.source.name === source
    );
    // The page has the schedule beside what it does.
    const lines = verdictLines(verdict, FINDING_TEXT, { hasNoSchedule: true });
    addSearched(builder, verdict, { file: block?.file, lines, limit });
  }
  return builder;
}

/** Makes the page of verdicts. */
export async function searchReport(
  verdicts: readonly Verdict[],
  blocks: readonly Exploration[],
  { title, limit }: { readonly title: string; readonly limit: number },
  io: Io,
): Promise<string> {
  const builder = await searchBuilder(verdicts, blocks, limit);
  return await reportText("html", builder, title, io);
}
