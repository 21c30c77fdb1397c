/**
 * Runs scenarios of a document, and searches its explore blocks.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import { compile } from "../dsl/explore/model.ts";
import { explorations } from "../dsl/explore/exploration.ts";
import { brokenNames, scheduleLines } from "../dsl/explore/schedule.ts";
import { runText } from "../dsl/render/event.ts";
import { renderTable } from "../dsl/render/table.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import { type Failure, headlineFirst } from "../dsl/result.ts";
import type { Action } from "../dsl/actions.ts";
import type { ActionWatch, Watched } from "../dsl/watch.ts";
import { holdsExplore, runWatched } from "../dsl/run/scenario.ts";
import type { Span } from "../dsl/source.ts";
import type { File, Line } from "../dsl/syntax/lines.ts";
import { buildTable } from "../dsl/table.ts";
import { kernelWithVendor, type Progress } from "../engine/mod.ts";
import { ALL_REDUCTIONS } from "../engine/explore/mod.ts";
import { searchSteps } from "../engine/explore/mod.ts";
import { changedCells, type Observation, observe } from "../dsl/observation.ts";
import type { Analysis } from "./analysis.ts";

/** Most statements and loop iterations of a scenario that is run in an editor. */
export const STATEMENTS_MAX = 100_000;

/** Most states of a search in an editor; `dregs explore` goes on. */
const STATES_MAX = 1_000_000;

/** How long a search may keep the server from other requests, in milliseconds. */
const SLICE_MS = 8;

/** A kernel to run under; each scenario's own if undefined. */
export interface RunKernel {
  readonly profile: string;
  readonly vendor: string | undefined;
  readonly arches: readonly string[];
}

/** What failed at a line. */
export interface FailedLine {
  readonly span: Span;
  /** What was expected and what was found. */
  readonly message: string;
  /** The registers side by side after the line; undefined before there is a machine. */
  readonly table: string | undefined;
}

/** What a `run` line did. */
export interface RunLine {
  readonly span: Span;
  /** Its exit, and the registers that changed. */
  readonly text: string;
}

/** What came of a scenario, or of an explore block. */
export interface Outcome {
  readonly name: string;
  /** `linux-6.1 svm`. */
  readonly kernel: string;
  readonly status: "passed" | "failed" | "error" | "skipped" | "unfinished";
  readonly failed: readonly FailedLine[];
  readonly runs: readonly RunLine[];
}

/** What can be run: a scenario, a loop with scenarios, or a text without them. */
export interface Runnable {
  /** Index of its chunk. */
  readonly chunk: number;
  /** Where its lens stands. */
  readonly span: Span;
  /** What is run, with what stands before all scenarios. */
  readonly lines: readonly Line[];
  /** It has an explore block, which is searched. */
  readonly isExplore: boolean;
}

/** Lines that scenarios share. */
function isShared({ kind }: Line): boolean {
  return kind === "let" || kind === "include";
}

/** What can be run in a text, found once. */
const RUNNABLES = new WeakMap<Analysis, readonly Runnable[]>();

/** What can be run in a text, in order. */
export function runnablesOf(analysis: Analysis): readonly Runnable[] {
  let found = RUNNABLES.get(analysis);
  if (!found) {
    found = findRunnables(analysis);
    RUNNABLES.set(analysis, found);
  }
  return found;
}

function findRunnables({ chunks }: Analysis): Runnable[] {
  const all = chunks.flatMap(({ lines }, chunk) =>
    lines.map((line) => ({ line, chunk }))
  );
  const blocks = all.filter(({ line }) =>
    line.kind === "scenario" ||
    line.kind === "for" &&
      line.body.lines.some(({ kind }) => kind === "scenario")
  );
  if (blocks.length === 0) {
    const lines = all.map(({ line }) => line);
    const [first] = all;
    const isExplore = holdsExplore(lines);
    const head = isExplore
      ? all.find(({ line }) => line.kind === "explore") ?? first
      : first;
    return head === undefined
      ? []
      : [{ chunk: head.chunk, span: head.line.span, lines, isExplore }];
  }
  const shared = all.filter(({ line }) => isShared(line)).map(({ line }) =>
    line
  );
  return blocks.map(({ line, chunk }) => ({
    chunk,
    span: line.span,
    lines: [...shared, line],
    isExplore: holdsExplore([line]),
  }));
}

/** The registers side by side, as `show` has them. */
function tableText(session: Watched, kernel: string): string {
  const { machine, arch } = session;
  const vcpu = machine.lastRun?.vcpu ?? 0;
  const table = buildTable(arch, machine, {
    vcpu,
    cpu: machine.cpuOf(vcpu),
    views: [],
    patterns: [],
    kvm: [],
  });
  return renderTable(table, kernel, PLAIN_PAGE).join("\n");
}

function failedLine(
  { diagnostic }: Failure,
  table: string | undefined,
): FailedLine {
  const { span, message, hint } = diagnostic;
  return {
    span,
    message: hint === undefined ? message : `${message}\n${hint}`,
    table,
  };
}

/** Watches a run: tables where something fails, and what each `run` changed. */
class Watcher implements ActionWatch {
  readonly tables = new Map<Span, string>();
  readonly runs = new Map<Span, string>();
  #before: Observation | undefined;

  before(): void {}

  after(
    { kind }: Action,
    span: Span,
    session: Watched,
    hasFailed: boolean,
  ): void {
    const { profile, vendor } = session.kernelChoice;
    if (hasFailed && session.hasMachine) {
      this.tables.set(
        span,
        tableText(session, kernelWithVendor(profile, vendor)),
      );
    }
    if (!session.hasMachine) return;
    const { arch, machine } = session;
    const now = observe(arch, machine);
    if (kind === "run") {
      const cells = this.#before ? changedCells(this.#before, now) : [];
      const names = [
        ...new Set(
          cells.map(({ register }) => arch.registers.byId(register!).short),
        ),
      ];
      const changed = names.length === 0 ? "" : `; ${names.join(" ")}`;
      this.runs.set(span, `${runText(machine.lastRun)}${changed}`);
    }
    this.#before = now;
  }
}

/** Runs something of a text, under the kernel that is asked for. */
export function runNow(
  file: File,
  kernel: RunKernel | undefined,
  withRuns: boolean,
): Outcome[] {
  const outcomes: Outcome[] = [];
  const watcher = new Watcher();
  const settings = {
    profile: kernel?.profile,
    vendor: kernel?.vendor,
    arches: kernel?.arches,
    filter: undefined,
    trace: false,
    limit: STATEMENTS_MAX,
    watch: watcher,
  };
  for (const result of runWatched(file, settings)) {
    const { name, profile, vendor, status, failures } = result;
    outcomes.push({
      name,
      kernel: kernelWithVendor(profile, vendor),
      status,
      failed: headlineFirst(failures).map((failure) =>
        failedLine(failure, watcher.tables.get(failure.diagnostic.span))
      ),
      runs: withRuns
        ? [...watcher.runs].map(([span, text]) => ({ span, text }))
        : [],
    });
  }
  return outcomes;
}

/** Searches the explore blocks of something; others are answered in between. */
export async function searchNow(
  file: File,
  kernel: RunKernel | undefined,
  isWanted: () => boolean,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const exploration of explorations(file)) {
    const compiled = compile(exploration, {
      profile: kernel?.profile,
      vendor: kernel?.vendor,
      limit: STATEMENTS_MAX,
    });
    if (!compiled.ok) {
      const { unmet } = compiled;
      outcomes.push({
        name: exploration.name,
        kernel: unmet
          ? kernelWithVendor(unmet.profile, unmet.vendor)
          : kernel?.profile ?? "",
        status: unmet ? "skipped" : "error",
        failed: compiled.diagnostics.map(({ span, message }) => ({
          span,
          message,
          table: undefined,
        })),
        runs: [],
      });
      continue;
    }
    for (const instance of compiled.instances) {
      const { profile, vendor } = instance.session.kernelChoice;
      const found = await driven(
        searchSteps(instance.model, {
          reductions: ALL_REDUCTIONS,
          bounds: {
            statesMax: Math.min(instance.statesMax ?? Infinity, STATES_MAX),
            depthMax: instance.depthMax ?? Infinity,
            bytesMax: Infinity,
          },
        }),
        isWanted,
      );
      const broken = found.broken && brokenNames(instance, found).join(", ");
      const steps = found.broken ? scheduleLines(instance, found.schedule) : [];
      outcomes.push({
        name: exploration.name,
        kernel: kernelWithVendor(profile, vendor),
        status: found.broken
          ? "failed"
          : found.complete
          ? "passed"
          : "unfinished",
        failed: broken
          ? [{
            span: exploration.block.span,
            message: `${broken} after ${counted(steps.length, "step")}`,
            table: steps.map(({ who, what }, index) =>
              `${`${index + 1}`.padStart(3)}  ${who}: ${what}`
            ).join("\n"),
          }]
          : [],
        runs: [],
      });
      if (broken) break;
    }
  }
  return outcomes;
}

/** Drives a search to its end, in slices. */
async function driven<T>(
  steps: Generator<Progress, T, "stop" | "worked" | undefined>,
  isWanted: () => boolean,
): Promise<T> {
  let until = performance.now() + SLICE_MS;
  let answer: "stop" | undefined;
  for (;;) {
    const step = steps.next(answer);
    if (step.done) return step.value;
    if (performance.now() < until) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!isWanted()) answer = "stop";
    until = performance.now() + SLICE_MS;
  }
}
