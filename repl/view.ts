/**
 * The state of the interactive view, and what it says of the machine.
 *
 * @module
 */
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { IncrementalChecker } from "../dsl/incremental.ts";
import { pathReader, read, type Reading } from "../dsl/load.ts";
import { namedNumber } from "../dsl/notation.ts";
import { kernelText } from "../dsl/render/scenario.ts";
import { renderTable } from "../dsl/render/table.ts";
import { fill } from "../dsl/render/value.ts";
import { actionOf } from "../dsl/run/live.ts";
import type { Session } from "../dsl/run/session.ts";
import { viewed } from "../dsl/run/viewed.ts";
import { fieldSeen } from "../dsl/seen.ts";
import type { Source } from "../dsl/source.ts";
import { errnoText, fieldText, viewText } from "../dsl/values.ts";
import { renderBinary } from "./binary.ts";
import { inShort } from "./mistakes.ts";
import { changes, type Observation } from "./observation.ts";
import { type ChosenKernel, Timeline } from "./timeline.ts";
import type { Layout } from "./words.ts";
import type { World } from "./world.ts";

/** A value that is shown after every statement. */
interface Watched {
  /** `hw dbgbcr0.lbn`, as typed. */
  readonly text: string;
  shown: string;
}

/** A value, or why there is none. */
export type Looked =
  | { readonly value: string; readonly mistakes: undefined }
  | { readonly value: ""; readonly mistakes: string[] };

/** The state of the interactive view. */
export class View {
  readonly checker: IncrementalChecker = new IncrementalChecker();
  /** What was carried out so far, and the machine. */
  readonly timeline: Timeline;
  readonly watched: Watched[] = [];
  /** Files that `save` has written. */
  readonly written: Set<string> = new Set();
  /** How registers are laid out. */
  layout: Layout = "compact";

  /**
   * Begins with nothing typed.
   *
   * @param world files, history and the page
   * @param echoes what is typed stands on the screen after the prompt: a mistake is marked below it
   * @param kernel in place of the one that statements name
   */
  constructor(
    readonly world: World,
    readonly echoes: boolean,
    readonly kernel?: ChosenKernel,
  ) {
    this.timeline = new Timeline(this.checker, kernel);
  }

  /** Reads a text with all that it includes. */
  read(source: Source): Reading {
    const reader = pathReader((path) => this.world.files.read(path));
    return read(source, { reader });
  }

  /** The kernel, as tables name it. */
  get kernelText(): string {
    const { profile, vendor } = this.timeline.session.kernelChoice;
    return kernelText({ profile, vendor });
  }

  /**
   * What changed since a moment, and what is watched.
   *
   * @param since how many statements lie before the moment
   */
  changed(since: number): string[] {
    const { timeline } = this;
    const after = timeline.seen;
    if (after === undefined) return [];
    const from = timeline.seenAt(since) ?? timeline.baseline();
    const lines = from === after ? [] : this.difference(from, after);
    return [...lines, ...this.watches()];
  }

  /** What differs between two moments. */
  difference(before: Observation, after: Observation): string[] {
    const page = this.world.page();
    const found = changes(before, after, { full: this.layout === "full" });
    const lines = found.flatMap((change) => {
      const { table, notes } = change;
      const shown = this.layout === "binary"
        ? renderBinary(change, page)
        : renderTable(table, this.kernelText, page, change.before);
      if (table.vcpu < 0) shown[0] = page.theme.heading(`CPU ${table.cpu}`);
      const said = notes.flatMap((note) => fill(note, page.columns, 2));
      const hasRows = table.rows.length + table.kvm.length > 0;
      return [...(hasRows ? shown : []), ...said];
    });
    const told = after.sides.flatMap(({ vcpu, pending }) => {
      const was = before.sides[vcpu]?.pending ?? 0;
      return pending > was
        ? [`vCPU ${vcpu}: ${plural(pending, "instruction")} to run`]
        : [];
    });
    return [...lines, ...told.map(page.theme.quiet)];
  }

  /** The value of `VIEW R[.field]`; changes nothing. */
  look(text: string): Looked {
    const reading = this.read({ name: "watch", text: `why ${text}` });
    const before = this.checker.known;
    const checked = this.checker.check(reading);
    this.checker.known = before;
    const mistaken = (diagnostics: readonly Diagnostic[]): Looked => ({
      value: "",
      mistakes: diagnostics.flatMap((one) => inShort(one, this.world.page())),
    });
    if (!checked.ok) return mistaken(checked.diagnostics);
    const line = checked.lines.at(0)?.line;
    if (line?.kind !== "why" || checked.lines.length > 1) {
      return { value: "", mistakes: [`${text} is not a value`] };
    }
    const { session, scope } = this.timeline;
    try {
      const { action, problems } = actionOf(session, line, scope);
      if (action?.kind !== "why") return mistaken(problems);
      const field = fieldSeen(session.arch, action.seen);
      const value = viewed(session, action.seen);
      if (field && value.kind === "value") {
        const part = field.layout.get(value.value, field.field.name);
        return { value: fieldText(part, field.field), mistakes: undefined };
      }
      return { value: viewText(value), mistakes: undefined };
    } finally {
      // A look may have built the machine.
      this.timeline.settle();
    }
  }

  /** The values that are watched. */
  watches(): string[] {
    const { theme } = this.world.page();
    return this.watched.map((watched) => {
      const { text, shown } = watched;
      const { value, mistakes } = this.look(text);
      const now = mistakes === undefined ? value : "–";
      watched.shown = now;
      return now === shown
        ? `${text}  ${now}`
        : `${text}  ${theme.changed(`${shown} → ${now}`)}`;
    });
  }
}

/** A count with its noun. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A statement's first line. */
export function firstLine(text: string): string {
  const [first, ...rest] = text.split("\n");
  return rest.length === 0 ? first : `${first} …`;
}

/**
 * The error number of a user operation that was refused and that nothing has answered. It is shown at once, so that it
 * counts as answered.
 */
export function takeRefusal(session: Session): string | undefined {
  const last = session.lastOperation;
  if (last === undefined || last.answered || last.result.result === 0) {
    return undefined;
  }
  session.answerOperation();
  return errnoText(last.result.result);
}

/** How the last run ended: `debug (pc 0x40080004)`. */
export function exitText({ machine }: Session): string {
  const { lastRun } = machine;
  if (lastRun === undefined) return "no run";
  const values = Object.entries(lastRun.values).map(([name, value]) =>
    `${name} ${namedNumber(name, value)}`
  ).join(", ");
  return `${lastRun.exit}${values === "" ? "" : ` (${values})`}`;
}
