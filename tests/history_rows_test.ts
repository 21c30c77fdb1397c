/**
 * Each row of history shows in a scenario of the catalogue: the kernels just before and after it differ, and it is the
 * row that makes the difference. The files hold under every kernel.
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
import * as arm64 from "../engine/arm64/history/mod.ts";
import type { StableSeries } from "../engine/history.ts";
import {
  allSeries,
  ARCH_NAMES,
  architecture,
  type ArchName,
  type KernelInfo,
} from "../engine/mod.ts";
import * as x86 from "../engine/x86/history/mod.ts";
import { expectStatements, replaced } from "./negated_expectation.ts";
import { sourceFiles } from "./source_files.ts";

/** What a test asks of a row. */
interface Row {
  readonly name: string;
  readonly since: string | undefined;
  readonly stable: readonly StableSeries[];
  readonly needs?: readonly { readonly row: string }[];
}

/** One architecture's history. */
interface Subject {
  readonly rows: readonly Row[];
  /** Kernels under which the files of rows hold: each at which behaviour changes, and each that has a name. */
  readonly kernels: readonly string[];
  /** Kernels on either side of a row that no release, or not the next one, shows. */
  readonly neighbours: Readonly<Record<string, readonly [string, string]>>;
  /** Rows that later ones of the same release need: they cannot be reverted alone. */
  readonly irreversible: readonly string[];
}

function kernelsOf(arch: ArchName): string[] {
  const { distinctKernels, distinctStablePoints, namedKernels } = {
    arm64,
    x86,
  }[arch];
  return [
    ...new Set([
      ...architecture(arch)!.profiles.map(({ name }) => name),
      ...distinctKernels(),
      ...distinctStablePoints(),
      ...namedKernels(),
    ]),
  ];
}

const SUBJECTS: Readonly<Record<ArchName, Subject>> = {
  arm64: {
    rows: arm64.changes(),
    kernels: kernelsOf("arm64"),
    neighbours: {
      // Every kernel that has it writes MDCR_EL2 before the entry as well.
      "initial-mdcr": [
        "linux-5.12 without write-mdcr-changes",
        "linux-5.13 without write-mdcr-changes",
      ],
      "renumber-breakpoints": ["linux-5.18", "watanabe-v7"],
    },
    irreversible: [],
  },
  x86: {
    rows: x86.changes(),
    kernels: kernelsOf("x86"),
    neighbours: {
      "reload-at-load": ["linux-4.5", "linux-4.5.7"],
      // From 4.17 on no instruction of the model shows it.
      "mov-ss-inhibits-emulator": [
        "linux-4.16",
        "linux-4.16 with mov-ss-inhibits-emulator",
      ],
    },
    irreversible: ["emulator-effective-gd"],
  },
};

const FILES = await sourceFiles((path) =>
  /^scenarios\/\w+\/history\/\w+\.dregs$/.test(path)
);

function pathOf(arch: ArchName, row: string): string {
  return `scenarios/${arch}/history/${row.replaceAll("-", "_")}.dregs`;
}

function fileOf(path: string): File {
  const loaded = load({ name: path, text: FILES.get(path)! }, {
    reader: pathReader(() => undefined),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  return loaded.file;
}

function infoOf(arch: ArchName, kernel: string): KernelInfo {
  const answer = architecture(arch)!.kernel(kernel);
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
function isFor(
  { on }: LineOf<"expect">,
  arch: ArchName,
  kernel: KernelInfo,
): boolean {
  const c = new Context(architecture(arch)!, outsideSituation(new Scope()));
  const terms = resolveKernels(c, on);
  // Of a vendor that is named, the scenario's own is one.
  return terms.length === 0 ||
    terms.some((term) => covers([term], { ...kernel, vendor: term.vendor }));
}

/** The kernels just before and after a row. */
function neighbours(arch: ArchName, row: Row): readonly [string, string] {
  const special = SUBJECTS[arch].neighbours;
  if (Object.hasOwn(special, row.name)) return special[row.name];
  const series = allSeries();
  const before = series[series.indexOf(row.since!) - 1];
  return [`linux-${before}`, `linux-${row.since}`];
}

/** Point releases of the series that got a row, and whether they have it: those on either side. */
function stableNeighbours(row: Row): (readonly [string, boolean])[] {
  return row.stable.flatMap(({ since, without, with: read, gone }) => {
    const points: (readonly [string | undefined, boolean])[] =
      since === undefined
        ? [[without, false], [read, true], [gone, false]]
        : [[pointBefore(since), false], [since, true], [gone, false]];
    return points.flatMap(([point, has]): [string, boolean][] =>
      point === undefined ? [] : [[`linux-${point}`, has]]
    );
  });
}

function pointBefore(point: string): string {
  return point.replace(/\d+$/, (last) => `${Number(last) - 1}`);
}

/**
 * A file in which what one of two kernels is expected to show is expected of every kernel.
 *
 * @param kernels `of`: whose expectations these are; `other`: whose are left out
 */
function heldTo(
  file: File,
  arch: ArchName,
  kernels: { of: KernelInfo; other: KernelInfo },
): File {
  const { of, other } = kernels;
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
    if (isFor(was, arch, of) && !isFor(was, arch, other)) {
      count++;
      const by = { ...was, on: [], resolved: undefined };
      lines = replaced(lines, { was, by });
    } else if (!isFor(was, arch, of)) lines = drop(lines, was);
  }
  assert(
    count > 0,
    `${file.source.name} expects nothing of ${of.name} alone`,
  );
  return { ...file, lines };
}

/** What a row needs that a kernel does not have yet, as text to pick it. */
function missing(arch: ArchName, name: string, base: string): string {
  const { rows = [] } = infoOf(arch, base);
  const { needs = [] } = SUBJECTS[arch].rows.find((row) => row.name === name)!;
  return needs.filter((relation) => !rows.includes(relation.row)).map((
    relation,
  ) => `${missing(arch, relation.row, base)} with ${relation.row}`).join("");
}

for (const arch of ARCH_NAMES) {
  const { rows, kernels, irreversible } = SUBJECTS[arch];

  Deno.test(`each row of ${arch}'s history has a scenario, and each scenario a row`, () => {
    assertEquals(
      [...FILES.keys()].filter((path) => path.split("/")[1] === arch)
        .toSorted(),
      rows.map(({ name }) => pathOf(arch, name)).toSorted(),
    );
  });

  for (const row of rows) {
    const { name } = row;
    const path = pathOf(arch, name);
    const [before, after] = neighbours(arch, row);

    Deno.test(`${name}: ${before} and ${after} differ`, () => {
      const file = fileOf(path);
      const [without, has] = [infoOf(arch, before), infoOf(arch, after)];
      assertEquals(failures(file, before), []);
      assertEquals(failures(file, after), []);
      // What is expected of the one fails on the other.
      assert(
        failures(heldTo(file, arch, { of: has, other: without }), before)
          .length > 0,
      );
      assert(
        failures(heldTo(file, arch, { of: without, other: has }), after)
          .length > 0,
      );
    });

    Deno.test(`${name} makes the difference`, () => {
      const file = fileOf(path);
      const [without, has] = [infoOf(arch, before), infoOf(arch, after)];
      const picks = ` with ${name}`;
      const cases = [
        [
          `${before}${missing(arch, name, before)}${picks}`,
          heldTo(file, arch, { of: has, other: without }),
        ],
        [
          after.endsWith(picks) ? before : `${after} without ${name}`,
          heldTo(file, arch, { of: without, other: has }),
        ],
      ] as const;
      let tried = 0;
      for (const [kernel, held] of cases) {
        if (!architecture(arch)!.kernel(kernel).ok) continue;
        tried++;
        assertEquals(failures(held, kernel), [], kernel);
      }
      assertEquals(tried, irreversible.includes(name) ? 1 : 2);
    });

    Deno.test(`${name}: its scenario is made for a tree that was read, and names the row`, () => {
      const file = fileOf(path);
      const line = file.lines.find(({ kind }) => kind === "kernel");
      const action = line && "resolved" in line ? line.resolved : undefined;
      assert(action?.kind === "kernel");
      const { rows: has = [], notes } = infoOf(arch, action.profile);
      assert(has.includes(name));
      assertEquals(notes, []);
      const on = [...expectStatements(file.lines)].flatMap((one) => one.on);
      const named = on.flatMap((term) =>
        term.kind === "changes" ? term.choices : []
      );
      for (const word of ["with", "without"] as const) {
        assert(
          named.some((one) => one.word === word && one.row.text === name),
          `${word} ${name}`,
        );
      }
    });

    for (const [kernel, has] of stableNeighbours(row)) {
      Deno.test(`${name}: ${kernel} ${has ? "has it" : "does not have it"}`, () => {
        assertEquals(infoOf(arch, kernel).rows?.includes(name), has);
        assertEquals(failures(fileOf(path), kernel), []);
      });
    }

    Deno.test(`${path} passes under every kernel at which behaviour changes`, () => {
      const file = fileOf(path);
      for (const kernel of kernels) {
        assertEquals(failures(file, kernel), [], kernel);
      }
    });
  }
}
