/**
 * What the words do that only the interactive view has.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import { findChanges } from "../dsl/history.ts";
import { renderFound } from "../dsl/render/history.ts";
import { fill } from "../dsl/render/value.ts";
import { VIEW_WORDS } from "../dsl/statements.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import { diff } from "./diff.ts";
import { help, overview } from "./help.ts";
import type { Observation } from "../dsl/observation.ts";
import { save } from "./save.ts";
import { firstLine, type View } from "./view.ts";
import { HISTORY_WORDS, LAYOUTS, type ReplWordName } from "./words.ts";

/** What came of one input. */
export interface Reply {
  /** What to print. */
  readonly lines: readonly string[];
  /** The session is over. */
  readonly ends: boolean;
  /** On a terminal, what does not fit its lines waits for a key. */
  readonly isPaged?: boolean;
}

/** What each word does with what follows it. */
const COMMANDS: Readonly<
  Record<
    Exclude<ReplWordName, "quit">,
    (view: View, rest: string) => readonly string[]
  >
> = {
  undo: (view, rest) =>
    rest === ""
      ? goBack(view, 1)
      : view.say("`undo` takes back one statement; write `back 3` for three"),
  back: (view, rest) => {
    const count = numberOf(rest);
    return count === undefined
      ? view.say("`back` needs the number of statements: `back 3`")
      : goBack(view, count);
  },
  redo: (view, rest) => {
    const { position, undone } = view.timeline;
    if (rest !== "") {
      return view.say(
        "`redo` carries out one statement; write `goto N` to go further",
      );
    }
    return undone.length === 0
      ? view.say("nothing to redo")
      : goTo(view, position + 1);
  },
  goto: (view, rest) => {
    const target = numberOf(rest);
    const { position, undone } = view.timeline;
    const last = position + undone.length;
    return target === undefined || target > last
      ? view.say(
        `\`goto\` needs the number of a statement, 0 to ${last}; \`log\` lists them`,
      )
      : goTo(view, target);
  },
  log,
  save,
  diff,
  watch,
  layout: (view, rest) => {
    const layout = LAYOUTS.find((one) => one === rest);
    if (layout === undefined) {
      return view.say(
        `the layout is ${view.layout}; write \`layout ${LAYOUTS.join("|")}\``,
      );
    }
    view.layout = layout;
    return [];
  },
  history,
  changes: (view, rest) => listChanges(view, rest),
  help: (view, rest) => {
    const { world, timeline } = view;
    return rest === ""
      ? overview(world.page(), world.rows())
      : help(rest, timeline.session.arch, world.page());
  },
};

/** Does what a word says. */
export function command(view: View, word: ReplWordName, rest: string): Reply {
  return word === "quit" ? { lines: [], ends: true } : {
    lines: COMMANDS[word](view, rest),
    ends: false,
    isPaged: word === "help",
  };
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function goBack(view: View, count: number): readonly string[] {
  const { position } = view.timeline;
  if (position === 0) return view.say("nothing to undo");
  return goTo(view, Math.max(0, position - count));
}

function goTo(view: View, target: number): readonly string[] {
  const { timeline } = view;
  const { position } = timeline;
  if (target === position) {
    return view.say(`the session is already at statement ${target}`);
  }
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
    : counted(passed.length, "statement");
  return [
    ...view.say(`${verb} ${what}; now at ${target}`).map(
      view.world.page().theme.quiet,
    ),
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
  const { columns, theme } = world.page();
  if (entries.length + undone.length === 0) return ["no statements yet"];
  const width = String(entries.length + undone.length).length;
  const lines = (text: string, index: number): string[] =>
    text.split("\n").flatMap((part, at) =>
      fill(
        `${(at === 0 ? `${index + 1}` : "").padStart(width)}  ${part}`,
        columns,
        width + 4,
      )
    );
  return [
    ...entries.flatMap(({ text }, index) => lines(text, index)),
    ...undone.flatMap(({ text }, index) =>
      lines(`${text}  (undone)`, entries.length + index)
    ).map(theme.quiet),
  ];
}

/** A register of the session's architecture. */
function exampleOf({ timeline: { session: { arch } } }: View): string {
  return arch.registers.all.find(({ physical }) => physical)!.short;
}

function watch(view: View, rest: string): readonly string[] {
  const { watched } = view;
  if (rest === "") {
    return watched.length === 0
      ? view.say(
        "nothing is watched; write a view and a register: `watch hw dbgbcr0`",
      )
      : view.watches();
  }
  if (rest === "off") {
    watched.length = 0;
    return [];
  }
  if (/^[*&(\d]/.test(rest)) {
    return view.say(
      "`watch` shows a register: `watch hw dbgbcr0`; `user debug watch ADDR` sets a watchpoint",
    );
  }
  const words = rest.split(/\s+/);
  const isView = VIEW_WORDS.some((view) => words[0].split("@")[0] === view);
  if (!isView || words.length < 2) {
    return view.say(
      isView
        ? `\`watch ${rest}\` needs a register: \`watch ${rest} ${
          exampleOf(view)
        }\``
        : `\`watch\` needs a view and a register: \`watch hw ${
          exampleOf(view)
        }\`; views are ${VIEW_WORDS.join(", ")}`,
    );
  }
  const { seen, value, mistakes } = view.look(rest);
  if (seen === undefined) return mistakes;
  if (!watched.some(({ text }) => text === rest)) {
    watched.push({ text: rest, seen, shown: value });
  }
  return view.say(`${rest} is ${value}`);
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
    if (value === undefined) return [`\`--${key}\` needs a release`];
    if (given[key] !== undefined) return [`\`changes\` takes one ${key}`];
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
    ? ["no change in these releases"]
    : renderFound(answer.found, word !== undefined, page);
}

function history(view: View, rest: string): readonly string[] {
  const { history } = view.world;
  switch (rest) {
    case "on":
    case "off":
      history.recording = rest === "on";
      return [];
    case "clear":
      history.clear();
      return [];
    case "": {
      const where = history.path === undefined
        ? ", in memory only"
        : `, in ${history.path}`;
      return view.say(`history is ${history.recording ? "on" : "off"}${where}`);
    }
    default:
      return view.say(
        `\`${rest}\` is not an option of \`history\`: write \`history ${
          HISTORY_WORDS.join("|")
        }\``,
      );
  }
}
