/**
 * Runs scenarios for a report, and puts its document together.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  type ArchName,
  rule as ruleEntry,
  type RuleId,
} from "../engine/mod.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import type { RunSettings, ScenarioResult } from "../dsl/result.ts";
import { runWatched } from "../dsl/run/scenario.ts";
import type { Source } from "../dsl/source.ts";
import type { File, Line } from "../dsl/syntax/lines.ts";
import { hex } from "../dsl/values.ts";
import type {
  FieldJson,
  FindingJson,
  GroupJson,
  RecordJson,
  ReportJson,
  RuleJson,
  RunJson,
  ScenarioJson,
} from "./document.ts";
import { SCHEMA } from "./document.ts";
import {
  diagnosticJson,
  type Json,
  ruleSourceJson,
  scenarioJson,
} from "./json.ts";
import { Recorder, STEPS_MAX } from "./record.ts";

/** A scenario that ran, with what was written down of it; without a record if it did not run. */
export interface Recorded {
  readonly result: ScenarioResult;
  readonly record: RecordJson | undefined;
}

/**
 * Runs a file that has no error, and writes every scenario down.
 *
 * @param settings as for a run; outputs are not told while it runs
 */
export function* recordFile(
  file: File,
  settings: RunSettings,
): Generator<Recorded> {
  let recorder: Recorder | undefined;
  const results = runWatched(file, {
    ...settings,
    tell: undefined,
    begun: (session) => recorder = new Recorder(session),
    watch: {
      before: () => {},
      after: (action, span) => recorder?.after(action, span),
    },
  });
  for (;;) {
    recorder = undefined;
    const next = results.next();
    if (next.done) return;
    const result = next.value;
    // Set while the generator ran.
    const written = recorder as Recorder | undefined;
    if (written === undefined) yield { result, record: undefined };
    else {
      const { failures, outputs, notes } = result;
      const record = written.finish(failures, outputs);
      const cut = written.isCut
        ? [`only the first ${STEPS_MAX} statements are in the report`]
        : [];
      yield { result: { ...result, notes: [...notes, ...cut] }, record };
    }
  }
}

/** Puts a document together. */
export class ReportBuilder {
  readonly #groups: { name: string; source: string; runs: RunJson[] }[] = [];
  readonly #records: RecordJson[] = [];
  readonly #recordNumbers = new Map<string, number>();
  readonly #sources = new Map<string, Source>();
  readonly #arches = new Map<string, Set<string>>();
  readonly #rules = new Set<string>();
  readonly #notRun: ReportJson["notRun"][number][] = [];
  readonly #findings: FindingJson[] = [];

  /** How many scenarios there are so far. */
  get count(): number {
    return this.#groups.length;
  }

  /** A text that runs, with those that it includes. */
  addFile({ source, lines }: File): void {
    this.#sources.set(source.name, source);
    this.#addIncluded(lines);
  }

  #addIncluded(lines: readonly Line[]): void {
    for (const line of lines) {
      if (line.kind === "include" && line.file) this.addFile(line.file);
      else if ("body" in line && line.body) this.#addIncluded(line.body.lines);
    }
  }

  /**
   * A scenario under each kernel that it was asked for.
   *
   * @param boundaries of each result, as `dregs.run/2` has them
   * @returns the number of its group
   */
  add(
    runs: readonly Recorded[],
    boundaries: (result: ScenarioResult) => readonly Json[] = () => [],
  ): number {
    const [{ result: { name, source } }] = runs;
    return this.#groups.push({
      name,
      source,
      runs: runs.map(({ result, record }) => ({
        scenario: scenarioJson(
          result,
          boundaries(result),
        ) as unknown as ScenarioJson,
        record: record === undefined ? null : this.#number(result, record),
      })),
    }) - 1;
  }

  /** A text that could not run. */
  addBroken(
    source: string,
    message: string,
    diagnostics: readonly Diagnostic[],
  ): void {
    const [first] = diagnostics;
    if (first) this.#sources.set(source, first.span.source);
    this.#notRun.push(
      {
        source,
        message,
        diagnostics: diagnostics.map(diagnosticJson),
      } as unknown as ReportJson["notRun"][number],
    );
  }

  /** Why two runs of a group stand side by side. */
  addFinding(finding: FindingJson): void {
    this.#findings.push(finding);
  }

  /** The number of a record: kernels that do the same share one. */
  #number({ arch }: ScenarioResult, record: RecordJson): number {
    const text = JSON.stringify(record);
    const known = this.#recordNumbers.get(text);
    if (known !== undefined) return known;
    const number = this.#records.push(record) - 1;
    this.#recordNumbers.set(text, number);
    const names = this.#arches.get(arch) ?? new Set();
    this.#arches.set(arch, names);
    for (const { sides, events } of record.steps) {
      for (const { rows } of sides) {
        for (const { register } of rows) names.add(register);
      }
      for (const { rule } of events) this.#rules.add(rule);
    }
    return number;
  }

  /** @param program the version of the program */
  finish(title: string, program: string): ReportJson {
    return {
      schema: SCHEMA,
      program,
      title,
      sources: [...this.#sources.values()].map(({ name, text }) => ({
        name,
        text,
      })),
      registers: Object.fromEntries(
        [...this.#arches].map(([name, names]) => [
          name,
          registersOf(architecture(name as ArchName)!, names),
        ]),
      ),
      rules: Object.fromEntries(
        [...this.#rules].sort().map((id) => [id, ruleJson(id)]),
      ),
      groups: this.#groups as readonly GroupJson[],
      records: this.#records,
      findings: this.#findings,
      notRun: this.#notRun,
    };
  }
}

function registersOf(
  { registers }: Architecture,
  names: ReadonlySet<string>,
): Record<string, FieldJson[]> {
  return Object.fromEntries(
    registers.all.filter(({ name }) => names.has(name)).map((
      { name, layout },
    ) => [
      name,
      layout.fields.map((field) => ({
        name: field.name,
        hi: field.hi,
        lo: field.lo,
        names: Object.fromEntries(
          Object.entries(field.values ?? {}).map(([word, value]) => [
            hex(value),
            word,
          ]),
        ),
      })),
    ]),
  );
}

function ruleJson(id: string): RuleJson {
  const entry = ruleEntry(id as RuleId);
  if (entry === undefined) throw new RangeError(`There is no rule ${id}`);
  const { title, sentence, confidence, source } = entry;
  return {
    title: title ?? null,
    sentence,
    confidence,
    source: ruleSourceJson(source) as unknown as RuleJson["source"],
  };
}
