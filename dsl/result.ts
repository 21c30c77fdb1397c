/**
 * What running a file gives: a result a scenario, as data. Text, JSON and the rest are made of this.
 *
 * @module
 */
import type {
  CostName,
  Event,
  NumberMap,
  RuleConfidence,
  RuleSource,
  RunResult,
} from "../engine/mod.ts";
import type { KernelTerm } from "./action_parts.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { Span } from "./source.ts";
import type { Table } from "./table.ts";

/** A link of the chain of events that led to a value, newest first. */
export interface WhyLink {
  /** The statement that caused it; undefined for what happened before any statement. */
  readonly statement: Span | undefined;
  /** The statement that wrote the guest's instruction, where one did it. */
  readonly instruction: Span | undefined;
  /** What happened. */
  readonly event: Event;
  /** One sentence on the event's rule. */
  readonly sentence: string;
  /** How the rule is known. */
  readonly confidence: RuleConfidence;
  /** Where the rule was read. */
  readonly source: RuleSource;
}

/** What a statement prints. */
export type Output =
  | { readonly kind: "table"; readonly span: Span; readonly table: Table }
  | {
    readonly kind: "map";
    readonly span: Span;
    /** Undefined where guest and physical numbers cannot differ. */
    readonly map: NumberMap | undefined;
  }
  | {
    readonly kind: "cost";
    readonly span: Span;
    /** By vCPU. */
    readonly costs: readonly Readonly<Record<CostName, number>>[];
  }
  | {
    readonly kind: "why";
    readonly span: Span;
    /** As asked: `hw@0 dbgbcr4.lbn`. */
    readonly subject: string;
    /** What it is now, as text. */
    readonly value: string;
    /** False if nothing of the kind has happened: the value says so. */
    readonly isThere: boolean;
    readonly chain: readonly WhyLink[];
  }
  /** With `trace` on: the events of one statement. */
  | {
    readonly kind: "trace";
    readonly span: Span;
    readonly events: readonly Event[];
  };

/** An expectation that did not hold, or a statement that could not be carried out. */
export interface Failure {
  /** Where, with the message, what was expected and what was found. */
  readonly diagnostic: Diagnostic;
  /** `expectation`: the model says otherwise; `error`: the scenario itself is wrong. */
  readonly kind: "expectation" | "error";
  /** What the scenario expects, as text. */
  readonly expected: string | undefined;
  /** What the model gave, as text. */
  readonly found: string | undefined;
  /** Number of its statement among those that were carried out; infinite for one that could not be. */
  readonly order: number;
}

/** Failures by statement: a refusal is found only when nothing has answered it, after failures that it caused. */
export function byStatement(failures: readonly Failure[]): Failure[] {
  return [...failures].sort((a, b) =>
    a.order === b.order ? 0 : a.order - b.order
  );
}

/** The failure to name first: an operation that the kernel refused, since the others may follow from it. */
export function headline(failures: readonly Failure[]): Failure | undefined {
  return failures.find(({ diagnostic }) => diagnostic.code === "refused") ??
    failures[0];
}

/** The failures with the headline first, the others in the order of their statements. */
export function headlineFirst(failures: readonly Failure[]): Failure[] {
  const first = headline(failures);
  return first === undefined
    ? []
    : [first, ...failures.filter((failure) => failure !== first)];
}

/** An expectation that was checked and is only for some kernels. */
export interface Particular {
  /** The statement. */
  readonly span: Span;
  /** The kernels that it names. */
  readonly on: readonly KernelTerm[];
}

/** How one scenario went. */
export interface ScenarioResult {
  /** The block's name, or the file's if it has no blocks. */
  readonly name: string;
  /** Name of the source, for lists. */
  readonly source: string;
  /** Architecture. */
  readonly arch: string;
  /** Kernel that it ran under. */
  readonly profile: string;
  /** Of the kernel, where it has a choice. */
  readonly vendor: string | undefined;
  /** `skipped`: it is for another architecture than the profile asked for. */
  readonly status: "passed" | "failed" | "error" | "skipped";
  /** Expectations that were checked; those for other kernels are not counted. */
  readonly expectations: number;
  /** Those of them that other kernels are spared: `traps == 1` of `expect traps == 1 on linux-7.2`. */
  readonly particular: readonly Particular[];
  /** In the order of the statements. */
  readonly failures: readonly Failure[];
  /** In the order of the statements; without those that were printed while it ran. */
  readonly outputs: readonly Output[];
  /** The last run of each vCPU that ran. */
  readonly runs: readonly RunResult[];
  /** `warn` and `unpredictable` events, which a person should see even if everything held. */
  readonly notices: readonly Event[];
}

/** A scenario that is still running. */
export type Running = Pick<ScenarioResult, "name" | "profile" | "vendor">;

/** How to run files. */
export interface RunSettings {
  /** Overrides the profile of every scenario; undefined leaves the scenario's own. */
  readonly profile: string | undefined;
  /** Overrides the vendor too, where the profile is overridden. */
  readonly vendor?: string;
  /** Architectures for which the profile is meant; others' scenarios are skipped. All if left out. */
  readonly arches?: readonly string[];
  /** Only scenarios whose name contains this. */
  readonly filter: string | undefined;
  /** Collect the events of every statement. */
  readonly trace: boolean;
  /** Most loop iterations and statements that one scenario may execute. */
  readonly limit: number;
  /**
   * Takes the outputs of a scenario that has many, as they come; without it they are all in the result.
   *
   * @param isFirst nothing was printed of this scenario before
   */
  readonly tell?: (
    running: Running,
    outputs: readonly Output[],
    isFirst: boolean,
  ) => void;
}
