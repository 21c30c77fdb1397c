/**
 * The page or the JSON of a report's document.
 *
 * @module
 */
import type { ReportBuilder } from "../report/report.ts";
import type { Io } from "./io.ts";

/** Formats of a report. */
export const REPORT_FORMATS = ["html", "json"] as const;

/** Writes the text of a report. */
export async function reportText(
  format: typeof REPORT_FORMATS[number],
  builder: ReportBuilder,
  title: string,
  io: Io,
): Promise<string> {
  const { versionText } = await import("./version.ts");
  const document = builder.finish(title, versionText());
  if (format === "json") return `${JSON.stringify(document)}\n`;
  const { pageTemplate } = await import("./page_template.ts");
  const { reportHtml } = await import("../report/html.ts");
  return await reportHtml(await pageTemplate(io), document);
}

/** What a report is called that was given no title: by its operands. */
export function titleOf(names: readonly string[]): string {
  const [first, ...more] = names;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
