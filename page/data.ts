/**
 * The document in a page: packed, in an element of its own that no browser runs.
 *
 * @module
 */
/// <reference lib="dom" />
import type { ReportJson } from "../report/document.ts";
import { unpack } from "../report/pack.ts";

/** The document of this page. */
export async function readData(): Promise<ReportJson> {
  return await unpack(
    document.getElementById("report-data")?.textContent ?? "",
  );
}
