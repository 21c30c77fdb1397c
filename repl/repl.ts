/**
 * The interactive view without a terminal: text in, lines out. Whatever comes in, it goes on.
 *
 * @module
 */
import type { Event } from "../engine/mod.ts";
import type { Statement } from "../dsl/syntax/nodes.ts";
import { complete, type CompletionContext } from "../dsl/completion/mod.ts";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { engineVocabulary } from "../dsl/resolve/engine_vocabulary.ts";
import { holdsExplore, holdsScenario, runFile } from "../dsl/run/scenario.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import {
  IncrementalLoader,
  isOpen,
  load,
  parse,
  pathReader,
} from "../dsl/load.ts";
import { renderDiagnostic } from "../dsl/render.ts";
import {
  kernelText,
  renderNotice,
  renderOutput,
  renderScenario,
} from "../dsl/render/scenario.ts";
import { renderTable } from "../dsl/render/table.ts";
import { fill } from "../dsl/render/value.ts";
import type { Session } from "../dsl/run/session.ts";
import { positionAt, type Source } from "../dsl/source.ts";
import { namedNumber } from "../dsl/notation.ts";
import { errnoText, fieldText, hex, viewText } from "../dsl/values.ts";
import { viewed } from "../dsl/run/viewed.ts";
import { fieldOf } from "../dsl/operands.ts";
import { Problem } from "../dsl/problem.ts";
import { renderBinary } from "./binary.ts";
import { help, overview, topics } from "./help.ts";
import { changes, type Observation, observe } from "./observation.ts";
import { PROMPT } from "./prompt.ts";
import { scenarioText, statementText } from "./save.ts";
import { Timeline } from "./timeline.ts";
import {
  HISTORY_WORDS,
  type Layout,
  LAYOUTS,
  REPL_WORDS,
  replWord,
} from "./words.ts";
import type { World } from "./world.ts";

/** What is said of an explore block, which is no statement of a session. */
const NOT_SEARCHED =
  "an explore block is searched, not run: put it in a file for dregs explore FILE; nothing changed";

/** What came of one input. */
export interface Reply {
  /** What is to be printed. */
  readonly lines: readonly string[];
  /** The session is over. */
  readonly ends: boolean;
}

/** What completion offers. */
export interface Offer {
  /** Offset of the word that is being typed. */
  readonly start: number;
  /** What could stand there. */
  readonly words: readonly string[];
  /** One word is left, and a blank comes after it. */
  readonly isWhole: boolean;
}

/** Lines of a text: statements and words of this view, in order. */
interface Part {
  readonly kind: "statements" | "word";
  readonly text: string;
  /** Offset of the part in the whole input. */
  readonly offset: number;
}

/** A value that is shown after every statement. */
interface Watched {
  /** `hw dbgbcr0.lbn`, as typed. */
  readonly text: string;
  shown: string;
}

/** Takes a text apart: runs of lines that are statements, and lines that are words of this view. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let held = "";
  let heldAt = 0;
  const flush = (): void => {
    if (held.trim() !== "") {
      parts.push({ kind: "statements", text: held, offset: heldAt });
    }
    held = "";
  };
  let at = 0;
  for (const line of text.split(/(?<=\n)/)) {
    if (!isOpen(held) && replWord(line) !== undefined) {
      flush();
      parts.push({ kind: "word", text: line, offset: at });
    } else {
      if (held === "") heldAt = at;
      held += line;
    }
    at += line.length;
  }
  flush();
  return parts;
}

/** The interactive view. */
export class Repl {
  readonly #world: World;
  readonly #loader: IncrementalLoader;
  readonly #timeline: Timeline;
  readonly #watched: Watched[] = [];
  readonly #written = new Set<string>();
  #layout: Layout = "compact";
  /** The line is on the screen: a mistake is marked below it. */
  readonly #echoes: boolean;

  /**
   * Begins with nothing typed.
   *
   * @param world files, history and the page
   * @param echoes what is typed stands on the screen behind the prompt
   */
  constructor(
    world: World,
    { echoes = false }: { readonly echoes?: boolean } = {},
  ) {
    this.#world = world;
    this.#echoes = echoes;
    this.#loader = new IncrementalLoader({
      vocabulary: engineVocabulary(),
      reader: pathReader((path) => world.files.read(path)),
    });
    this.#timeline = new Timeline(this.#loader);
  }

  /** What was carried out so far, and the machine. */
  get timeline(): Timeline {
    return this.#timeline;
  }

  /** Whether a text has a block that is still open. */
  needsMore(text: string): boolean {
    return isOpen(text);
  }

  /** Takes what was typed or pasted: statements, words of this view, or both. */
  submit(text: string): Reply {
    try {
      return this.#submit(text);
    } catch (error) {
      // A mistake of ours must not cost the session.
      this.#timeline.settle();
      const what = error instanceof Error ? error.message : String(error);
      const { theme } = this.#world.page();
      return {
        lines: [theme.bad(`a fault of dregs itself: ${what}`)],
        ends: false,
      };
    }
  }

  #submit(text: string): Reply {
    const lines: string[] = [];
    const parts = partsOf(text);
    for (const part of parts) {
      if (part.kind === "word") {
        const reply = this.#word(part.text);
        lines.push(...reply.lines);
        if (reply.ends) return { lines, ends: true };
        continue;
      }
      const alone = parts.length === 1 && !text.trimEnd().includes("\n");
      lines.push(...this.#statements(part.text, alone));
    }
    return { lines, ends: false };
  }

  /**
   * Runs a file, and goes on from where it ends.
   *
   * @param text what is in it
   */
  open(path: string, text: string, filter?: string): Reply {
    const source: Source = { name: path, text };
    const loaded = load(source, {
      vocabulary: engineVocabulary(),
      reader: pathReader((name) => this.#world.files.read(name)),
    });
    if (!loaded.ok) {
      return { lines: this.#diagnostics(loaded.diagnostics), ends: true };
    }
    const { statements } = loaded.file;
    if (holdsExplore(statements)) {
      const lines = fill(NOT_SEARCHED, this.#world.page().columns);
      return { lines, ends: true };
    }
    if (!statements.some(holdsScenario)) {
      const lines = this.#fromFile(source, statements, `ran ${path}`);
      return { lines, ends: false };
    }
    const lines = [...runFile(loaded.file, {
      profile: undefined,
      filter,
      trace: false,
      limit: LIMIT_DEFAULT,
    })].flatMap((result) => renderScenario(result, this.#world.page()));
    const blocks = statements.filter((one) => one.kind === "scenario");
    const chosen = blocks.find(({ name }) =>
      filter === undefined || nameText(name).includes(filter)
    );
    if (chosen === undefined) {
      lines.push("no scenario to go on from: the session begins empty");
      return { lines, ends: false };
    }
    const before = statements.filter((one) =>
      one.kind !== "scenario" && one.kind !== "for"
    );
    lines.push(
      ...this.#fromFile(
        source,
        [...before, ...chosen.body.statements],
        `goes on from "${nameText(chosen.name)}"${
          blocks.length > 1 ? `, one of ${blocks.length}; --filter picks` : ""
        }`,
      ),
    );
    return { lines, ends: false };
  }

  /** Completes a line at its end. */
  complete(line: string): Offer {
    const context = this.#context();
    const match = /^(\s*([A-Za-z]+)\s+)(.*)$/s.exec(line);
    const word = match && REPL_WORDS.find((one) => one.word === match[2]);
    if (match && word) {
      const [, head, , rest] = match;
      return this.#completeWord(word.argument, head.length, rest);
    }
    const offer = complete(line, context);
    if (!/^\s*[A-Za-z]*$/.test(line)) return offer;
    const typed = line.slice(offer.start).toLowerCase();
    const own = REPL_WORDS.map((one) => one.word).filter((one) =>
      one.startsWith(typed)
    );
    const statements = offer.words.filter((one) => one !== "explore");
    const words = [...statements, ...own];
    return { start: offer.start, words, isWhole: words.length === 1 };
  }

  #context(): CompletionContext {
    const { session, scope } = this.#timeline;
    const vocabulary = engineVocabulary();
    const { name } = session.arch;
    return {
      vocabulary,
      arch: vocabulary.arches.find((arch) => arch.name === name)!,
      profile: session.profile.name,
      names: [
        ...scope.names(),
        ...(this.#timeline.machine?.reads.keys() ?? []),
      ],
      files: (prefix) => this.#world.files.completions(prefix),
    };
  }

  #completeWord(
    argument: typeof REPL_WORDS[number]["argument"],
    offset: number,
    rest: string,
  ): Offer {
    const among = (words: readonly string[]): Offer => {
      const typed = /\S*$/.exec(rest)![0];
      const offered = words.filter((one) => one.startsWith(typed));
      return {
        start: offset + rest.length - typed.length,
        words: offered,
        isWhole: offered.length === 1,
      };
    };
    switch (argument) {
      case "none":
        return { start: offset, words: [], isWhole: false };
      case "seen": {
        const offer = complete(rest, this.#context(), "seen");
        const off = offer.start === 0 && "off".startsWith(rest) ? ["off"] : [];
        return {
          start: offset + offer.start,
          words: [...offer.words, ...off],
          isWhole: offer.isWhole && off.length === 0,
        };
      }
      case "kernel": {
        const { profiles } = this.#timeline.session.arch;
        const chosen = profiles.find(({ name }) => rest.startsWith(`${name} `));
        return among(chosen?.vendors ?? profiles.map(({ name }) => name));
      }
      case "file": {
        const typed = /\S*$/.exec(rest)![0];
        if (typed.startsWith("-")) return among(["--expect", "--force"]);
        const words = this.#world.files.completions(typed);
        return {
          start: offset + rest.length - typed.length,
          words,
          isWhole: words.length === 1 && !words[0].endsWith("/"),
        };
      }
      case "topic":
        return among(topics(this.#timeline.session.arch));
      case "layout":
        return among(LAYOUTS);
      case "history":
        return among(HISTORY_WORDS);
      default:
        return argument satisfies never;
    }
  }

  // ---- Statements -------------------------------------------------------------------------------------

  #statements(text: string, alone: boolean): string[] {
    const source: Source = {
      name: `#${this.#timeline.position + 1}`,
      text: text.trimEnd(),
    };
    const { file, diagnostics } = parse(source);
    const isCase = diagnostics.length === 0 &&
      file.statements.some((line) =>
        line.kind === "scenario" ||
        line.kind === "for" && holdsScenario(line as Statement)
      );
    if (isCase) return this.#scenarios(source);
    const loaded = this.#loader.load(source);
    // Each statement is read again by itself below.
    this.#timeline.settle();
    if (!loaded.ok) return this.#mistakes(loaded.diagnostics, alone);
    if (holdsExplore(loaded.file.statements)) {
      return fill(NOT_SEARCHED, this.#world.page().columns);
    }
    const before = this.#timeline.seen;
    const begin = this.#timeline.position;
    const lines: string[] = [];
    for (const statement of loaded.file.statements) {
      const done = this.#carryOut(
        statementText(statement),
        alone && {
          offset: statement.span.start,
        },
      );
      lines.push(...done.lines);
      if (!done.goesOn) {
        if (!done.isError) continue;
        // Bad input changes nothing: what went before it in this input is taken back too.
        this.#timeline.goTo(begin);
        return lines;
      }
    }
    if (this.#timeline.position > begin) lines.push(...this.#changed(before));
    return lines;
  }

  /** Scenario blocks run as their own, and leave the session alone. */
  #scenarios(source: Source): string[] {
    const loaded = load(source, {
      vocabulary: engineVocabulary(),
      reader: pathReader((path) => this.#world.files.read(path)),
    });
    if (!loaded.ok) return this.#diagnostics(loaded.diagnostics);
    const results = runFile(loaded.file, {
      profile: undefined,
      filter: undefined,
      trace: false,
      limit: LIMIT_DEFAULT,
    });
    const page = this.#world.page();
    return [...results].flatMap((result) => renderScenario(result, page));
  }

  /** Statements of a file, each with its place in it. */
  #fromFile(
    { name, text }: Source,
    statements: readonly Statement[],
    said: string,
  ): string[] {
    const before = this.#timeline.seen;
    const lines: string[] = [];
    for (const statement of statements) {
      const own = statementText(statement);
      const { start } = statement.span;
      const blank = text.slice(0, start).replace(/[^\n]/g, " ");
      const done = this.#carryOut(own, false, { name, text: blank + own });
      lines.push(...done.lines);
      if (!done.goesOn && done.isError) break;
    }
    return [...lines, ...this.#changed(before), said];
  }

  /** Reads one statement by itself and carries it out. */
  #carryOut(
    text: string,
    under: { readonly offset: number } | false,
    source: Source = { name: `#${this.#timeline.position + 1}`, text },
  ): {
    readonly lines: readonly string[];
    readonly goesOn: boolean;
    readonly isError: boolean;
  } {
    const loaded = this.#loader.load(source);
    if (!loaded.ok) {
      return {
        lines: this.#diagnostics(loaded.diagnostics),
        goesOn: false,
        isError: true,
      };
    }
    const [statement] = loaded.file.statements;
    const timeline = this.#timeline;
    const done = timeline.carryOut(
      statement,
      text,
      () => takeRefusal(timeline.session),
    );
    const page = this.#world.page();
    const kernel = this.#kernel();
    const lines = done.outputs.flatMap((output) =>
      renderOutput(output, kernel, page)
    );
    lines.push(...noticesText(done.notices, page));
    for (const { diagnostic } of done.failures) {
      lines.push(
        ...(under
          ? this.#below(diagnostic, under.offset)
          : this.#diagnostics([diagnostic])),
      );
    }
    if (done.kept) lines.push(...this.#told(statement, done.events));
    return {
      lines,
      goesOn: done.failures.length === 0 && done.completed,
      isError: done.failures.some(({ kind }) => kind === "error"),
    };
  }

  /** How a run or an operation went, in one line. */
  #told(statement: Statement, events: readonly Event[]): string[] {
    const { session, machine, entries } = this.#timeline;
    const { theme } = this.#world.page();
    if (machine === undefined) return [];
    switch (statement.kind) {
      case "run": {
        const { lastRun } = machine;
        if (lastRun === undefined) return [];
        const values = Object.entries(lastRun.values).map(([name, value]) =>
          `${name} ${namedNumber(name, value)}`
        ).join(", ");
        return [
          theme.quiet(
            `vCPU ${lastRun.vcpu}: exit ${lastRun.exit}${
              values === "" ? "" : ` (${values})`
            }${eventsText(events)}`,
          ),
        ];
      }
      case "set":
      case "user":
      case "host-action": {
        const { refused } = entries.at(-1)!;
        if (refused !== undefined) {
          const event = events.findLast((one) => one.kind === "refused");
          const why = event?.kind === "refused"
            ? `: ${event.why} (${event.rule})`
            : "";
          return [theme.bad(`refused, ${refused}`) + why];
        }
        const value = session.lastOperation?.result.value;
        return value === undefined ? [] : [`= ${hex(value)}`];
      }
      default:
        return [];
    }
  }

  /** What changed since, and what is watched. */
  #changed(before: Observation | undefined): string[] {
    const timeline = this.#timeline;
    const after = timeline.seen;
    if (after === undefined) return [];
    const from = before ?? timeline.baseline();
    const lines = from === after ? [] : this.#difference(from, after);
    lines.push(...this.#watches());
    return lines;
  }

  #difference(before: Observation, after: Observation): string[] {
    const page = this.#world.page();
    const kernel = this.#kernel();
    const full = this.#layout === "full";
    const found = changes(before, after, { full });
    const lines = found.flatMap((change) => {
      const { table, notes } = change;
      const shown = this.#layout === "binary"
        ? renderBinary(change, page)
        : renderTable(table, kernel, page, change.before);
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

  #kernel(): string {
    const { profile, vendor } = this.#timeline.session.kernelChoice;
    return kernelText({ profile, vendor });
  }

  // ---- Mistakes ---------------------------------------------------------------------------------------

  #diagnostics(diagnostics: readonly Diagnostic[]): string[] {
    const { theme } = this.#world.page();
    return diagnostics.flatMap((one) =>
      renderDiagnostic(one, theme).split("\n")
    );
  }

  #mistakes(diagnostics: readonly Diagnostic[], alone: boolean): string[] {
    return alone
      ? diagnostics.flatMap((one) => this.#below(one, 0))
      : this.#diagnostics(diagnostics);
  }

  /** A mistake in a text that is not a statement of its own. */
  #inShort({ code, message, hint }: Diagnostic): string[] {
    const { theme } = this.#world.page();
    return [
      `${theme.error(`error[${code}]`)}: ${message}`,
      ...(hint === undefined ? [] : [`  ${hint}`]),
    ];
  }

  /** A mistake in the one line that stands above, marked below it. */
  #below(diagnostic: Diagnostic, offset: number): string[] {
    const { theme, columns } = this.#world.page();
    const { span, message, expected = [], code } = diagnostic;
    const hint = diagnostic.hint ??
      (code === "too-late" ? "goto 0 goes back to the beginning" : undefined);
    const { line, column } = positionAt(span.source, span.start);
    const at = PROMPT.length + offset + column - 1;
    const width = Math.max(1, span.end - span.start);
    const inside = span.source.name.startsWith("#") && line === 1;
    if (!this.#echoes || !inside || at + width >= columns) {
      return this.#diagnostics([diagnostic]);
    }
    const lines = [
      " ".repeat(at) + theme.caret("^".repeat(width)),
      `${theme.error(`error[${code}]`)}: ${message}`,
    ];
    const words = expected.length > 12
      ? [...expected.slice(0, 12), "…"]
      : expected;
    if (words.length > 0) {
      const text = `expected ${words.join(", ")}`;
      lines.push(...fill(text, columns - 2, 2).map((l) => `  ${l}`));
    }
    if (hint !== undefined) lines.push(`  ${hint}`);
    return lines;
  }

  // ---- Words of this view -----------------------------------------------------------------------------

  #word(line: string): Reply {
    const { word: { word }, rest } = replWord(line)!;
    const say = (...lines: string[]): Reply => ({ lines, ends: false });
    const page = this.#world.page();
    switch (word) {
      case "undo":
        return rest === ""
          ? say(...this.#goBack(1))
          : say("undo takes nothing");
      case "back": {
        const count = numberOf(rest);
        return count === undefined
          ? say("back needs a number: back 3")
          : say(...this.#goBack(count));
      }
      case "redo": {
        const { position, undone } = this.#timeline;
        if (undone.length === 0) return say("nothing was undone");
        return say(...this.#goTo(position + 1));
      }
      case "goto": {
        const target = numberOf(rest);
        const { position, undone } = this.#timeline;
        const last = position + undone.length;
        if (target === undefined || target > last) {
          return say(`goto needs a number, 0 to ${last}`);
        }
        return say(...this.#goTo(target));
      }
      case "log":
        return say(...this.#log());
      case "save":
        return say(...this.#save(rest));
      case "diff":
        return say(...this.#diff(rest));
      case "watch":
        return say(...this.#watch(rest));
      case "layout": {
        const layout = LAYOUTS.find((one) => one === rest);
        if (layout === undefined) {
          return say(
            `layout is ${this.#layout}; it can be ${LAYOUTS.join(", ")}`,
          );
        }
        this.#layout = layout;
        return say();
      }
      case "history":
        return say(...this.#history(rest));
      case "help":
        return say(
          ...(rest === ""
            ? overview(page)
            : help(rest, this.#timeline.session.arch, page)),
        );
      case "quit":
        return { lines: [], ends: true };
      default:
        throw new RangeError(`Nobody knows what ${word} does`);
    }
  }

  #goBack(count: number): string[] {
    const { position } = this.#timeline;
    if (position === 0) return ["nothing to undo"];
    return this.#goTo(Math.max(0, position - count));
  }

  #goTo(target: number): string[] {
    const timeline = this.#timeline;
    const { position } = timeline;
    if (target === position) return [`already at ${target}`];
    const before = timeline.seen ?? timeline.baseline();
    const passed = target < position
      ? timeline.entries.slice(target).reverse()
      : timeline.undone.slice(0, target - position);
    timeline.goTo(target);
    const after = timeline.seen ?? timeline.baseline();
    const [first] = passed;
    const verb = target < position ? "undid" : "redid";
    const what = passed.length === 1
      ? firstLine(first.text)
      : plural(passed.length, "statement");
    return [
      this.#world.page().theme.quiet(`${verb} ${what}; now at ${target}`),
      ...(sameArch(before, after) ? this.#difference(before, after) : []),
      ...this.#watches(),
    ];
  }

  #log(): string[] {
    const { entries, undone } = this.#timeline;
    const { theme } = this.#world.page();
    if (entries.length + undone.length === 0) return ["nothing yet"];
    const width = String(entries.length + undone.length).length;
    const line = (text: string, index: number): string[] =>
      text.split("\n").map((part, at) =>
        `${(at === 0 ? `${index + 1}` : "").padStart(width)}  ${part}`
      );
    return [
      ...entries.flatMap(({ text }, index) => line(text, index)),
      ...undone.flatMap(({ text }, index) => line(text, entries.length + index))
        .map((text) => theme.quiet(`${text}  (undone)`)),
    ];
  }

  #save(rest: string): string[] {
    const words = rest.split(/\s+/).filter((word) => word !== "");
    const options = words.filter((word) => word.startsWith("--"));
    const [path, ...more] = words.filter((word) => !word.startsWith("--"));
    const unknown = options.find((word) =>
      word !== "--expect" && word !== "--force"
    );
    if (unknown !== undefined) {
      return [`${unknown} is not an option of save: --expect, --force`];
    }
    if (path === undefined || more.length > 0) return ["save needs one file"];
    const { files } = this.#world;
    if (
      files.exists(path) && !this.#written.has(path) &&
      !options.includes("--force")
    ) return [`${path} is there already; save ${path} --force replaces it`];
    const timeline = this.#timeline;
    const seen = options.includes("--expect")
      ? timeline.seen ?? timeline.baseline()
      : undefined;
    const text = scenarioText(timeline.session, timeline.entries, seen);
    try {
      files.write(path, text);
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    } finally {
      // What was looked at may have built the machine.
      timeline.settle();
    }
    this.#written.add(path);
    return [`wrote ${path}, ${plural(timeline.position, "statement")}`];
  }

  /** The same statements under another kernel. */
  #diff(rest: string): string[] {
    const [profile, vendor, ...more] = rest.split(/\s+/);
    const { session, entries } = this.#timeline;
    const { arch } = session;
    const info = arch.profiles.find(({ name }) => name === profile);
    if (info === undefined || more.length > 0) {
      const names = arch.profiles.map(({ name }) => name).join(", ");
      const { columns } = this.#world.page();
      return fill(`diff needs a kernel of ${arch.name}: ${names}`, columns, 2);
    }
    if (vendor !== undefined && !info.vendors.includes(vendor)) {
      return [`${profile} has no vendor ${vendor}`];
    }
    const other = new Timeline(
      new IncrementalLoader({ vocabulary: engineVocabulary() }),
      { profile, vendor },
    );
    const lines: string[] = [];
    for (const { statement, text, refused: here } of entries) {
      let refused: string | undefined;
      const done = other.carryOut(
        statement,
        text,
        () => refused = takeRefusal(other.session),
      );
      if (done.kept && refused !== here) {
        lines.push(`${firstLine(text)}: ${refused ?? "success"}`);
      }
      for (const { diagnostic } of done.failures) {
        lines.push(`${firstLine(text)}: ${diagnostic.message}`);
      }
      if (!done.completed) break;
    }
    const page = this.#world.page();
    const here = observe(arch, session.machine);
    const there = observe(arch, other.session.machine);
    this.#timeline.settle();
    const kernel = kernelText(other.session.kernelChoice);
    const differing = changes(here, there).flatMap((
      { table, before, notes },
    ) => [
      ...renderTable(table, kernel, page, before),
      ...notes.flatMap((note) => fill(note, page.columns, 2)),
    ]);
    const ends = exitText(session) === exitText(other.session)
      ? []
      : [`exit: ${exitText(other.session)}, here ${exitText(session)}`];
    const all = [...lines, ...ends, ...differing];
    return all.length === 0 ? [`${kernel}: no difference`] : all;
  }

  #watch(rest: string): string[] {
    if (rest === "") {
      return this.#watched.length === 0
        ? ["nothing is watched: watch VIEW R[.field]"]
        : this.#watches({ all: true });
    }
    if (rest === "off") {
      this.#watched.length = 0;
      return [];
    }
    const shown = this.#look(rest);
    if (shown.mistakes) return shown.mistakes;
    if (!this.#watched.some(({ text }) => text === rest)) {
      this.#watched.push({ text: rest, shown: shown.value });
    }
    return [`${rest} is ${shown.value}`];
  }

  /** The value of `VIEW R[.field]`. */
  #look(text: string):
    | { readonly value: string; readonly mistakes: undefined }
    | { readonly value: ""; readonly mistakes: string[] } {
    const source = { name: "watch", text: `why ${text}` };
    const loaded = this.#loader.load(source);
    const { session, scope } = this.#timeline;
    try {
      const statement = loaded.ok ? loaded.file.statements[0] : undefined;
      if (!loaded.ok || statement?.kind !== "why") {
        const mistakes = loaded.ok
          ? [`${text} is not a value`]
          : loaded.diagnostics.flatMap((one) => this.#inShort(one));
        return { value: "", mistakes };
      }
      const { value, register } = viewed(session, statement, scope);
      if (statement.field && register && value.kind === "value") {
        const { layout, field } = fieldOf(register, statement.field);
        const part = layout.get(value.value, field.name);
        return { value: fieldText(part, field), mistakes: undefined };
      }
      return { value: viewText(value), mistakes: undefined };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return {
        value: "",
        mistakes: this.#inShort(problem.diagnostic),
      };
    } finally {
      this.#timeline.settle();
    }
  }

  #watches({ all = true }: { readonly all?: boolean } = {}): string[] {
    const { theme } = this.#world.page();
    return this.#watched.flatMap((watched) => {
      const { text, shown } = watched;
      const { value, mistakes } = this.#look(text);
      const now = mistakes === undefined ? value : "–";
      watched.shown = now;
      if (!all && now === shown) return [];
      return [
        now === shown
          ? `${text}  ${now}`
          : `${text}  ${theme.changed(`${shown} → ${now}`)}`,
      ];
    });
  }

  #history(rest: string): string[] {
    const { history } = this.#world;
    switch (rest) {
      case "on":
      case "off":
        history.recording = rest === "on";
        return [];
      case "clear":
        history.clear();
        return [];
      case "":
        return [
          `history is ${history.recording ? "on" : "off"}${
            history.path === undefined
              ? ", in memory only"
              : `, in ${history.path}`
          }`,
        ];
      default:
        return [`history takes ${HISTORY_WORDS.join(", ")}`];
    }
  }
}

/**
 * The error number of a user operation that was refused and that nothing has answered. Whoever typed it sees it
 * at once, so that it counts as answered.
 */
function takeRefusal(session: Session): string | undefined {
  const last = session.lastOperation;
  if (last === undefined || last.answered || last.result.result === 0) {
    return undefined;
  }
  session.answerOperation();
  return errnoText(last.result.result);
}

/** A scenario's name, as far as it is fixed. */
function nameText(
  { parts }: Extract<Statement, { kind: "scenario" }>["name"],
): string {
  return parts.map((part) => "kind" in part ? "…" : part.value).join("");
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function firstLine(text: string): string {
  const [first, ...rest] = text.split("\n");
  return rest.length === 0 ? first : `${first} …`;
}

/** Two moments show the same registers: `arch` did not change between them. */
function sameArch(a: Observation, b: Observation): boolean {
  return a.sides[0].rows.length === b.sides[0].rows.length;
}

function exitText({ machine }: Session): string {
  const { lastRun } = machine;
  if (lastRun === undefined) return "no run";
  const values = Object.entries(lastRun.values).map(([name, value]) =>
    `${name} ${namedNumber(name, value)}`
  ).join(", ");
  return `${lastRun.exit}${values === "" ? "" : ` (${values})`}`;
}

/** What a run did, in counts. */
function eventsText(events: readonly Event[]): string {
  const traps = events.filter(({ kind }) => kind === "trap").length;
  const taken = events.flatMap((event) =>
    event.kind === "exception" ? [event.exception] : []
  );
  const missed = events.filter(({ kind }) => kind === "missed").length;
  return [
    traps > 0 ? `, ${plural(traps, "trap")}` : "",
    taken.length > 0 ? `, took ${taken.join(", ")}` : "",
    missed > 0 ? `, ${plural(missed, "missed breakpoint")}` : "",
  ].join("");
}

function noticesText(
  notices: readonly Event[],
  page: ReturnType<World["page"]>,
): string[] {
  return [...new Set(notices.map((event) => renderNotice(event, page)))];
}
