/**
 * Each row of x86's history shows in a scenario: the kernels just before and after it differ, and it is the row that
 * makes the difference.
 */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { architecture, type ProfileInfo } from "../engine/mod.ts";
import { allSeries } from "../engine/history_fold.ts";
import { changes, kernelOf } from "../engine/x86/history/mod.ts";
import { ROW_SCENARIOS, type RowScenario } from "./x86_history_scenarios.ts";

/** A kernel's text as the parts of a spec. */
function specOf(kernel: string) {
  const words = kernel.split(" ");
  const after = (kind: string): string[] =>
    words.filter((_, i) => words[i - 1] === kind);
  return { base: words[0], with: after("with"), without: after("without") };
}

/** The language knows the listed kernels only: lists one more, for a time. */
function withKernel<T>(name: string, vendor: string, run: () => T): T {
  const profiles = architecture("x86")!.profiles as ProfileInfo[];
  const vendors = [vendor, vendor === "vmx" ? "svm" : "vmx"];
  profiles.push({ name, about: "", source: "", vendors, options: {} });
  try {
    return run();
  } finally {
    profiles.pop();
  }
}

/** `[A|B]` as A or B. */
function textFor({ text }: RowScenario, hasRow: boolean): string {
  return text.replace(
    /\[([^|\]]*)\|([^\]]*)\]/g,
    (_, without: string, has: string) => hasRow ? has : without,
  );
}

/** What fails of a scenario under a kernel, rendered. */
function failures(
  scenario: RowScenario,
  kernel: string,
  hasRow: boolean,
): string[] {
  const { row, vendor = "vmx" } = scenario;
  const text = `arch x86\nkernel linux-6.1 ${vendor}\n${
    textFor(scenario, hasRow)
  }\n`;
  return withKernel(kernel, vendor, () => {
    const loaded = load({ name: row, text }, {
      reader: pathReader(() => undefined),
      limits: limitsOf(LIMIT_DEFAULT),
    });
    assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
    const settings = {
      profile: kernel,
      filter: undefined,
      trace: false,
      limit: LIMIT_DEFAULT,
    };
    return [...runFile(loaded.file, settings)].flatMap((result) =>
      result.failures.map(({ diagnostic }) => renderDiagnostics([diagnostic]))
    );
  });
}

/** The releases on either side of a row. */
function neighbours({ row, kernels }: RowScenario): readonly [string, string] {
  if (kernels !== undefined) return kernels;
  const { since } = changes().find(({ name }) => name === row)!;
  const series = allSeries();
  const before = series[series.indexOf(since!) - 1];
  return [`linux-${before}`, `linux-${since}`];
}

/** What a row needs that a release does not have yet, as text to pick it. */
function missing(row: string, base: string): string {
  const found = kernelOf({ base });
  assert(found.ok);
  const { needs = [] } = changes().find(({ name }) => name === row)!;
  return needs.filter((relation) => !found.rows.includes(relation.row)).map((
    relation,
  ) => `${missing(relation.row, base)} with ${relation.row}`).join("");
}

Deno.test("each row of x86's history has a scenario, and each scenario a row", () => {
  assertEquals(
    ROW_SCENARIOS.map(({ row }) => row).toSorted(),
    changes().map(({ name }) => name).toSorted(),
  );
});

/** Rows that later ones of the same release need: they cannot be reverted alone. */
const EITHER = ["emulator-effective-gd"];

for (const scenario of ROW_SCENARIOS) {
  const { row } = scenario;
  const [before, after] = neighbours(scenario);
  Deno.test(`${row}: ${before} and ${after} differ`, () => {
    assertEquals(failures(scenario, before, false), []);
    assertEquals(failures(scenario, after, true), []);
    // The expectation can fail.
    assert(failures(scenario, before, true).length > 0);
    assert(failures(scenario, after, false).length > 0);
  });
  Deno.test(`${row} makes the difference`, () => {
    const [base] = before.split(" ");
    const picked = `${base}${missing(row, base)} with ${row}`;
    const kept = after.includes(" ") ? base : `${after} without ${row}`;
    const cases = [[picked, true], [kept, false]] as const;
    let tried = 0;
    for (const [kernel, hasRow] of cases) {
      if (!kernelOf(specOf(kernel)).ok) continue;
      tried++;
      assertEquals(failures(scenario, kernel, hasRow), [], kernel);
    }
    assertEquals(tried, EITHER.includes(row) ? 1 : 2);
  });
}
