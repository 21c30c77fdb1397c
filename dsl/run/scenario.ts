/**
 * Runs checked files: a fresh machine for each scenario.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  type ArchName,
  kernelWithVendor,
} from "../../engine/mod.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { Problem } from "../problem.ts";
import { Context } from "../resolve/context.ts";
import { hasScenario } from "../resolve/places.ts";
import { nameText, ScenarioNames } from "../resolve/scenario_names.ts";
import { Scope } from "../resolve/scope.ts";
import { DEFAULT_ARCH, firstArchitecture } from "../resolve/vocabulary.ts";
import {
  byStatement,
  type Output,
  type RunSettings,
  type ScenarioResult,
  type Skip,
} from "../result.ts";
import { baseName, textOf } from "../source.ts";
import type { File, Line, LineOf, OpenerOf } from "../syntax/lines.ts";
import { Budget, emptyCollection, loopRange, runLines } from "./lines.ts";
import { outsideSituation } from "./live.ts";
import { failureOf } from "./perform.ts";
import { noted, unanswered } from "./performance.ts";
import type { ActionWatch } from "../watch.ts";
import { Session } from "./session.ts";

/** Outputs that a scenario keeps to its end; where it has more, they are printed as they come. */
const OUTPUTS_KEPT_MAX = 100;

/** How scenarios are run, and who looks at them. */
export interface WatchedSettings extends RunSettings {
  /** Called with the session of each scenario before anything happens; every event is kept for it. */
  readonly begun?: (session: Session) => void;
  /** Called with the session of each scenario at its end; every event is kept for it. */
  readonly ended?: (session: Session) => void;
  /** Told of each action. */
  readonly watch?: ActionWatch;
}

/** Whether lines hold an `explore` block, which is searched and not run. */
export function holdsExplore(lines: readonly Line[]): boolean {
  return lines.some((line) =>
    line.kind === "explore" ||
    (line.kind === "scenario" || line.kind === "for") &&
      holdsExplore(line.body.lines) ||
    line.kind === "include" && holdsExplore(line.file?.lines ?? [])
  );
}

/**
 * Runs a file that has no error.
 *
 * @returns one result a scenario, as each ends; what a scenario used is free for collection by then
 */
export function runFile(
  file: File,
  settings: RunSettings,
): Generator<ScenarioResult> {
  return runWatched(file, settings);
}

/** The same, for who looks at the sessions. */
export function* runWatched(
  file: File,
  settings: WatchedSettings,
): Generator<ScenarioResult> {
  if (!hasScenario(file.lines)) {
    const name = baseName(file.source.name);
    if (settings.filter !== undefined && !name.includes(settings.filter)) {
      return;
    }
    yield runScenario(
      name,
      file,
      [file.lines],
      new Scope(),
      settings,
    );
    return;
  }
  yield* runBlocks(file.lines, [], new Scope(), {
    file,
    settings,
    names: new ScenarioNames(),
    told: new Set(),
  });
}

/** What all blocks of a file share. */
interface Blocks {
  readonly file: File;
  readonly settings: WatchedSettings;
  /** Names of the scenarios so far. */
  readonly names: ScenarioNames;
  /** Lines with a mistake that was reported: the other iterations of a loop do not report it again. */
  readonly told: Set<Line>;
}

/**
 * The scenarios of a file with blocks, in order; what stands before the first runs at the start of each.
 *
 * @returns false if a name has no value, without which nothing after it can run
 */
function* runBlocks(
  lines: readonly Line[],
  before: Line[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult, boolean> {
  for (const line of lines) {
    switch (line.kind) {
      case "scenario":
        yield* runBlock(line, before, scope, blocks);
        break;
      case "for":
        yield* runLoop(line, before, scope, blocks);
        break;
      case "include":
        if (
          line.file &&
          !(yield* runBlocks(line.file.lines, before, scope, blocks))
        ) return false;
        break;
      case "let":
        if (!(yield* bind(line, before, scope, blocks))) return false;
        break;
      default:
        before.push(line);
    }
  }
  return true;
}

/** What is asked outside all scenarios: numbers and names, for which no architecture matters. */
function outsideContext(scope: Scope): Context {
  return new Context(firstArchitecture(), outsideSituation(scope));
}

/** A name for what comes after it. @returns false if it has no value, which is reported */
function* bind(
  line: LineOf<"let">,
  before: readonly Line[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult, boolean> {
  try {
    scope.define(line.name, outsideContext(scope).number(line.value));
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield* mistaken(line, "let", before, { scope, blocks }, error.diagnostic);
    return false;
  }
}

function* runLoop(
  loop: OpenerOf<"for">,
  before: Line[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult> {
  let range: ReturnType<typeof loopRange>;
  try {
    range = loopRange(outsideContext(scope), loop);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield* mistaken(loop, "for", before, { scope, blocks }, error.diagnostic);
    return;
  }
  for (let i = range.from; i <= range.to; i++) {
    const inner = new Scope(scope);
    inner.define(loop.variable, i, { isCounter: true });
    yield* runBlocks(loop.body.lines, [...before], inner, blocks);
  }
}

function* runBlock(
  block: OpenerOf<"scenario">,
  before: readonly Line[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult> {
  const { file, settings, names } = blocks;
  const { span } = block.name;
  let name = textOf(span).slice(1, -1);
  try {
    const c = outsideContext(scope);
    name = nameText(block.name, (expr) => c.number(expr))!;
    if (settings.filter !== undefined && !name.includes(settings.filter)) {
      return;
    }
    names.take(name, span);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield* mistaken(block, name, before, { scope, blocks }, error.diagnostic);
    return;
  }
  yield runScenario(
    name,
    file,
    [before, block.body.lines],
    new Scope(scope),
    settings,
  );
}

/** What is wrong outside scenarios in an iteration of a loop that the checks do not go through, as a result; once. */
function* mistaken(
  line: OpenerOf<"for" | "scenario"> | LineOf<"let">,
  name: string,
  before: readonly Line[],
  { scope, blocks: { file, settings, told } }: {
    readonly scope: Scope;
    readonly blocks: Blocks;
  },
  diagnostic: Diagnostic,
): Generator<ScenarioResult> {
  if (told.has(line)) return;
  told.add(line);
  const inside = line.kind === "let" ? [] : line.body.lines;
  const values = scope.describe();
  yield {
    ...notRun(name, file, [...before, ...inside], settings),
    skip: undefined,
    status: "error",
    failures: [
      failureOf(values === undefined ? diagnostic : noted(diagnostic, values)),
    ],
  };
}

/** The architecture that lines choose; the default if none does. */
export function archOf(lines: readonly Line[]): ArchName {
  for (const line of lines) {
    if (line.kind === "arch") return line.name.text as ArchName;
    if (line.kind !== "include" || !line.file) continue;
    const inside = line.file.lines.find(({ kind }) => kind === "arch");
    if (inside?.kind === "arch") return inside.name.text as ArchName;
  }
  return DEFAULT_ARCH;
}

/** The result of a scenario that does not run: an `explore` block is not run, another architecture's not now. */
function notRun(
  name: string,
  file: File,
  lines: readonly Line[],
  { profile }: RunSettings,
): ScenarioResult {
  const archName = archOf(lines);
  const cause = holdsExplore(lines) ? "explore" : "arch";
  const reason = cause === "arch"
    ? `for ${archName}`
    : "an `explore` block is searched by `dregs explore`";
  return {
    name,
    source: file.source.name,
    arch: archName,
    profile: profile ?? architecture(archName)?.defaultProfile ?? "",
    vendor: undefined,
    status: "skipped",
    skip: { cause, reason, summary: reason, span: undefined },
    expectations: 0,
    particular: [],
    failures: [],
    outputs: [],
    runs: [],
    notes: [],
    notices: [],
  };
}

/** Whether an architecture has the kernel that overrides the scenario's own. */
function isFor(
  arch: Architecture | undefined,
  { profile, vendor, arches }: RunSettings,
): boolean {
  if (profile === undefined) return true;
  if (arch === undefined || arches?.includes(arch.name) === false) return false;
  const answer = arch.kernel(profile);
  return answer.ok &&
    (vendor === undefined || answer.info.vendors.includes(vendor));
}

function runScenario(
  name: string,
  file: File,
  parts: readonly (readonly Line[])[],
  scope: Scope,
  settings: WatchedSettings,
): ScenarioResult {
  const all = parts.flat();
  const arch = architecture(archOf(all));
  if (!isFor(arch, settings) || holdsExplore(all)) {
    return notRun(name, file, all, settings);
  }
  const session = new Session({
    profile: settings.profile,
    vendor: settings.vendor,
    heldTo: settings.heldTo,
    fieldsRead: settings.fieldsRead,
    trace: settings.trace,
    keepAll: asksWhy(all) || settings.begun !== undefined ||
      settings.ended !== undefined,
  });
  settings.begun?.(session);
  let isFirst = true;
  const tell = (outputs: Output[]): void => {
    if (isFirst && outputs.length <= OUTPUTS_KEPT_MAX) return;
    const { profile, vendor } = session.kernelChoice;
    settings.tell!({ name, profile, vendor }, outputs, isFirst);
    isFirst = false;
    outputs.length = 0;
  };
  const empty = emptyCollection();
  const collected = {
    ...empty,
    watch: settings.watch,
    tell: settings.tell && (() => tell(empty.outputs)),
  };
  const budget = new Budget(settings.limit);
  for (const lines of parts) {
    if (!runLines(session, lines, scope, budget, collected)) break;
  }
  const { failures, outputs, runs, notices } = collected;
  const refused = unanswered(session);
  if (refused) failures.push(refused);
  settings.ended?.(session);
  const { profile, vendor } = session.kernelChoice;
  const skip = collected.skip ??
    (failures.length === 0 && session.isForOthers
      ? forOthers(kernelWithVendor(profile, vendor), session.isBesideRanges)
      : undefined);
  const result: ScenarioResult = {
    name,
    source: file.source.name,
    arch: session.arch.name,
    profile,
    vendor,
    status: failures.some(({ kind }) => kind === "error")
      ? "error"
      : failures.length > 0
      ? "failed"
      : skip !== undefined
      ? "skipped"
      : "passed",
    skip,
    expectations: session.expectations,
    particular: session.particular,
    failures: byStatement(failures),
    outputs,
    runs: [...runs.values()],
    notes: session.profile.notes,
    notices,
  };
  AGAIN.set(result, (other, heldTo) => {
    const { arches, limit } = settings;
    const plain = { arches, limit, vendor, filter: undefined, trace: false };
    const again = { ...plain, profile: other, heldTo };
    return runScenario(name, file, parts, scope, again).status;
  });
  return result;
}

/** Runs the scenario of a result again. */
type Again = (profile: string, heldTo: string) => ScenarioResult["status"];

const AGAIN = new WeakMap<ScenarioResult, Again>();

/**
 * The scenario of a result under another kernel of the same vendor.
 *
 * @param heldTo the kernel whose expectations are checked
 * @returns undefined if the result is no result of a run, or a copy of one
 */
export function statusUnder(
  result: ScenarioResult,
  profile: string,
  heldTo: string,
): ScenarioResult["status"] | undefined {
  return AGAIN.get(result)?.(profile, heldTo);
}

/** All expectations are for other kernels; one may be for a range, which is of mainline releases. */
function forOthers(kernel: string, isBesideRanges: boolean): Skip {
  const why = isBesideRanges
    ? "; a range is of mainline releases: write `on with CHANGE`"
    : "";
  return {
    cause: "expectations",
    reason: `no expectation applies to ${kernel}${why}`,
    summary: `no expectation applies${why}`,
    span: undefined,
  };
}

function asksWhy(lines: readonly Line[]): boolean {
  return lines.some((line) =>
    line.kind === "why" || line.kind === "why-happened" ||
    line.kind === "why-not" ||
    line.kind === "for" && asksWhy(line.body.lines) ||
    line.kind === "include" && asksWhy(line.file?.lines ?? [])
  );
}
