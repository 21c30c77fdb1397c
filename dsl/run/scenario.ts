/**
 * Runs checked files: a fresh machine for each scenario.
 *
 * @module
 */
import {
  ARCH_NAMES,
  architecture,
  type Event,
  type RunResult,
} from "../../engine/mod.ts";
import type {
  File,
  ForStatement,
  ScenarioStatement,
  Statement,
  Template,
} from "../syntax/nodes.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { valueOf } from "../evaluation.ts";
import { fail, Problem } from "../problem.ts";
import type {
  Failure,
  Output,
  RunSettings,
  ScenarioResult,
} from "../result.ts";
import { Scope } from "../bindings.ts";
import { noted, Session } from "./session.ts";
import { type Span, textOf } from "../source.ts";

/** Counts what is carried out, against the limit. */
class Budget {
  #left: number;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** Takes one statement or one turn of a loop. */
  spend(span: Span): void {
    if (this.#left-- > 0) return;
    fail(
      "limit",
      span,
      `more than ${this.#limit} statements and turns of loops`,
      {
        hint: "--limit N allows more",
      },
    );
  }
}

/** Outputs that a scenario keeps to its end; where it has more, they are told as they come. */
const OUTPUTS_KEPT_MAX = 100;

/** What a scenario collected so far. */
interface Collected {
  readonly outputs: Output[];
  /** There are more outputs, which may be told while the scenario runs. */
  readonly tell?: () => void;
  readonly failures: Failure[];
  readonly notices: Event[];
  readonly runs: Map<number, RunResult>;
}

/** Whether statements hold an `explore` block, which is searched and not run. */
export function holdsExplore(statements: readonly Statement[]): boolean {
  return statements.some((statement) =>
    statement.kind === "explore" ||
    (statement.kind === "scenario" || statement.kind === "for") &&
      holdsExplore(statement.body.statements) ||
    statement.kind === "include" &&
      holdsExplore(statement.file?.statements ?? [])
  );
}

/** True if the statement is, or may hold, a `scenario` block. */
export function holdsScenario(statement: Statement): boolean {
  switch (statement.kind) {
    case "scenario":
      return true;
    case "for":
      return statement.body.statements.some(holdsScenario);
    case "include":
      return statement.file?.statements.some(holdsScenario) ?? false;
    default:
      return false;
  }
}

/**
 * Runs a file that has no error.
 *
 * @returns one result a scenario, as each ends; what a scenario used is free for collection by then
 */
export function* runFile(
  file: File,
  settings: RunSettings,
): Generator<ScenarioResult> {
  if (!file.statements.some(holdsScenario)) {
    const name = baseName(file.source.name);
    if (settings.filter !== undefined && !name.includes(settings.filter)) {
      return;
    }
    yield runScenario(name, file, [file.statements], new Scope(), settings);
    return;
  }
  yield* runBlocks(file.statements, [], new Scope(), {
    file,
    settings,
    names: new Map(),
    told: new Set(),
  });
}

/** What all blocks of a file share. */
interface Blocks {
  readonly file: File;
  readonly settings: RunSettings;
  /** Names of the scenarios so far. */
  readonly names: Map<string, Span>;
  /** Statements of which a mistake was told: the other turns of a loop tell it no more. */
  readonly told: Set<Statement>;
}

/** The scenarios of a file with blocks, in order; what stands before the first runs at the start of each. */
function* runBlocks(
  statements: readonly Statement[],
  before: Statement[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult> {
  for (const statement of statements) {
    switch (statement.kind) {
      case "scenario":
        yield* runBlock(statement, before, scope, blocks);
        break;
      case "for":
        yield* runLoop(statement, before, scope, blocks);
        break;
      case "include":
        if (statement.file) {
          yield* runBlocks(statement.file.statements, before, scope, blocks);
        }
        break;
      case "let":
        // Names that loops and the names of scenarios use; bound again in each scenario.
        bindQuietly(statement, scope);
        before.push(statement);
        break;
      default:
        before.push(statement);
    }
  }
}

function bindQuietly(
  { name, value }: Extract<Statement, { kind: "let" }>,
  scope: Scope,
): void {
  try {
    scope.bind(name.text, valueOf(value, (n) => scope.find(n)));
  } catch (error) {
    // The scenario reports it where it runs.
    if (!(error instanceof Problem)) throw error;
  }
}

function* runLoop(
  loop: ForStatement,
  before: Statement[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult> {
  let range: ReturnType<typeof rangeOf>;
  try {
    range = rangeOf(loop, scope);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield* mistaken(loop, "for", before, { scope, blocks }, error.diagnostic);
    return;
  }
  for (let i = range.from; i <= range.to; i++) {
    const inner = new Scope(scope);
    inner.count(loop.variable.text, i);
    yield* runBlocks(loop.body.statements, [...before], inner, blocks);
  }
}

function* runBlock(
  block: ScenarioStatement,
  before: readonly Statement[],
  scope: Scope,
  blocks: Blocks,
): Generator<ScenarioResult> {
  const { file, settings, names } = blocks;
  const { span } = block.name;
  let name: string;
  try {
    name = nameOf(block.name, scope);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const text = textOf(span).slice(1, -1);
    yield* mistaken(block, text, before, { scope, blocks }, error.diagnostic);
    return;
  }
  if (settings.filter !== undefined && !name.includes(settings.filter)) return;
  const first = names.get(name);
  if (first !== undefined) {
    yield* mistaken(block, name, before, { scope, blocks }, {
      code: "already-defined",
      span,
      message: `a scenario is already called "${name}"`,
      notes: first === span ? [] : [{ span: first, message: "the other one" }],
    });
    return;
  }
  names.set(name, span);
  // Names bound outside are in scope already: binding them again is not shadowing.
  const outside = before.filter(({ kind }) => kind !== "let");
  yield runScenario(
    name,
    file,
    [outside, block.body.statements],
    new Scope(scope),
    settings,
  );
}

/** What is wrong around a scenario in a turn of a loop that the checks do not go through, as a result; once. */
function* mistaken(
  statement: ForStatement | ScenarioStatement,
  name: string,
  before: readonly Statement[],
  { scope, blocks: { file, settings, told } }: {
    readonly scope: Scope;
    readonly blocks: Blocks;
  },
  diagnostic: Diagnostic,
): Generator<ScenarioResult> {
  if (told.has(statement)) return;
  told.add(statement);
  const values = scope.describe();
  const inside = statement.body.statements;
  yield {
    ...notRun(name, file, [...before, ...inside], settings),
    status: "error",
    failures: [{
      kind: "error",
      diagnostic: values === undefined ? diagnostic : noted(diagnostic, values),
      expected: undefined,
      found: undefined,
    }],
  };
}

function nameOf(template: Template, scope: Scope): string {
  return template.parts.map((part) =>
    "kind" in part ? `${valueOf(part, (name) => scope.find(name))}` : part.value
  ).join("");
}

function rangeOf(
  { from, to }: ForStatement,
  scope: Scope,
): { from: bigint; to: bigint } {
  const lookup = (name: string) => scope.find(name);
  return { from: valueOf(from, lookup), to: valueOf(to, lookup) };
}

/** The architecture that the statements choose; arm64 if none does. */
function archOf(statements: readonly Statement[]): string {
  for (const statement of statements) {
    if (statement.kind === "arch") return statement.name.text;
    if (statement.kind === "include" && statement.file) {
      const inside = statement.file.statements.find(({ kind }) =>
        kind === "arch"
      );
      if (inside?.kind === "arch") return inside.name.text;
    }
  }
  return ARCH_NAMES[0];
}

/** The result of a scenario that does not run. */
function notRun(
  name: string,
  file: File,
  statements: readonly Statement[],
  { profile }: RunSettings,
): ScenarioResult {
  const archName = archOf(statements);
  const arch = architecture(ARCH_NAMES.find((known) => known === archName)!);
  return {
    name,
    source: file.source.name,
    arch: archName,
    profile: profile ?? arch?.defaultProfile ?? "",
    vendor: undefined,
    status: "skipped",
    expectations: 0,
    particular: [],
    failures: [],
    outputs: [],
    runs: [],
    notices: [],
  };
}

function runScenario(
  name: string,
  file: File,
  parts: readonly (readonly Statement[])[],
  scope: Scope,
  settings: RunSettings,
): ScenarioResult {
  const archName = archOf(parts.flat());
  const arch = architecture(ARCH_NAMES.find((known) => known === archName)!);
  const known = arch?.profiles.some((info) => info.name === settings.profile);
  if (settings.profile !== undefined && !known || holdsExplore(parts.flat())) {
    return notRun(name, file, parts.flat(), settings);
  }
  const session = new Session({
    profile: settings.profile,
    trace: settings.trace,
    keepAll: asksWhy(parts.flat()),
  });
  let isFirst = true;
  const tell = (outputs: Output[]): void => {
    if (isFirst && outputs.length <= OUTPUTS_KEPT_MAX) return;
    const { profile, vendor } = session.kernelChoice;
    settings.tell!({ name, profile, vendor }, outputs, isFirst);
    isFirst = false;
    outputs.length = 0;
  };
  const collected: Collected = {
    outputs: [],
    tell: settings.tell && (() => tell(collected.outputs)),
    failures: [],
    notices: [],
    runs: new Map(),
  };
  const budget = new Budget(settings.limit);
  for (const statements of parts) {
    if (!runStatements(session, statements, scope, budget, collected)) break;
  }
  const unanswered = session.unanswered();
  if (unanswered) collected.failures.push(unanswered);
  const { profile, vendor } = session.kernelChoice;
  const { failures } = collected;
  return {
    name,
    source: file.source.name,
    arch: session.arch.name,
    profile,
    vendor,
    status: failures.some(({ kind }) => kind === "error")
      ? "error"
      : failures.length > 0
      ? "failed"
      : "passed",
    expectations: session.expectations,
    particular: session.particular,
    failures,
    outputs: collected.outputs,
    runs: [...collected.runs.values()],
    notices: collected.notices,
  };
}

/** What carrying out a statement of a session led to. */
export interface CarriedOut {
  /** What it printed. */
  readonly outputs: readonly Output[];
  /** What failed. */
  readonly failures: readonly Failure[];
  /** Warnings, and reliance on what the architecture leaves open. */
  readonly notices: readonly Event[];
  /** False if it could not be carried out to its end. */
  readonly completed: boolean;
}

/**
 * Carries out one statement of a session that lives on, a loop or an include too; no `scenario`.
 *
 * @param limit most loop iterations and statements
 */
export function carryOut(
  session: Session,
  statement: Statement,
  scope: Scope,
  limit: number,
): CarriedOut {
  const collected: Collected = {
    outputs: [],
    failures: [],
    notices: [],
    runs: new Map(),
  };
  const completed = runStatements(
    session,
    [statement],
    scope,
    new Budget(limit),
    collected,
  );
  return { ...collected, completed };
}

function asksWhy(statements: readonly Statement[]): boolean {
  return statements.some((statement) =>
    statement.kind === "why" || statement.kind === "why-happened" ||
    statement.kind === "for" && asksWhy(statement.body.statements) ||
    statement.kind === "include" && asksWhy(statement.file?.statements ?? [])
  );
}

/**
 * Carries statements out.
 *
 * @returns false after one that could not be carried out: what follows would mean something else
 */
function runStatements(
  session: Session,
  statements: readonly Statement[],
  scope: Scope,
  budget: Budget,
  collected: Collected,
): boolean {
  for (const statement of statements) {
    try {
      budget.spend(statement.span);
      switch (statement.kind) {
        case "for": {
          const from = session.value(statement.from, scope);
          const to = session.value(statement.to, scope);
          for (let i = from; i <= to; i++) {
            budget.spend(statement.span);
            const inner = new Scope(scope);
            inner.count(statement.variable.text, i);
            const { body } = statement;
            if (
              !runStatements(session, body.statements, inner, budget, collected)
            ) return false;
          }
          continue;
        }
        case "include":
          if (
            !runStatements(
              session,
              statement.file?.statements ?? [],
              scope,
              budget,
              collected,
            )
          ) return false;
          continue;
        case "scenario":
          throw new RangeError("A scenario stands inside a scenario");
        default:
          if (!runOne(session, statement, scope, collected)) return false;
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      collected.failures.push({
        kind: "error",
        diagnostic: error.diagnostic,
        expected: undefined,
        found: undefined,
      });
      return false;
    }
  }
  return true;
}

function runOne(
  session: Session,
  statement: Statement,
  scope: Scope,
  collected: Collected,
): boolean {
  const { outputs, failures, notices, runs, tell } = collected;
  const done = session.execute(statement, scope);
  outputs.push(...done.outputs);
  if (done.outputs.length > 0) tell?.();
  failures.push(...withValues(done.failures, scope));
  notices.push(...session.notices());
  if (statement.kind === "run" && session.machine.lastRun) {
    runs.set(session.machine.lastRun.vcpu, session.machine.lastRun);
  }
  return !done.failures.some(({ kind }) => kind === "error");
}

/**
 * Carries out what stands before something else, such as an `explore` block.
 *
 * @returns what failed
 */
export function runBefore(
  session: Session,
  statements: readonly Statement[],
  scope: Scope,
  limit: number,
): readonly Failure[] {
  const collected: Collected = {
    outputs: [],
    failures: [],
    notices: [],
    runs: new Map(),
  };
  runStatements(session, statements, scope, new Budget(limit), collected);
  const unanswered = session.unanswered();
  return unanswered ? [...collected.failures, unanswered] : collected.failures;
}

/** In a loop, a failure tells the values of the loops' variables; a refusal had those of its own time. */
function withValues(failures: readonly Failure[], scope: Scope): Failure[] {
  const values = scope.describe();
  if (values === undefined) return [...failures];
  return failures.map((failure) =>
    failure.diagnostic.code === "refused"
      ? failure
      : { ...failure, diagnostic: noted(failure.diagnostic, values) }
  );
}

function baseName(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.dregs$/, "");
}
