/**
 * `save`: a session as a scenario, in a file.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import type { Action } from "../dsl/actions.ts";
import { actionText } from "../dsl/print/action.ts";
import { isConfiguration } from "../dsl/resolve/machine_state.ts";
import type { Session } from "../dsl/run/session.ts";
import { textOf } from "../dsl/source.ts";
import { type Line, lineText } from "../dsl/syntax/lines.ts";
import { allPinned, namedPinned } from "./pins.ts";
import type { Pin } from "./saved.ts";
import type { Entry } from "./timeline.ts";
import type { View } from "./view.ts";

/** What `save` takes besides a file and what to expect. */
export const SAVE_OPTIONS = ["--expect", "--force"] as const;

/**
 * True if a line, or what it holds, is not saved as it stands: an included file is written out, since its path would
 * be relative to another folder, and what describes the machine is at the top of the scenario.
 */
function isRewritten(line: Line): boolean {
  return line.kind === "include" || isConfiguration(line) ||
    line.kind === "for" && line.body.lines.some(isRewritten);
}

/** A line as text. */
function linesOf(line: Line): string[] {
  if (isConfiguration(line)) return [];
  if (line.kind === "include") {
    return (line.file?.lines ?? []).flatMap(linesOf);
  }
  if (line.kind !== "for" || !isRewritten(line)) {
    return lineText(line).split("\n");
  }
  const inside = line.body.lines.flatMap(linesOf);
  return inside.length === 0 ? [] : [
    `${textOf(line.span)} {`,
    ...inside.map((text) => `  ${text}`),
    "}",
  ];
}

/** True if a line looks at the result of the operation before it. */
function answers(line: Line | undefined): boolean {
  if (line?.kind !== "expect") return false;
  const { kind } = line.expectation;
  return kind === "error" || kind === "ok";
}

/** The machine, with what was left to the defaults: these may differ in another release of the program. */
function machineLines({ arch, kernelChoice, host }: Session): string[] {
  const counts = Object.fromEntries(
    arch.hostCounts.flatMap(({ name, initial }) => {
      const count = host.counts[name] ?? initial;
      return count === undefined ? [] : [[name, count]];
    }),
  );
  const actions: Action[] = [
    { kind: "arch", arch: arch.name },
    { kind: "kernel", ...kernelChoice },
    {
      kind: "host",
      counts,
      model: host.model ?? arch.models[0]?.name,
      unpredictable: host.unpredictable ?? arch.unpredictable[0]?.name,
    },
  ];
  return actions.map((action) => actionText(action, arch));
}

/**
 * The session as the text of a scenario that replays to the same state.
 *
 * @param pins expectations, each after its statement
 */
export function scenarioText(
  session: Session,
  entries: readonly Entry[],
  pins: readonly Pin[],
): string {
  const lines = ["# Saved from a session.", "", ...machineLines(session), ""];
  const pinnedAfter = (entry: Entry | undefined): void => {
    const pinned = pins.filter(({ after }) => after === entry);
    if (pinned.length === 0) return;
    lines.push("", ...pinned.flatMap((pin) => pin.lines), "");
  };
  pinnedAfter(undefined);
  entries.forEach((entry, index) => {
    const { known: { line }, refused } = entry;
    lines.push(...linesOf(line));
    if (refused !== undefined && !answers(entries[index + 1]?.known.line)) {
      lines.push(`expect error ${refused}`);
    }
    pinnedAfter(entry);
  });
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trimEnd() + "\n";
}

/** What is asked of `save`. */
interface Request {
  readonly path: string;
  readonly isForced: boolean;
  /** What to pin; empty for what changed; undefined to pin nothing more. */
  readonly pinned: readonly string[] | undefined;
}

/** Takes apart what follows `save`. */
function requestOf(rest: string): Request | { readonly mistake: string } {
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const options = words.filter((word) => word.startsWith("--"));
  const [path, ...named] = words.filter((word) => !word.startsWith("--"));
  const unknown = options.find((word) =>
    !SAVE_OPTIONS.some((option) => option === word)
  );
  if (unknown !== undefined) {
    return {
      mistake: `\`${unknown}\` is not an option of \`save\`: use ${
        SAVE_OPTIONS.join(" or ")
      }`,
    };
  }
  if (path === undefined) {
    return { mistake: "`save` needs a file: `save case.dregs`" };
  }
  const isPinning = options.includes("--expect");
  if (named.length > 0 && !isPinning) {
    return {
      mistake:
        `\`save\` takes one file; what to expect goes after \`--expect\`: \`save ${path} --expect ${
          named.join(" ")
        }\``,
    };
  }
  return {
    path,
    isForced: options.includes("--force"),
    pinned: isPinning ? named : undefined,
  };
}

/** Why a file should not be replaced; undefined if it may be. */
function objection(
  { saved, world: { files } }: View,
  path: string,
): string | undefined {
  if (!files.exists(path)) return undefined;
  const own = saved.get(path);
  if (own === undefined) {
    return `${path} exists already; \`save ${path} --force\` replaces it`;
  }
  return files.read(path) === own.text
    ? undefined
    : `${path} has changed since this session wrote it; \`save ${path} --force\` replaces it`;
}

/** `save FILE [--expect [WHAT …]] [--force]` */
export function save(view: View, rest: string): readonly string[] {
  const request = requestOf(rest);
  if ("mistake" in request) return view.say(request.mistake);
  const { path, isForced, pinned } = request;
  const refusal = isForced ? undefined : objection(view, path);
  if (refusal !== undefined) return view.say(refusal);
  const { timeline, saved, world: { files } } = view;
  const { session, entries, lastEntry } = timeline;
  const before = saved.get(path)?.pins ?? [];
  // What an undone statement led to is no more.
  const kept = before.filter(({ after }) =>
    after === undefined || entries.includes(after)
  );
  try {
    let pins = kept;
    let isEmpty = false;
    if (pinned !== undefined) {
      const { lines, mistakes } = pinned.length === 0
        ? { lines: allPinned(view), mistakes: undefined }
        : namedPinned(view, pinned);
      if (mistakes !== undefined) return mistakes;
      isEmpty = lines.length === 0;
      pins = [
        ...kept.filter(({ after }) => after !== lastEntry),
        { after: lastEntry, lines },
      ];
    }
    const text = scenarioText(session, entries, pins);
    files.write(path, text);
    saved.set(path, { text, pins });
    const left = isEmpty
      ? "; nothing has changed, so that nothing is expected"
      : kept.length < before.length
      ? "; expectations after statements that were undone are left out"
      : "";
    return view.say(`wrote ${path}: ${contents(entries.length, pins)}${left}`);
  } catch (error) {
    return view.say(error instanceof Error ? error.message : String(error));
  } finally {
    // What was looked at may have built the machine.
    timeline.settle();
  }
}

/** How much was written. */
function contents(statements: number, pins: readonly Pin[]): string {
  const count = pins.reduce((sum, { lines }) => sum + lines.length, 0);
  const expectations = count > 0 ? `, ${counted(count, "expectation")}` : "";
  return counted(statements, "statement") + expectations;
}
