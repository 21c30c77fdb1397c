/**
 * Each row of arm64's history shows in a scenario: the kernels just before and after it differ, and it is the row that
 * makes the difference.
 */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { changes, kernelOf } from "../engine/arm64/history/mod.ts";
import type { Arm64Change } from "../engine/arm64/history/row.ts";
import { allSeries } from "../engine/history_fold.ts";
import { architecture, type ProfileInfo } from "../engine/mod.ts";
import { ROW_SCENARIOS, type RowScenario } from "./arm64_history_scenarios.ts";

/** A kernel's text as the parts of a spec. */
function specOf(kernel: string) {
  const words = kernel.split(" ");
  const after = (kind: string): string[] =>
    words.filter((_, i) => words[i - 1] === kind);
  return { base: words[0], with: after("with"), without: after("without") };
}

/** The language knows the listed kernels only: lists one more, for a time. */
function withKernel<T>(name: string, run: () => T): T {
  const profiles = architecture("arm64")!.profiles as ProfileInfo[];
  profiles.push({ name, about: "", source: "", vendors: [], options: {} });
  try {
    return run();
  } finally {
    profiles.pop();
  }
}

/** What fails of a scenario under a kernel, rendered. `[A|B]` is B if the kernel has the row. */
function failures(
  { row, text }: RowScenario,
  kernel: string,
  hasRow: boolean,
): string[] {
  const chosen = text.replace(
    /\[([^|\]]*)\|([^\]]*)\]/g,
    (_, without: string, has: string) => hasRow ? has : without,
  );
  return withKernel(kernel, () => {
    const loaded = load({ name: row, text: `arch arm64\n${chosen}\n` }, {
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

function changeOf(row: string): Arm64Change {
  return changes().find(({ name }) => name === row)!;
}

/** The releases on either side of a row. */
function neighbours({ row, kernels }: RowScenario): readonly [string, string] {
  if (kernels !== undefined) return kernels;
  const { since } = changeOf(row);
  const series = allSeries();
  return [`linux-${series[series.indexOf(since!) - 1]}`, `linux-${since}`];
}

/** The point releases on either side of a row, in the series that got it. */
function stableNeighbours(row: string): (readonly [string, string])[] {
  return changeOf(row).stable.map(({ since, without, with: read }) => {
    if (since === undefined) return [`linux-${without}`, `linux-${read}`];
    const point = Number(since.split(".")[2]);
    return [`linux-${since.replace(/\d+$/, `${point - 1}`)}`, `linux-${since}`];
  });
}

/** What a row needs that a kernel does not have, as text to pick it. */
function missing(row: string, kernel: string): string {
  const found = kernelOf(specOf(kernel));
  assert(found.ok, kernel);
  const { needs = [] } = changeOf(row);
  return needs.filter((relation) => !found.rows.includes(relation.row)).map((
    relation,
  ) => `${missing(relation.row, kernel)} with ${relation.row}`).join("");
}

Deno.test("each row of arm64's history has a scenario, and each scenario a row", () => {
  assertEquals(
    ROW_SCENARIOS.map(({ row }) => row).toSorted(),
    changes().map(({ name }) => name).toSorted(),
  );
});

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
    const picked = `${before}${missing(row, before)} with ${row}`;
    assertEquals(failures(scenario, picked, true), [], picked);
    const kept = `${after} without ${row}`;
    assertEquals(failures(scenario, kept, false), [], kept);
  });
  if (scenario.kernels !== undefined) continue;
  for (const [without, has] of stableNeighbours(row)) {
    Deno.test(`${row}: ${without} and ${has} differ`, () => {
      assertEquals(failures(scenario, without, false), []);
      assertEquals(failures(scenario, has, true), []);
    });
  }
}
