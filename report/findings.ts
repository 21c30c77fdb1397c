/**
 * What `explore` and `bisect` found, as parts of a report: the schedule or the scenario under the kernel that fails,
 * beside the same under one that does not.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  type ArchName,
  kernelWithVendor,
} from "../engine/mod.ts";
import { load } from "../dsl/load.ts";
import { type Page, PLAIN_THEME } from "../dsl/render/theme.ts";
import type { RunSettings, ScenarioResult } from "../dsl/result.ts";
import { runFile } from "../dsl/run/scenario.ts";
import type { File } from "../dsl/syntax/lines.ts";
import type { FindingJson } from "./document.ts";
import { type Recorded, recordFile, type ReportBuilder } from "./report.ts";

/** How the text of a finding is made: the page breaks its lines, at the width that it has. */
export const FINDING_TEXT: Page = { columns: Infinity, theme: PLAIN_THEME };

/** What a search came to, of its verdict. */
export interface SearchedBlock {
  readonly name: string;
  readonly source: string;
  readonly arch: string;
  readonly kernel: string;
  readonly vendor: string | null;
  readonly outcome: "holds" | "broken" | "unfinished";
  readonly schedule: FindingJson["schedule"];
  /** The schedule as a scenario; null if nothing is broken. */
  readonly scenario: string | null;
}

/** Settings of a run under one kernel. */
function settingsOf(
  arch: Architecture,
  kernel: string,
  vendor: string | undefined,
  limit: number,
): RunSettings {
  return {
    profile: kernel,
    vendor,
    arches: [arch.name],
    filter: undefined,
    trace: false,
    limit,
  };
}

/** The kernels of mainline at which behaviour changes: those after a kernel, the nearest first, then those before it. */
function nearestFirst(arch: Architecture, kernel: string): readonly string[] {
  const kernels = arch.distinctKernels();
  const at = kernels.indexOf(kernel);
  return at < 0
    ? kernels
    : [...kernels.slice(at + 1), ...kernels.slice(0, at).toReversed()];
}

/** The nearest kernel under which a scenario holds; undefined if there is none. */
function nearestFix(
  file: File,
  arch: Architecture,
  { kernel, vendor }: Pick<SearchedBlock, "kernel" | "vendor">,
  limit: number,
): string | undefined {
  return nearestFirst(arch, kernel).find((name) => {
    const settings = settingsOf(arch, name, vendor ?? undefined, limit);
    return [...runFile(file, settings)].every(({ status }) =>
      status === "passed"
    );
  });
}

/** A block that was searched and has no counterexample, as a scenario without steps. */
function withoutSteps(
  { name, source, arch, kernel, vendor, outcome }: SearchedBlock,
  line: string,
): Recorded {
  const result: ScenarioResult = {
    name,
    source,
    arch,
    profile: kernel,
    vendor: vendor ?? undefined,
    status: outcome === "holds" ? "passed" : "skipped",
    skip: outcome === "holds" ? undefined : {
      cause: "explore",
      reason: line,
      summary: line,
      span: undefined,
    },
    expectations: 0,
    particular: [],
    failures: [],
    outputs: [],
    runs: [],
    notes: [],
    notices: [],
  };
  return { result, record: undefined };
}

/**
 * A block that was searched: its counterexample under the kernel that has it, and under the nearest kernel of mainline
 * on which the same schedule breaks nothing.
 *
 * @param file the text that has the block
 * @param lines the verdict in words, a line each
 * @param limit most statements of a scenario
 */
export function addSearched(
  builder: ReportBuilder,
  block: SearchedBlock,
  { file, lines, limit }: {
    readonly file: File | undefined;
    readonly lines: readonly string[];
    readonly limit: number;
  },
): void {
  const { name, kernel, vendor, schedule, scenario } = block;
  const arch = architecture(block.arch as ArchName)!;
  const [title, ...more] = lines;
  const called = kernelWithVendor(kernel, vendor ?? undefined);
  if (scenario === null) {
    if (file) builder.addFile(file);
    const group = builder.add([withoutSteps(block, title)]);
    builder.addFinding({
      group,
      title,
      lines: more,
      compared: [0],
      schedule: [],
    });
    return;
  }
  const text = { name: `${name} on ${called}`, text: scenario };
  const loaded = load(text);
  // The search wrote it.
  if (!loaded.ok) throw new RangeError(`${text.name} has mistakes`);
  const fix = nearestFix(loaded.file, arch, block, limit);
  const runs = [kernel, ...(fix === undefined ? [] : [fix])].flatMap((one) => [
    ...recordFile(
      loaded.file,
      settingsOf(arch, one, vendor ?? undefined, limit),
    ),
  ]);
  builder.addFile(loaded.file);
  const group = builder.add(
    runs.map(({ result, record }) => ({ result: { ...result, name }, record })),
  );
  builder.addFinding({
    group,
    title,
    lines: [
      ...more,
      "",
      fix === undefined
        ? "The same schedule fails under every release of mainline."
        : `The same schedule under ${fix} breaks nothing.`,
    ],
    compared: runs.map((_, at) => at),
    schedule: schedule.map(({ who, what, notes }) => ({ who, what, notes })),
  });
}

/** Two kernels and one with changes, between which a scenario was bisected. */
export interface BisectedPair {
  readonly bad: string;
  readonly good: string;
  /** The bad kernel with the changes that fix it, the smallest sets first. */
  readonly mended: readonly string[];
  readonly vendor: string | undefined;
  readonly heldTo: string;
}

/**
 * A scenario that was bisected: under the bad kernel, the good one, and the bad one with the changes that fix it.
 *
 * @param lines what was found, in words
 */
export function addBisected(
  builder: ReportBuilder,
  scenario: {
    readonly file: File;
    readonly name: string;
    readonly arch: Architecture;
  },
  { bad, good, mended, vendor, heldTo }: BisectedPair,
  { lines, limit }: {
    readonly lines: readonly string[];
    readonly limit: number;
  },
): void {
  const { file, name, arch } = scenario;
  builder.addFile(file);
  const runs = [...new Set([bad, good, ...mended])].flatMap((kernel) => {
    const settings = {
      ...settingsOf(arch, kernel, vendor, limit),
      heldTo,
      filter: name,
    };
    return [...recordFile(file, settings)].filter(({ result }) =>
      result.name === name
    );
  });
  const [title, ...more] = lines;
  const group = builder.add(runs);
  builder.addFinding({
    group,
    title,
    lines: more,
    compared: [0, runs.length > 2 ? 2 : 1],
    schedule: [],
  });
}
