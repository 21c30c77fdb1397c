/**
 * A session as a scenario.
 *
 * @module
 */
import type { Session } from "../dsl/run/session.ts";
import type { Statement } from "../dsl/syntax/nodes.ts";
import { textOf } from "../dsl/source.ts";
import { TABLE_VIEWS } from "../dsl/table.ts";
import { viewText } from "../dsl/values.ts";
import { isQuiet, type Observation } from "./observation.ts";
import type { Entry } from "./timeline.ts";

/** True if a statement, or what it holds, includes a file: its path would be relative to another place. */
function includes(statement: Statement): boolean {
  return statement.kind === "include" ||
    statement.kind === "for" && statement.body.statements.some(includes);
}

/** A statement as lines; what it includes is written out, since the scenario may go elsewhere. */
function linesOf(statement: Statement, text: string): string[] {
  if (!includes(statement)) return text.split("\n");
  if (statement.kind === "include") {
    return (statement.file?.statements ?? []).flatMap(ownLines);
  }
  if (statement.kind !== "for") return text.split("\n");
  return [
    `${textOf(statement.span)} {`,
    ...statement.body.statements.flatMap(ownLines).map((line) => `  ${line}`),
    "}",
  ];
}

/** The text of a statement with its block. */
export function statementText(statement: Statement): string {
  const { source, start, end } = statement.span;
  const hasBody = statement.kind === "for" || statement.kind === "scenario" ||
    statement.kind === "explore";
  return source.text.slice(start, hasBody ? statement.body.span.end : end);
}

function ownLines(statement: Statement): string[] {
  return linesOf(statement, statementText(statement));
}

/** Expectations of all that views show and that is not as at reset. */
function expectations(session: Session, seen: Observation): string[] {
  const lines: string[] = [];
  for (const { vcpu, cpu, rows } of seen.sides) {
    for (const row of rows) {
      const { register, cells } = row;
      if (isQuiet(row)) continue;
      for (const view of TABLE_VIEWS) {
        const value = cells[view];
        if (value === undefined || value.kind === "none") continue;
        const at = view === "cpu" ? cpu : vcpu;
        const place = at === 0 ? view : `${view}@${at}`;
        lines.push(`expect ${place} ${register.short} == ${viewText(value)}`);
      }
    }
  }
  const { lastRun } = session.machine;
  if (lastRun) lines.push(`expect exit ${lastRun.exit}`);
  for (const [name, value] of session.machine.reads) {
    const shown = value === undefined ? "undef" : `0x${value.toString(16)}`;
    lines.push(`expect ${name} == ${shown}`);
  }
  return lines;
}

/**
 * The session as the text of a scenario that replays to the same state.
 *
 * @param seen what is true now, for expectations; undefined if none are wanted
 */
export function scenarioText(
  session: Session,
  entries: readonly Entry[],
  seen: Observation | undefined,
): string {
  const lines = ["# Saved from a session.", ""];
  entries.forEach(({ statement, text, refused }, index) => {
    lines.push(...linesOf(statement, text));
    const next = entries[index + 1]?.statement;
    const isAnswered = next?.kind === "expect" &&
      (next.expectation.kind === "error" || next.expectation.kind === "ok");
    if (refused !== undefined && !isAnswered) {
      lines.push(`expect error ${refused}`);
    }
  });
  if (seen) lines.push("", ...expectations(session, seen));
  return lines.join("\n").trimEnd() + "\n";
}
