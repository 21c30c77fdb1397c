/**
 * The page of a report: the template, which the components of `page/` are in, with the document.
 *
 * @module
 */
import type { ReportJson } from "./document.ts";
import { pack } from "./pack.ts";

/** Where the template has the document. */
export const DATA_PLACE = '<script type="text/plain" id="report-data">';

/**
 * The page.
 *
 * @param template as `tools/page.ts` makes it
 * @throws {RangeError} if it has no place for a document
 */
export async function reportHtml(
  template: string,
  document: ReportJson,
): Promise<string> {
  const at = template.indexOf(DATA_PLACE);
  if (at < 0) throw new RangeError("The template has no place for a document");
  const begin = at + DATA_PLACE.length;
  return template.slice(0, begin) + await pack(document) +
    template.slice(begin);
}
