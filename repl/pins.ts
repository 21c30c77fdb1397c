/**
 * What `save --expect` pins: what changed, what was shown, the exceptions and the exit; or what was named.
 *
 * @module
 */
import {
  type Architecture,
  exceptionsTaken,
  type Machine,
  type ViewValue,
} from "../engine/mod.ts";
import type { Expected, Seen } from "../dsl/actions.ts";
import { actionText } from "../dsl/print/action.ts";
import { viewed } from "../dsl/run/viewed.ts";
import { fieldSeen } from "../dsl/seen.ts";
import { patternTest, TABLE_VIEWS } from "../dsl/table.ts";
import { changedCells } from "../dsl/observation.ts";
import { placeKey, type View } from "./view.ts";

/** What `--expect` takes besides registers. */
export const PIN_WORDS = ["exit", "exceptions"] as const;

/** Expectations as statements, or why there are none. */
export type Pinned =
  | { readonly lines: readonly string[]; readonly mistakes: undefined }
  | { readonly lines: readonly []; readonly mistakes: readonly string[] };

/** The order of the table: by vCPU or CPU, then by register, then by column. */
function compare(a: Seen, b: Seen): number {
  const columns: readonly string[] = [...TABLE_VIEWS, "kvm"];
  return a.index - b.index || (a.register ?? Infinity) -
      (b.register ?? Infinity) ||
    columns.indexOf(a.view) - columns.indexOf(b.view) || 0;
}

/** The expectation that a place keeps its value; undefined where there is none. */
function valueExpected(view: View, seen: Seen): Expected | undefined {
  const { session } = view.timeline;
  const value: ViewValue = viewed(session, seen);
  if (value.kind === "none") return undefined;
  if (value.kind === "undef") {
    const whole = { ...seen, field: undefined };
    return { kind: "view", seen: whole, operator: "==", value: "undef" };
  }
  const field = fieldSeen(session.arch, seen);
  const part = field
    ? field.layout.get(value.value, field.field.name)
    : value.value;
  return { kind: "view", seen, operator: "==", value: part };
}

/** How the last run ended; nothing before the first. */
function exitExpected({ lastRun }: Machine): Expected[] {
  if (lastRun === undefined) return [];
  const fields = Object.entries(lastRun.values).map(([name, value]) => ({
    name,
    value,
    span: undefined,
  }));
  return [{ kind: "exit", reason: lastRun.exit, fields }];
}

/** What the guest took since the last run began; nothing before the first. */
function exceptionsExpected({ lastRun, journal }: Machine): Expected[] {
  if (lastRun === undefined) return [];
  const taken = exceptionsTaken(journal.sinceRun());
  if (taken.length === 0) return [{ kind: "no-exception" }];
  const kinds = taken.map(({ exception }) => exception);
  return [{ kind: "exceptions", kinds }];
}

function statements(
  expected: readonly Expected[],
  arch: Architecture,
): string[] {
  return expected.map((one) =>
    actionText({ kind: "expect", expected: one, on: [] }, arch)
  );
}

/** Expectations of all that changed since the machine was built, of what was shown, and of how the guest ran; a statement each. */
export function allPinned(view: View): readonly string[] {
  const { timeline, shown, watched } = view;
  const { session } = timeline;
  const after = timeline.seen;
  if (after === undefined) return [];
  const places = new Map<string, Seen>();
  for (
    const seen of [
      ...changedCells(timeline.baseline(), after),
      ...shown.values(),
      ...watched.map((one) => one.seen),
    ]
  ) {
    if (isThere(view, seen)) places.set(placeKey(seen), seen);
  }
  const { machine } = session;
  const expected: Expected[] = [
    ...[...places.values()].sort(compare).flatMap((seen) =>
      valueExpected(view, seen) ?? []
    ),
    ...exceptionsExpected(machine),
    ...exitExpected(machine),
  ];
  for (const [name, value] of machine.reads) {
    expected.push({
      kind: "read",
      name,
      operator: "==",
      value: value ?? "undef",
    });
  }
  return statements(expected, session.arch);
}

/** Whether the vCPU or CPU of a place is still there: `undo` may have taken it away. */
function isThere(view: View, { view: column, index }: Seen): boolean {
  const { machine } = view.timeline.session;
  return index < (column === "cpu" ? machine.cpus : machine.vcpus);
}

function nothing(view: View, why: string): Pinned {
  return { lines: [], mistakes: view.say(`nothing to expect: ${why}`) };
}

/** A view, with or without an index. */
const VIEW_WORD = /^(guest|user|hw|cpu|kvm)(@\d+)?$/i;

/**
 * Expectations of what is named: `dbgbcr0` in each view that has it, `hw dbgbcr1` or `hw@1 dbgb*` in one, `exit`,
 * `exceptions`.
 */
export function namedPinned(view: View, words: readonly string[]): Pinned {
  const { timeline } = view;
  const { session } = timeline;
  if (timeline.machine === undefined) {
    return nothing(view, "there is no machine yet");
  }
  const expected: Expected[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === "exit" || word === "exceptions") {
      const found = word === "exit"
        ? exitExpected(session.machine)
        : exceptionsExpected(session.machine);
      if (found.length === 0) return nothing(view, "nothing has run yet");
      expected.push(...found);
      continue;
    }
    const column = VIEW_WORD.test(word) ? word : undefined;
    const name = column === undefined ? word : words[++at];
    if (name === undefined) {
      return {
        lines: [],
        mistakes: view.say(
          `\`${word}\` needs a register after it: \`${word} dbgbcr0\``,
        ),
      };
    }
    const found = column === undefined
      ? inAllViews(view, name)
      : inOneView(view, column, name);
    if (found.mistakes !== undefined) {
      return { lines: [], mistakes: found.mistakes };
    }
    expected.push(...found.expected);
  }
  return { lines: statements(expected, session.arch), mistakes: undefined };
}

type Found =
  | { readonly expected: readonly Expected[]; readonly mistakes: undefined }
  | {
    readonly expected: readonly [];
    readonly mistakes: readonly string[];
  };

/** Registers that a name or a pattern means, as names. */
function namesOf(view: View, name: string): readonly string[] {
  if (!/[*?]/.test(name)) return [name];
  const matches = patternTest(name);
  return view.timeline.session.arch.registers.all.filter((info) =>
    matches(info) && !info.hostOnly && !info.userOnly
  ).map(({ short }) => short);
}

function inOneView(view: View, column: string, name: string): Found {
  const names = namesOf(view, name);
  if (names.length === 0) return noMatch(view, name);
  const expected: Expected[] = [];
  for (const one of names) {
    const { seen, mistakes } = view.seen(`${column} ${one}`);
    if (mistakes !== undefined) return { expected: [], mistakes };
    const value = valueExpected(view, seen);
    if (value !== undefined) expected.push(value);
  }
  return expected.length > 0 ? { expected, mistakes: undefined } : {
    expected: [],
    mistakes: view.say(
      `\`${column} ${name}\` has no value yet: \`run\` the guest first`,
    ),
  };
}

function inAllViews(view: View, name: string): Found {
  const names = namesOf(view, name);
  if (names.length === 0) return noMatch(view, name);
  const expected: Expected[] = [];
  for (const one of names) {
    const looks = TABLE_VIEWS.map((column) => view.seen(`${column} ${one}`));
    const values = looks.flatMap(({ seen }) =>
      seen === undefined ? [] : valueExpected(view, seen) ?? []
    );
    if (values.length === 0) {
      const [{ mistakes }] = looks;
      return {
        expected: [],
        mistakes: mistakes ?? view.say(`\`${one}\` has no value yet`),
      };
    }
    expected.push(...values);
  }
  return { expected, mistakes: undefined };
}

function noMatch(view: View, name: string): Found {
  const { arch } = view.timeline.session;
  return {
    expected: [],
    mistakes: view.say(`\`${name}\` matches no register of ${arch.name}`),
  };
}
