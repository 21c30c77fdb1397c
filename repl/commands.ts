/**
 * What the words do that only the interactive view has.
 *
 * @module
 */
import { CHOICES } from "../engine/mod.ts";
import { IncrementalChecker } from "../dsl/incremental.ts";
import { findChanges } from "../dsl/history.ts";
import { renderFound } from "../dsl/render/history.ts";
import { kernelText } from "../dsl/render/scenario.ts";
import { renderTable } from "../dsl/render/table.ts";
import { fill } from "../dsl/render/value.ts";
import { didYouMean } from "../dsl/suggest.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import { help, overview } from "./help.ts";
import { changes, type Observation, observe } from "./observation.ts";
import { scenarioText } from "./save.ts";
import { Timeline } from "./timeline.ts";
import { exitText, firstLine, plural, takeRefusal, type View } from "./view.ts";
import { HISTORY_WORDS, LAYOUTS, type ReplWordName } from "./words.ts";

/** What came of one input. */
export interface Reply {
  /** What is to be printed. */
  readonly lines: readonly string[];
  /** The session is over. */
  readonly ends: boolean;
}

/** What each word does with what follows it. */
const COMMANDS: Readonly<
  Record<
    Exclude<ReplWordName, "quit">,
    (view: View, rest: string) => readonly string[]
  >
> = {
  undo: (view, rest) =>
    rest === "" ? goBack(view, 1) : ["`undo` takes nothing"],
  back: (view, rest) => {
    const count = numberOf(rest);
    return count === undefined
      ? ["`back` needs a number: `back 3`"]
      : goBack(view, count);
  },
  redo: (view) => {
    const { position, undone } = view.timeline;
    return undone.length === 0
      ? ["nothing was undone"]
      : goTo(view, position + 1);
  },
  goto: (view, rest) => {
    const target = numberOf(rest);
    const { position, undone } = view.timeline;
    const last = position + undone.length;
    return target === undefined || target > last
      ? [`\`goto\` needs a number, 0 to ${last}`]
      : goTo(view, target);
  },
  log,
  save,
  diff,
  watch,
  layout: (view, rest) => {
    const layout = LAYOUTS.find((one) => one === rest);
    if (layout === undefined) {
      return [`layout is ${view.layout}; it can be ${LAYOUTS.join(", ")}`];
    }
    view.layout = layout;
    return [];
  },
  history,
  changes: (view, rest) => listChanges(view, rest),
  help: (view, rest) => {
    const page = view.world.page();
    return rest === ""
      ? overview(page)
      : help(rest, view.timeline.session.arch, page);
  },
};

/** Does what a word says. */
export function command(view: View, word: ReplWordName, rest: string): Reply {
  return word === "quit"
    ? { lines: [], ends: true }
    : { lines: COMMANDS[word](view, rest), ends: false };
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function goBack(view: View, count: number): readonly string[] {
  const { position } = view.timeline;
  if (position === 0) return ["nothing to undo"];
  return goTo(view, Math.max(0, position - count));
}

function goTo(view: View, target: number): readonly string[] {
  const { timeline } = view;
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
    view.world.page().theme.quiet(`${verb} ${what}; now at ${target}`),
    ...(sameArch(before, after) ? view.difference(before, after) : []),
    ...view.watches(),
  ];
}

/** Two moments show the same registers: `arch` did not change between them. */
function sameArch(a: Observation, b: Observation): boolean {
  return a.sides[0].rows.length === b.sides[0].rows.length;
}

function log({ timeline, world }: View): readonly string[] {
  const { entries, undone } = timeline;
  const { theme } = world.page();
  if (entries.length + undone.length === 0) return ["nothing yet"];
  const width = String(entries.length + undone.length).length;
  const lines = (text: string, index: number): string[] =>
    text.split("\n").map((part, at) =>
      `${(at === 0 ? `${index + 1}` : "").padStart(width)}  ${part}`
    );
  return [
    ...entries.flatMap(({ text }, index) => lines(text, index)),
    ...undone.flatMap(({ text }, index) => lines(text, entries.length + index))
      .map((text) => theme.quiet(`${text}  (undone)`)),
  ];
}

function save(view: View, rest: string): readonly string[] {
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const options = words.filter((word) => word.startsWith("--"));
  const [path, ...more] = words.filter((word) => !word.startsWith("--"));
  const unknown = options.find((word) =>
    word !== "--expect" && word !== "--force"
  );
  if (unknown !== undefined) {
    return [`${unknown} is not an option of \`save\`: --expect, --force`];
  }
  if (path === undefined || more.length > 0) return ["`save` needs one file"];
  const { timeline, written, world: { files } } = view;
  if (
    files.exists(path) && !written.has(path) && !options.includes("--force")
  ) return [`${path} is there already; \`save ${path} --force\` replaces it`];
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
  written.add(path);
  return [`wrote ${path}, ${plural(timeline.position, "statement")}`];
}

/** The same statements under another kernel. */
function diff(view: View, rest: string): readonly string[] {
  const { session, entries } = view.timeline;
  const { arch } = session;
  const words = rest.split(/\s+/);
  const second = words.at(1);
  const isChoice = CHOICES.some((word) => word === second);
  const vendor = isChoice ? undefined : second;
  const answer = arch.kernel(
    words.filter((_, at) => isChoice || at !== 1).join(" "),
  );
  if (!answer.ok && rest !== "" && answer.wrong !== words[0]) {
    const near = didYouMean(answer.wrong, answer.expected);
    return [near === undefined ? answer.reason : `${answer.reason}; ${near}`];
  }
  if (!answer.ok) {
    const names = arch.profiles.map(({ name }) => name).join(", ");
    const { columns } = view.world.page();
    return fill(
      rest === ""
        ? `\`diff\` needs a kernel of ${arch.name}: ${names}`
        : `\`diff\` needs a kernel of ${arch.name}: ${answer.reason}; there are ${names}`,
      columns,
      2,
    );
  }
  const { name: profile, vendors } = answer.info;
  if (vendor !== undefined && !vendors.includes(vendor)) {
    return [`${profile} has no vendor ${vendor}`];
  }
  const other = new Timeline(new IncrementalChecker(), { profile, vendor });
  const lines: string[] = [];
  for (const { known, text, refused: here } of entries) {
    let refused: string | undefined;
    const done = other.carryOut(
      known,
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
  const page = view.world.page();
  const here = observe(arch, session.machine);
  const there = observe(arch, other.session.machine);
  view.timeline.settle();
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

function watch(view: View, rest: string): readonly string[] {
  const { watched } = view;
  if (rest === "") {
    return watched.length === 0
      ? ["nothing is watched: `watch VIEW R[.field]`"]
      : view.watches();
  }
  if (rest === "off") {
    watched.length = 0;
    return [];
  }
  const looked = view.look(rest);
  if (looked.mistakes) return looked.mistakes;
  if (!watched.some(({ text }) => text === rest)) {
    watched.push({ text: rest, shown: looked.value });
  }
  return [`${rest} is ${looked.value}`];
}

/** Changes of KVM, those of the session's architecture first. */
function listChanges(
  { timeline: { session }, world }: View,
  rest: string,
): readonly string[] {
  const page = world.page();
  const given: { word?: string; from?: string; to?: string } = {};
  const words = rest.split(/\s+/).filter((word) => word !== "");
  for (let at = 0; at < words.length; at++) {
    const option = /^--(from|to)$/.exec(words[at])?.[1] as
      | "from"
      | "to"
      | undefined;
    const key = option ?? "word";
    const value = option === undefined ? words[at] : words[++at];
    if (value === undefined) return [`--${key} needs a release`];
    if (given[key] !== undefined) return [`one ${key} is looked for`];
    given[key] = value;
  }
  const { word, from, to } = given;
  const arches = architectures().toSorted((a, b) =>
    Number(b === session.arch) - Number(a === session.arch)
  );
  const answer = findChanges(arches, { word, from, to });
  if (!answer.ok) {
    const { reason, hint } = answer;
    return [reason, ...(hint === undefined ? [] : [`  ${hint}`])];
  }
  return answer.found.length === 0
    ? ["no change came then"]
    : renderFound(answer.found, word !== undefined, page);
}

function history({ world }: View, rest: string): readonly string[] {
  const { history } = world;
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
      return [`\`history\` takes ${HISTORY_WORDS.join(", ")}`];
  }
}
