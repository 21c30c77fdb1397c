/**
 * The page of a report: its document is in the page itself.
 *
 * @module
 */
/// <reference lib="dom" />
import { render } from "preact";
import type { ReportJson } from "../report/document.ts";
import { readData } from "./data.ts";
import { ReportView } from "./report_view.tsx";

function Page({ data }: { data: ReportJson }) {
  const scenarios = data.groups.length;
  return (
    <>
      <header class="top">
        <h1>{data.title}</h1>
        <p class="meta">
          dregs {data.program} · {scenarios}{" "}
          {scenarios === 1 ? "scenario" : "scenarios"}
        </p>
      </header>
      <main>
        <ReportView data={data} inAddress />
      </main>
    </>
  );
}

/** Reads the document and shows it; says so where that is not possible. */
async function start(): Promise<void> {
  const root = document.getElementById("root")!;
  try {
    const data = await readData();
    document.title = `${data.title} · dregs`;
    root.textContent = "";
    render(<Page data={data} />, root);
  } catch (error) {
    root.textContent = `This page cannot be shown: ${
      error instanceof Error ? error.message : error
    }. It needs a browser of 2023 or later.`;
  }
}

start();
