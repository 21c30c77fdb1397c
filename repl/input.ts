/**
 * Statements that are typed, and files that are opened.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import type { Event } from "../engine/mod.ts";
import type { Seen } from "../dsl/actions.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import type { KnownLine } from "../dsl/incremental.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { checked, type Reading } from "../dsl/load.ts";
import { runText } from "../dsl/render/event.ts";
import { citationText } from "../dsl/render/rule.ts";
import {
  renderNotice,
  renderOutput,
  renderScenario,
} from "../dsl/render/scenario.ts";
import { fill } from "../dsl/render/value.ts";
import { hasScenario } from "../dsl/resolve/places.ts";
import { baseName } from "../dsl/source.ts";
import type { Output } from "../dsl/result.ts";
import { actionOf } from "../dsl/run/live.ts";
import { holdsExplore, runFile } from "../dsl/run/scenario.ts";
import type { File, Line, OpenerOf } from "../dsl/syntax/lines.ts";
import type { Table } from "../dsl/table.ts";
import { hex } from "../dsl/values.ts";
import { foreignAdvice } from "./foreign_words.ts";
import { belowLine, mistakes } from "./mistakes.ts";
import { placeKey, takeRefusal, type View } from "./view.ts";

/** What is said of an explore block, which is no statement of a session. */
const NOT_SEARCHED =
  "an `explore` block is searched, not run: put it in a file and use `dregs explore FILE`; nothing changed";

/**
 * Carries typed statements out. Bad input changes nothing.
 *
 * @param isAlone the text is one line, which stands on the screen
 */
export function typed(view: View, text: string, isAlone: boolean): string[] {
  const { timeline, checker } = view;
  const advice = isAlone ? foreignAdvice(text) : undefined;
  if (advice !== undefined) return view.say(advice);
  const name = `#${timeline.position + 1}`;
  const reading = view.read({ name, text: text.trimEnd() });
  // Scenario blocks run as their own, and leave the session alone.
  if (reading.file && hasScenario(reading.file.lines)) {
    return scenarios(view, reading);
  }
  const page = view.world.page();
  const told = (diagnostics: readonly Diagnostic[]): string[] =>
    isAlone && view.echoes
      ? diagnostics.flatMap((one) => belowLine(one, page))
      : mistakes(diagnostics, page);
  const found = checker.check(reading);
  if (!found.ok) return told(found.diagnostics);
  if (holdsExplore(reading.file!.lines)) {
    return fill(NOT_SEARCHED, page.columns);
  }
  const begin = timeline.position;
  const lines: string[] = [];
  for (const known of found.lines) {
    const done = carryOut(view, known, told);
    lines.push(...done.lines);
    if (done.isSkip) break;
    if (done.isError) {
      // What went before it in this input is taken back too.
      timeline.goTo(begin);
      return lines;
    }
  }
  if (timeline.position > begin) lines.push(...view.changed(begin));
  return lines;
}

/**
 * Runs the scenarios of a text, each on a machine of its own, under the session's architecture and kernel unless the
 * text chooses an architecture itself.
 */
function scenarios(view: View, reading: Reading): string[] {
  const page = view.world.page();
  const file = reading.file!;
  const before = choosesArch(file.lines)
    ? []
    : view.timeline.entries.map(({ known: { line } }) => line).filter((
      { kind },
    ) => kind === "arch" || kind === "kernel");
  const lines = [...before, ...file.lines];
  const loaded = checked({ ...reading, file: { ...file, lines } });
  if (!loaded.ok) return mistakes(loaded.diagnostics, page);
  return results(view, loaded.file, undefined);
}

/** Whether lines say which architecture they are for. */
function choosesArch(lines: readonly Line[]): boolean {
  return lines.some((line) =>
    line.kind === "arch" ||
    (line.kind === "scenario" || line.kind === "for") &&
      choosesArch(line.body.lines) ||
    line.kind === "include" && choosesArch(line.file?.lines ?? [])
  );
}

function results(
  view: View,
  file: File,
  filter: string | undefined,
): string[] {
  const page = view.world.page();
  return [...runFile(file, {
    profile: view.kernel?.profile,
    vendor: view.kernel?.vendor,
    filter,
    trace: false,
    limit: LIMIT_DEFAULT,
  })].flatMap((result) => renderScenario(result, page)).flatMap((line) => {
    const indent = /^ */.exec(line)![0];
    return fill(line.trimStart(), page.columns - indent.length, 2).map((part) =>
      indent + part
    );
  });
}

/** What came of opening a file. */
export interface Opened {
  readonly lines: readonly string[];
  /** It cannot be gone on from. */
  readonly fails: boolean;
}

/** Runs a file, and goes on from where it ends. */
export function opened(
  view: View,
  source: { readonly name: string; readonly text: string },
  filter: string | undefined,
): Opened {
  const page = view.world.page();
  const reading = view.read(source);
  const loaded = checked(reading);
  if (!loaded.ok) {
    return { lines: mistakes(loaded.diagnostics, page), fails: true };
  }
  const { file } = loaded;
  if (holdsExplore(file.lines)) {
    const { name } = source;
    const lines = view.say(
      `${name} has an \`explore\` block, which is searched, not run: use \`dregs explore ${name}\``,
    );
    return { lines, fails: true };
  }
  const without = (): Opened => ({
    lines: view.say(
      `${source.name}: no scenario has \`${filter}\` in its name`,
    ),
    fails: true,
  });
  if (!hasScenario(file.lines)) {
    if (filter !== undefined && !baseName(source.name).includes(filter)) {
      return without();
    }
    const lines = goOn(view, reading, file.lines, `ran ${source.name}`);
    return { lines, fails: false };
  }
  const lines = results(view, file, filter);
  if (filter !== undefined && lines.length === 0) return without();
  const blocks = file.lines.filter((line) => line.kind === "scenario");
  const chosen = blocks.find((block) =>
    filter === undefined || nameText(block).includes(filter)
  );
  if (chosen === undefined) {
    lines.push(
      ...view.say("there is no scenario to go on from: the session is empty"),
    );
    return { lines, fails: false };
  }
  const before = file.lines.filter(({ kind }) =>
    kind !== "scenario" && kind !== "for"
  );
  const others = blocks.length > 1
    ? `, one of ${blocks.length}; \`--filter NAME\` chooses another`
    : "";
  const said = `the session goes on from scenario "${
    nameText(chosen)
  }"${others}`;
  lines.push(...goOn(view, reading, [...before, ...chosen.body.lines], said));
  return { lines, fails: false };
}

/** Carries lines of a file out, as if they were typed, each with its place in the file. */
function goOn(
  view: View,
  reading: Reading,
  lines: readonly Line[],
  said: string,
): string[] {
  const { timeline, checker, world } = view;
  const begin = timeline.position;
  const page = world.page();
  const told = (diagnostics: readonly Diagnostic[]): string[] =>
    mistakes(diagnostics, page);
  const file = { ...reading.file!, lines };
  const found = checker.check({ ...reading, file });
  if (!found.ok) return told(found.diagnostics);
  const out: string[] = [];
  for (const known of found.lines) {
    const done = carryOut(view, known, told);
    out.push(...done.lines);
    if (done.isError || done.isSkip) break;
  }
  return [...out, ...view.changed(begin), ...view.say(said)];
}

/** Carries one checked statement out, and tells what came of it. */
function carryOut(
  view: View,
  known: KnownLine,
  told: (diagnostics: readonly Diagnostic[]) => string[],
): {
  readonly lines: readonly string[];
  readonly isError: boolean;
  /** A requirement does not hold. */
  readonly isSkip: boolean;
} {
  const { timeline, world } = view;
  const { session } = timeline;
  const done = timeline.carryOut(known, () => takeRefusal(session));
  const page = world.page();
  const notices = done.notices.flatMap((event) =>
    view.say(renderNotice(event, page))
  );
  noteShown(view, known.line, done.outputs);
  const lines = [
    ...done.outputs.flatMap((output) =>
      renderOutput(output, view.kernelText, page)
    ),
    ...new Set(notices),
    ...told(done.failures.map(({ diagnostic }) => diagnostic)),
  ];
  if (done.kept) {
    lines.push(...outcome(view, known.line, done.events));
    if (known.line.kind === "kernel") lines.push(...aboutKernel(view));
  }
  if (done.skip) {
    lines.push(...view.say(`does not hold: ${done.skip.reason}`));
  }
  return {
    lines,
    isSkip: done.skip !== undefined,
    isError: !done.completed && done.skip === undefined ||
      done.failures.some(({ kind }) => kind === "error"),
  };
}

/** Remembers what was looked at by name, which `save --expect` pins. */
function noteShown(
  { shown, timeline }: View,
  line: Line,
  outputs: readonly Output[],
): void {
  switch (line.kind) {
    case "show":
      // Without a name the table has what changed.
      if (line.registers.length === 0) return;
      for (const output of outputs) {
        if (output.kind !== "table") continue;
        for (const seen of tableSeen(output.table)) {
          shown.set(placeKey(seen), seen);
        }
      }
      return;
    case "why": {
      const { session, scope } = timeline;
      const { action } = actionOf(session, line, scope);
      if (action?.kind === "why") {
        shown.set(placeKey(action.seen), action.seen);
      }
      // The look may have built the machine.
      timeline.settle();
      return;
    }
    case "why-happened":
    case "why-not":
      timeline.settle();
      return;
    default:
      return;
  }
}

/** The places that a table shows. */
function tableSeen({ vcpu, cpu, views, rows, kvm }: Table): Seen[] {
  const field = undefined;
  return [
    ...rows.flatMap(({ register }) =>
      views.map((view): Seen => ({
        view,
        index: view === "cpu" ? cpu : vcpu,
        register: register.id,
        kvmName: undefined,
        field,
      }))
    ),
    ...kvm.flatMap((state) =>
      state.values.map(({ name }): Seen => ({
        view: "kvm",
        index: state.vcpu,
        register: undefined,
        kvmName: name,
        field,
      }))
    ),
  ];
}

/** Notes on the kernel that was chosen. */
export function aboutKernel(
  { timeline: { session }, kernel, kernelText, world }: View,
): string[] {
  const page = world.page();
  const lines = session.profile.notes.map((note) => `note: ${note}`);
  const { profile } = session.kernelChoice;
  if (kernel !== undefined) {
    lines.push(
      profile === kernel.profile
        ? `--kernel decides: it is ${kernelText}`
        : `--kernel ${kernel.profile} is not a kernel of ${session.arch.name}: it is ${kernelText}`,
    );
  }
  return lines.flatMap((line) => fill(line, page.columns, 2)).map(
    page.theme.quiet,
  );
}

/** How a run or an operation went, in one line. */
function outcome(
  view: View,
  line: Line,
  events: readonly Event[],
): string[] {
  const { timeline, world } = view;
  const { session, machine } = timeline;
  const { theme } = world.page();
  if (line.kind === "require") return ["holds"];
  if (machine === undefined) return [];
  switch (line.kind) {
    case "run": {
      const { lastRun } = machine;
      if (lastRun === undefined) return [];
      const text = `vCPU ${lastRun.vcpu}: exit ${
        runText(session.machine.lastRun)
      }`;
      return view.say(text + eventsText(events)).map(theme.quiet);
    }
    case "set":
    case "user":
    case "host-action": {
      const refused = timeline.lastEntry?.refused;
      if (refused !== undefined) {
        const event = events.findLast((one) => one.kind === "refused");
        const why = event?.kind === "refused"
          ? `: ${event.why} (${citationText(event.rule)})`
          : "";
        return view.say(theme.bad(`refused, ${refused}`) + why);
      }
      const value = session.lastOperation?.result.value;
      return value === undefined ? [] : [`= ${hex(value)}`];
    }
    default:
      return [];
  }
}

/** What a run did, in counts. */
function eventsText(events: readonly Event[]): string {
  const traps = events.filter(({ kind }) => kind === "trap").length;
  const taken = events.flatMap((event) =>
    event.kind === "exception" ? [event.exception] : []
  );
  const missed = events.filter(({ kind }) => kind === "missed").length;
  return [
    traps > 0 ? `, ${counted(traps, "trap")}` : "",
    taken.length > 0 ? `, took ${taken.join(", ")}` : "",
    missed > 0 ? `, ${counted(missed, "missed breakpoint")}` : "",
  ].join("");
}

/** A scenario's name, as far as it is fixed. */
function nameText({ name: { parts } }: OpenerOf<"scenario">): string {
  return parts.map((part) => "kind" in part ? "…" : part.value).join("");
}
