/**
 * A session as a scenario.
 *
 * @module
 */
import type { Architecture } from "../engine/mod.ts";
import type { Action, Expected } from "../dsl/actions.ts";
import { actionText } from "../dsl/print/action.ts";
import type { Session } from "../dsl/run/session.ts";
import { textOf } from "../dsl/source.ts";
import { type Line, lineText } from "../dsl/syntax/lines.ts";
import { TABLE_VIEWS } from "../dsl/table.ts";
import { isQuiet, type Observation } from "./observation.ts";
import type { Entry } from "./timeline.ts";

/** True if a line, or what it holds, includes a file: its path would be relative to another place. */
function includes(line: Line): boolean {
  return line.kind === "include" ||
    line.kind === "for" && line.body.lines.some(includes);
}

/**
 * A line as text; what it includes is written out, since the scenario may go elsewhere.
 *
 * @param kernel what stands in place of a kernel; undefined for the kernel itself
 */
function linesOf(line: Line, kernel: string | undefined): string[] {
  const isReplaced = line.kind === "kernel" || line.kind === "arch";
  if (isReplaced && kernel !== undefined) return [];
  if (line.kind === "include") {
    return (line.file?.lines ?? []).flatMap((one) => linesOf(one, kernel));
  }
  if (line.kind !== "for" || !includes(line)) return lineText(line).split("\n");
  return [
    `${textOf(line.span)} {`,
    ...line.body.lines.flatMap((one) => linesOf(one, kernel)).map((inner) =>
      `  ${inner}`
    ),
    "}",
  ];
}

/** Expectations of all that views show and that is not as at reset. */
function expectations(session: Session, seen: Observation): Expected[] {
  const found: Expected[] = [];
  for (const { vcpu, cpu, rows } of seen.sides) {
    for (const row of rows) {
      const { register, cells } = row;
      if (isQuiet(row)) continue;
      for (const view of TABLE_VIEWS) {
        const value = cells[view];
        if (value === undefined || value.kind === "none") continue;
        const index = view === "cpu" ? cpu : vcpu;
        const field = undefined;
        const kvmName = undefined;
        found.push({
          kind: "view",
          seen: { view, index, register: register.id, kvmName, field },
          operator: "==",
          value: value.kind === "undef" ? "undef" : value.value,
        });
      }
    }
  }
  const { lastRun, reads } = session.machine;
  if (lastRun) found.push({ kind: "exit", reason: lastRun.exit, fields: [] });
  for (const [name, value] of reads) {
    found.push({ kind: "read", name, operator: "==", value: value ?? "undef" });
  }
  return found;
}

/** True if a line looks at the result of the operation before it. */
function answers(line: Line | undefined): boolean {
  if (line?.kind !== "expect") return false;
  const { kind } = line.expectation;
  return kind === "error" || kind === "ok";
}

function expectText(expected: Expected, arch: Architecture): string {
  const action: Action = { kind: "expect", expected, on: [] };
  return actionText(action, arch);
}

/** The kernel that was chosen in place of the statements' own; undefined if none was. */
function kernelLine(
  { settings, kernelChoice, arch }: Session,
): string | undefined {
  if (settings.profile === undefined) return undefined;
  const { profile, vendor, options } = kernelChoice;
  return actionText({ kind: "kernel", profile, vendor, options }, arch);
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
  const kernel = kernelLine(session);
  const lines = ["# Saved from a session.", ""];
  if (kernel !== undefined) {
    lines.push(
      actionText({ kind: "arch", arch: session.arch.name }, session.arch),
      kernel,
    );
  }
  entries.forEach(({ known: { line }, refused }, index) => {
    lines.push(...linesOf(line, kernel));
    if (refused !== undefined && !answers(entries[index + 1]?.known.line)) {
      lines.push(`expect error ${refused}`);
    }
  });
  if (seen) {
    lines.push(
      "",
      ...expectations(session, seen).map((expected) =>
        expectText(expected, session.arch)
      ),
    );
  }
  return lines.join("\n").trimEnd() + "\n";
}
