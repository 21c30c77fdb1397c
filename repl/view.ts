/**
 * The state of the interactive view, and what it says of the machine.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import type { Seen } from "../dsl/actions.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { IncrementalChecker } from "../dsl/incremental.ts";
import { pathReader, read, type Reading } from "../dsl/load.ts";
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
import { changes, type Observation } from "../dsl/observation.ts";
import type { SavedFile } from "./saved.ts";
import { type ChosenKernel, Timeline } from "./timeline.ts";
import type { Layout } from "./words.ts";
import type { World } from "./world.ts";

/** A value that is shown after every statement. */
interface Watched {
  /** `hw dbgbcr0.lbn`, as typed. */
  readonly text: string;
  /** What it names. */
  readonly seen: Seen;
  shown: string;
}

/** What a text names, or why it names nothing. */
export type Named =
  | { readonly seen: Seen; readonly mistakes: undefined }
  | { readonly seen: undefined; readonly mistakes: readonly string[] };

/** A value, or why there is none. */
export type Looked =
  | {
    readonly seen: Seen;
    readonly value: string;
    readonly mistakes: undefined;
  }
  | {
    readonly seen: undefined;
    readonly value: "";
    readonly mistakes: readonly string[];
  };

/** The state of the interactive view. */
export class View {
  readonly checker: IncrementalChecker = new IncrementalChecker();
  /** What was carried out so far, and the machine. */
  readonly timeline: Timeline;
  readonly watched: Watched[] = [];
  /** What `show` and `why` have shown by name, by `placeKey`. */
  readonly shown: Map<string, Seen> = new Map();
  /** Files that `save` has written, by path. */
  readonly saved: Map<string, SavedFile> = new Map();
  /** How registers are laid out. */
  layout: Layout = "compact";

  /**
   * Begins with nothing typed.
   *
   * @param world files, history and the page
   * @param echoes what is typed stands on the screen after the prompt: a mistake is marked below it
   * @param kernel in place of the one that statements name
   * @param compared what `diff` alone compares with
   */
  constructor(
    readonly world: World,
    readonly echoes: boolean,
    readonly kernel?: ChosenKernel,
    readonly compared: readonly ChosenKernel[] = [],
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
        ? this.say(`vCPU ${vcpu}: ${counted(pending, "instruction")} to run`)
        : [];
    });
    return [...lines, ...told.map(page.theme.quiet)];
  }

  /** A message, in lines that fit. */
  say(text: string): string[] {
    return fill(text, this.world.page().columns, 2);
  }

  /** What `VIEW R[.field]`, which begins with a view, names; changes nothing. */
  seen(text: string): Named {
    const reading = this.read({ name: "watch", text: `why ${text}` });
    const before = this.checker.known;
    const checked = this.checker.check(reading);
    this.checker.known = before;
    const mistaken = (diagnostics: readonly Diagnostic[]): Named => ({
      seen: undefined,
      mistakes: diagnostics.flatMap((one) => inShort(one, this.world.page())),
    });
    if (!checked.ok) return mistaken(checked.diagnostics);
    const line = checked.lines.at(0)?.line;
    if (line?.kind !== "why" || checked.lines.length > 1) {
      throw new RangeError(`${text} begins with no view`);
    }
    const { session, scope } = this.timeline;
    const { action, problems } = actionOf(session, line, scope);
    return action?.kind === "why"
      ? { seen: action.seen, mistakes: undefined }
      : mistaken(problems);
  }

  /** The value of `VIEW R[.field]`; changes nothing. */
  look(text: string): Looked {
    try {
      const { seen, mistakes } = this.seen(text);
      if (seen === undefined) return { seen, value: "", mistakes };
      return { seen, value: this.#valueText(seen), mistakes: undefined };
    } finally {
      // A look may have built the machine.
      this.timeline.settle();
    }
  }

  #valueText(seen: Seen): string {
    const { session } = this.timeline;
    const field = fieldSeen(session.arch, seen);
    const value = viewed(session, seen);
    return field && value.kind === "value"
      ? fieldText(field.layout.get(value.value, field.field.name), field.field)
      : viewText(value);
  }

  /** The values that are watched. */
  watches(): string[] {
    const { theme } = this.world.page();
    return this.watched.flatMap((watched) => {
      const { text, shown } = watched;
      const { value, mistakes } = this.look(text);
      const now = mistakes === undefined ? value : "–";
      watched.shown = now;
      return this.say(
        now === shown
          ? `${text}  ${now}`
          : `${text}  ${theme.changed(`${shown} → ${now}`)}`,
      );
    });
  }
}

/** The same text for the same place and field. */
export function placeKey(
  { view, index, register, kvmName, field }: Seen,
): string {
  return [view, index, register ?? kvmName, field ?? ""].join(" ");
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
