/**
 * `dregs bisect --report`: the page of what was found.
 *
 * @module
 */
import type { Io } from "../io.ts";
import { reportText as pageText } from "../report_text.ts";
import type { Report } from "./report.ts";
import { reportText } from "./text.ts";

/**
 * Makes the page: each scenario under the bad kernel, the good one, and the bad one with each set of changes that
 * fixes it. A block that was searched has no steps to show.
 *
 * @param limit most statements of a scenario
 */
export async function bisectPage(
  reports: readonly Report[],
  { title, limit }: { readonly title: string; readonly limit: number },
  io: Io,
): Promise<string> {
  const { ReportBuilder } = await import("../../report/report.ts");
  const { addBisected, FINDING_TEXT } = await import(
    "../../report/findings.ts"
  );
  const builder = new ReportBuilder();
  for (const report of reports) {
    const { question, vendor, heldTo, bisections } = report;
    if (question.kind !== "scenario") continue;
    for (const bisection of bisections) {
      const { good, bad, sets } = bisection;
      const lines = reportText(
        { ...report, bisections: [bisection] },
        FINDING_TEXT,
      )
        .trimEnd().split("\n");
      addBisected(builder, question, {
        bad: bad.kernel.name,
        good: good.kernel.name,
        mended: sets.map(({ mended }) => mended.kernel),
        vendor,
        heldTo,
      }, { lines, limit });
    }
  }
  return await pageText("html", builder, title, io);
}
