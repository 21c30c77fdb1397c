/**
 * All that a scenario does under a kernel, as text: every event with all that it says, what every view has at the end,
 * and why.
 *
 * @module
 */
import { LIMIT_DEFAULT, limitsOf } from "../../dsl/limits.ts";
import { load, pathReader } from "../../dsl/load.ts";
import { renderDiagnostics } from "../../dsl/render.ts";
import { eventLine } from "../../dsl/render/event.ts";
import type { Seen } from "../../dsl/action_parts.ts";
import { runWatched } from "../../dsl/run/scenario.ts";
import type { Session } from "../../dsl/run/session.ts";
import { chainTo } from "../../dsl/run/why.ts";
import { divergenceText } from "../../dsl/run/why_bare.ts";
import { type Recorded, recorded } from "../../dsl/run/why_record.ts";
import { play, type PlayedOn } from "../../conform/play/mod.ts";
import { type Span, textOf } from "../../dsl/source.ts";
import { viewText } from "../../dsl/values.ts";
import {
  architecture,
  type ArchName,
  type Machine,
  type ViewValue,
} from "../../engine/mod.ts";
import { mapJson, plain } from "../../report/json.ts";
import { look, type Side } from "../../report/looks.ts";

import { answers } from "./answers.ts";

/** A kernel as `--kernel` takes it; the scenario's own if undefined. */
export interface TracedUnder {
  readonly profile?: string;
  readonly vendor?: string;
}

function json(value: unknown): string {
  return JSON.stringify(plain(value));
}

function valueText(value: ViewValue): string {
  return value.kind === "none" ? `– (${value.why})` : viewText(value);
}

/** The rules that a value goes back by, newest first. */
function whyText(
  session: Session,
  seen: Seen,
  record: readonly Recorded[],
): string {
  const links = chainTo(session, seen, record).links();
  return links.map(({ event, instruction }) =>
    instruction === undefined
      ? event.rule
      : `${event.rule} at ${textOf(instruction)}`
  ).join(" < ");
}

/** Says why a value is as it is, after the value. */
type Why = (seen: Seen) => string;

function sideLines(
  { vcpu, cpu, isLoaded, pending, rows, kvm, map }: Side,
  why: Why,
): string[] {
  const lines = [
    `  vcpu ${vcpu}, cpu ${cpu}: ${
      isLoaded ? "loaded" : "out"
    }, ${pending} pending`,
  ];
  const nothing = { register: undefined, kvmName: undefined, field: undefined };
  for (const { register, cells, physical } of rows) {
    const { id, name } = register;
    for (const [view, value] of Object.entries(cells)) {
      const at = view as keyof typeof cells;
      const index = at === "cpu" ? cpu : vcpu;
      const isSaid = value.kind !== "value" || value.value !== 0n;
      if (!isSaid && physical === undefined) continue;
      const seen = { ...nothing, view: at, index, register: id };
      lines.push(`  ${view} ${name} ${valueText(value)}${why(seen)}`);
    }
    if (physical !== undefined) {
      lines.push(`  ${name} is ${physical.name} of the machine`);
    }
  }
  for (const { name, value } of kvm) {
    if (value.kind !== "value" || value.value === 0n) continue;
    const at = { view: "kvm", index: vcpu, kvmName: name } as const;
    const reason = why({ ...nothing, ...at });
    lines.push(`  kvm ${name} ${valueText(value)}${reason}`);
  }
  if (map !== undefined) lines.push(`  map ${JSON.stringify(mapJson(map))}`);
  return lines;
}

/** All events of a machine that keeps them, by what they are due to. */
function eventLines({ journal }: Machine): string[] {
  return [...journal.chapters()].reverse().flatMap(({ cause, events }) => [
    // Of a session's machine it is a statement, and a case's has none.
    `  ${cause === undefined ? "" : textOf(cause as Span)}`,
    ...events.flatMap((event) => [
      `    ${eventLine(event)}`,
      `      ${json(event)}`,
    ]),
  ]);
}

function sessionLines(session: Session, span: Span): string[] {
  if (!session.hasMachine) return [];
  const { arch, machine } = session;
  const record = recorded(session);
  const why: Why = (seen) => {
    const { view, index, register } = seen;
    const bare = view === "guest" && register !== undefined
      ? divergenceText(session, index, register, undefined)
      : undefined;
    const chain = whyText(session, seen, record);
    return `${bare === undefined ? "" : `; ${bare}`} < ${chain}`;
  };
  return [
    ...eventLines(machine),
    ...look(arch, machine).flatMap((side) => sideLines(side, why)),
    ...answers(session, span),
  ];
}

/**
 * What a case of the recorder does on the model.
 *
 * @param text the case, as JSON lines
 */
export function caseTraceText(
  arch: ArchName,
  text: string,
  on: PlayedOn,
): string {
  let machine: Machine | undefined;
  const lines = play(text, {
    ...on,
    begun: (made) => {
      made.journal.keepAll = true;
      machine = made;
    },
  });
  if (machine === undefined) return lines;
  const sides = look(architecture(arch)!, machine);
  return [
    lines,
    ...eventLines(machine),
    ...sides.flatMap((side) => sideLines(side, () => "")),
  ].join("\n");
}

/**
 * What the scenarios of a file do.
 *
 * @param path of the file, as the catalogue names it
 * @param texts of the catalogue's files, for what the file includes
 */
export function traceText(
  path: string,
  texts: ReadonlyMap<string, string>,
  { profile, vendor }: TracedUnder,
): string {
  const loaded = load({ name: path, text: texts.get(path) ?? "" }, {
    reader: pathReader((name) => texts.get(name)),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  const span = { source: loaded.file.source, start: 0, end: 0 } as Span;
  const lines: string[] = [];
  let ended: string[] = [];
  const results = runWatched(loaded.file, {
    profile,
    vendor,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
    ended: (session) => {
      ended = sessionLines(session, span);
    },
  });
  for (const { name, failures, skip } of results) {
    const outcome = skip !== undefined
      ? "skipped"
      : failures.length > 0
      ? "failed"
      : "ok";
    lines.push(`${name}: ${outcome}`, ...ended);
    ended = [];
  }
  return lines.join("\n");
}
