/**
 * Each row of x86's history shows in a scenario of the catalogue: the kernels just before and after it differ, and it is
 * the row that makes the difference. The files hold under every kernel.
 */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { Context } from "../dsl/resolve/context.ts";
import { covers, resolveKernels } from "../dsl/resolve/kernel_terms.ts";
import { Scope } from "../dsl/resolve/scope.ts";
import { outsideSituation } from "../dsl/run/live.ts";
import { runFile } from "../dsl/run/scenario.ts";
import type { File, Line, LineOf } from "../dsl/syntax/lines.ts";
import { allSeries, architecture, type KernelInfo } from "../engine/mod.ts";
import {
  changes,
  distinctKernels,
  distinctStablePoints,
  namedKernels,
} from "../engine/x86/history/mod.ts";
import { expectStatements, replaced } from "./negated_expectation.ts";
import { sourceFiles } from "./source_files.ts";

const X86 = architecture("x86")!;
const FOLDER = "scenarios/x86/history/";

const FILES = await sourceFiles((path) =>
  path.startsWith(FOLDER) && path.endsWith(".dregs")
);

function pathOf(row: string): string {
  return `${FOLDER}${row.replaceAll("-", "_")}.dregs`;
}

function fileOf(path: string): File {
  const loaded = load({ name: path, text: FILES.get(path)! }, {
    reader: pathReader(() => undefined),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  return loaded.file;
}

function infoOf(kernel: string): KernelInfo {
  const answer = X86.kernel(kernel);
  assert(answer.ok, answer.ok ? "" : answer.reason);
  return answer.info;
}

/** What fails of a file under a kernel, rendered. */
function failures(file: File, kernel: string): string[] {
  const settings = {
    profile: kernel,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  };
  return [...runFile(file, settings)].flatMap((result) =>
    result.failures.map(({ diagnostic }) => renderDiagnostics([diagnostic]))
  );
}

/** Whether an expectation is for a kernel. */
function isFor({ on }: LineOf<"expect">, kernel: string): boolean {
  const c = new Context(X86, outsideSituation(new Scope()));
  return covers(resolveKernels(c, on), infoOf(kernel));
}

/** Kernels on either side of a row that no release, or not the next one, shows. */
const NEIGHBOURS: Readonly<Record<string, readonly [string, string]>> = {
  "reload-at-load": ["linux-4.5", "linux-4.5.7"],
  // From 4.17 on no instruction of the model shows it.
  "mov-ss-inhibits-emulator": [
    "linux-4.16",
    "linux-4.16 with mov-ss-inhibits-emulator",
  ],
};

/** The kernels just before and after a row. */
function neighbours(row: string): readonly [string, string] {
  if (Object.hasOwn(NEIGHBOURS, row)) return NEIGHBOURS[row];
  const { since } = changes().find(({ name }) => name === row)!;
  const series = allSeries();
  const before = series[series.indexOf(since!) - 1];
  return [`linux-${before}`, `linux-${since}`];
}

/**
 * A file in which what one of two kernels is expected to show is expected of every kernel.
 *
 * @param of whose expectations these are
 * @param other whose are left out
 */
function heldTo(file: File, of: string, other: string): File {
  let { lines } = file;
  let count = 0;
  const drop = (some: readonly Line[], gone: Line): Line[] =>
    some.filter((line) => line !== gone).map((line) =>
      line.kind === "scenario"
        ? {
          ...line,
          body: { ...line.body, lines: drop(line.body.lines, gone) },
        }
        : line
    );
  for (const was of expectStatements(file.lines)) {
    if (was.on.length === 0) continue;
    if (isFor(was, of) && !isFor(was, other)) {
      count++;
      const by = { ...was, on: [], resolved: undefined };
      lines = replaced(lines, { was, by });
    } else if (!isFor(was, of)) lines = drop(lines, was);
  }
  assert(count > 0, `${file.source.name} expects nothing of ${of} alone`);
  return { ...file, lines };
}

/** What a row needs that a release does not have yet, as text to pick it. */
function missing(row: string, base: string): string {
  const { rows = [] } = infoOf(base);
  const { needs = [] } = changes().find(({ name }) => name === row)!;
  return needs.filter((relation) => !rows.includes(relation.row)).map((
    relation,
  ) => `${missing(relation.row, base)} with ${relation.row}`).join("");
}

Deno.test("each row of x86's history has a scenario, and each scenario a row", () => {
  assertEquals(
    [...FILES.keys()].toSorted(),
    changes().map(({ name }) => pathOf(name)).toSorted(),
  );
});

/** Rows that later ones of the same release need: they cannot be reverted alone. */
const EITHER = ["emulator-effective-gd"];

for (const { name: row } of changes()) {
  const [before, after] = neighbours(row);
  Deno.test(`${row}: ${before} and ${after} differ`, () => {
    const file = fileOf(pathOf(row));
    assertEquals(failures(file, before), []);
    assertEquals(failures(file, after), []);
    // What is expected of the one fails on the other.
    assert(failures(heldTo(file, after, before), before).length > 0);
    assert(failures(heldTo(file, before, after), after).length > 0);
  });
  Deno.test(`${row} makes the difference`, () => {
    const file = fileOf(pathOf(row));
    const [base] = before.split(" ");
    const picked = `${base}${missing(row, base)} with ${row}`;
    const kept = after.includes(" ") ? base : `${after} without ${row}`;
    const cases = [
      [picked, heldTo(file, after, before)],
      [kept, heldTo(file, before, after)],
    ] as const;
    let tried = 0;
    for (const [kernel, held] of cases) {
      if (!X86.kernel(kernel).ok) continue;
      tried++;
      assertEquals(failures(held, kernel), [], kernel);
    }
    assertEquals(tried, EITHER.includes(row) ? 1 : 2);
  });
  Deno.test(`${row}: its scenario is made for a tree that was read, and names the row`, () => {
    const file = fileOf(pathOf(row));
    const line = file.lines.find(({ kind }) => kind === "kernel");
    const action = line && "resolved" in line ? line.resolved : undefined;
    assert(action?.kind === "kernel");
    const { rows = [], notes } = infoOf(action.profile);
    assert(rows.includes(row));
    assertEquals(notes, []);
    const on = [...expectStatements(file.lines)].flatMap((one) => one.on);
    const named = on.flatMap((term) =>
      term.kind === "changes" ? term.choices : []
    );
    for (const word of ["with", "without"] as const) {
      assert(
        named.some((one) => one.word === word && one.row.text === row),
        `${word} ${row}`,
      );
    }
  });
}

/** Kernels under which the files of rows hold: each at which behaviour changes, and each that has a name. */
const KERNELS = [
  ...new Set([
    ...X86.profiles.map(({ name }) => name),
    ...distinctKernels(),
    ...distinctStablePoints(),
    ...namedKernels(),
  ]),
];

for (const path of FILES.keys()) {
  Deno.test(`${path} passes under every kernel at which behaviour changes`, () => {
    const file = fileOf(path);
    for (const kernel of KERNELS) {
      assertEquals(failures(file, kernel), [], kernel);
    }
  });
}
