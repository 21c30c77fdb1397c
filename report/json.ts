/**
 * What ran, as JSON: what `dregs run --format json` and a report are made of. `docs/json.md` describes it.
 *
 * @module
 */
import type { Event, NumberMap, RuleSource, ViewValue } from "../engine/mod.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import type {
  Failure,
  Output,
  ScenarioResult,
  Skip,
  UnmetLink,
} from "../dsl/result.ts";
import { positionAt, type Span } from "../dsl/source.ts";
import { decode, type Table, type TableRow } from "../dsl/table.ts";
import { hex } from "../dsl/values.ts";

/** What JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A span's begin and end, and the `include`s that led to it, innermost first. */
export function place(span: Span): Json {
  const { source, start, end } = span;
  const from = positionAt(source, start);
  const to = positionAt(source, end);
  const includedFrom: Json[] = [];
  for (let at = source.includedFrom; at; at = at.source.includedFrom) {
    const { line, column } = positionAt(at.source, at.start);
    includedFrom.push({ source: at.source.name, line, column });
  }
  return {
    source: source.name,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
    includedFrom,
  };
}

/** A diagnostic as JSON. */
export function diagnosticJson(diagnostic: Diagnostic): Json {
  const { code, span, message, expected, hint, notes } = diagnostic;
  return {
    code,
    place: place(span),
    message,
    expected: [...expected ?? []],
    hint: hint ?? null,
    notes: (notes ?? []).map((note) => ({
      place: place(note.span),
      message: note.message,
    })),
  };
}

/** What a view has, as JSON. */
export function viewValue(value: ViewValue): Json {
  switch (value.kind) {
    case "value":
      return { kind: "value", value: hex(value.value) };
    case "undef":
      return { kind: "undef" };
    case "none":
      return { kind: "none", why: value.why };
    default:
      return value satisfies never;
  }
}

/** Data of the engine as JSON: 64-bit values as hex texts, what is not there as null. */
export function plain(value: unknown): Json {
  switch (typeof value) {
    case "bigint":
      return hex(value);
    case "undefined":
      return null;
    case "string":
    case "number":
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(plain);
      return Object.fromEntries(
        Object.entries(value).map(([name, part]) => [name, plain(part)]),
      );
    default:
      throw new RangeError(`No JSON for a ${typeof value}`);
  }
}

/** Of an event what it depended on is left out: the chain of a `why` has that. */
const LEFT_OUT: Partial<
  Record<
    Event["kind"],
    readonly ("needed" | "status" | "pc" | "from" | "left")[]
  >
> = {
  hit: ["needed", "pc"],
  raise: ["needed", "status"],
  inject: ["needed"],
  warn: ["needed"],
  exception: ["from"],
  "user-exit": ["from", "left"],
};

/** An event as JSON. */
export function eventJson(event: Event): Json {
  const out = LEFT_OUT[event.kind];
  if (out === undefined) return plain(event);
  return plain(
    Object.fromEntries(
      Object.entries(event).filter(([name]) =>
        !(out as readonly string[]).includes(name)
      ),
    ),
  );
}

/** Where a rule was read, as JSON. */
export function ruleSourceJson({ where, read, commits }: RuleSource): Json {
  return {
    where: [...where],
    read,
    commits: (commits ?? []).map(({ hash, subject }) => ({
      hash: hash ?? null,
      subject,
    })),
  };
}

/** A row of a table as JSON. */
export function rowJson({ register, cells, physical }: TableRow): Json {
  const { name, short, layout } = register;
  return {
    register: name,
    short,
    physical: physical?.name ?? null,
    cells: Object.fromEntries(
      Object.entries(cells).map(([view, value]) => [view, {
        ...viewValue(value) as { readonly [name: string]: Json },
        ...(value.kind === "value"
          ? {
            fields: Object.fromEntries(
              decode(layout, value.value).map((field) => [
                field.name,
                hex(field.value),
              ]),
            ),
          }
          : {}),
      }]),
    ),
  };
}

function tableJson({ vcpu, cpu, views, rows, quiet, kvm }: Table): Json {
  return {
    vcpu,
    cpu,
    views: [...views],
    rows: rows.map(rowJson),
    quiet,
    kvm: kvm.flatMap((state) =>
      state.values.map(({ name, value }) => ({
        vcpu: state.vcpu,
        name,
        value: viewValue(value),
      }))
    ),
  };
}

/** The guest's and the machine's breakpoint numbers as JSON; null where they cannot differ. */
export function mapJson(map: NumberMap | undefined): Json {
  return map === undefined ? null : plain(map);
}

/** The condition that was not met. */
function unmetJson(
  { statement, instruction, condition, sentence, confidence, source }:
    UnmetLink,
): Json {
  return {
    place: statement ? place(statement) : null,
    instruction: instruction ? place(instruction) : null,
    rule: condition.rule,
    register: condition.place ? plain(condition.place) : null,
    field: condition.field ?? null,
    value: condition.place ? plain(condition.value) : null,
    needed: condition.needed,
    sentence,
    confidence,
    source: ruleSourceJson(source),
  };
}

function outputJson(output: Output): Json {
  const { kind } = output;
  const at = place(output.span);
  switch (kind) {
    case "table":
      return { kind, place: at, table: tableJson(output.table) };
    case "map":
      return { kind, place: at, map: mapJson(output.map) };
    case "cost":
      return { kind, place: at, costs: plain(output.costs) };
    case "why":
      return {
        kind,
        place: at,
        subject: output.subject,
        value: output.value,
        unmet: output.unmet ? unmetJson(output.unmet) : null,
        chain: output.chain.map((
          { statement, instruction, event, sentence, confidence, source },
        ) => ({
          place: statement ? place(statement) : null,
          instruction: instruction ? place(instruction) : null,
          event: eventJson(event),
          sentence,
          confidence,
          source: ruleSourceJson(source),
        })),
      };
    case "trace":
      return { kind, place: at, events: output.events.map(eventJson) };
    default:
      return kind satisfies never;
  }
}

function skipJson(skip: Skip | undefined): Json {
  if (skip === undefined) return null;
  const { cause, reason, span } = skip;
  return { cause, reason, place: span ? place(span) : null };
}

function failureJson({ kind, diagnostic, expected, found }: Failure): Json {
  return {
    kind,
    expected: expected ?? null,
    found: found ?? null,
    diagnostic: diagnosticJson(diagnostic),
  };
}

/**
 * A scenario's result as JSON.
 *
 * @param boundaries where it begins or stops to fail, with it on the side that fails
 */
export function scenarioJson(
  result: ScenarioResult,
  boundaries: readonly Json[],
): Json {
  return {
    name: result.name,
    source: result.source,
    arch: result.arch,
    kernel: result.profile,
    vendor: result.vendor ?? null,
    status: result.status,
    skipped: skipJson(result.skip),
    expectations: result.expectations,
    failures: result.failures.map(failureJson),
    boundaries: [...boundaries],
    outputs: result.outputs.map(outputJson),
    runs: result.runs.map(plain),
    notices: result.notices.map(eventJson),
    notes: [...result.notes],
  };
}
