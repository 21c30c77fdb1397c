/**
 * Where the cursor stands among blocks, and what may begin a line there. The grammar takes a line of an `explore`
 * block anywhere, so that one in the wrong place is a diagnostic of its own; completion offers it in its place only.
 *
 * @module
 */
import type { IToken } from "chevrotain";
import { USER_EVENTS } from "../../engine/mod.ts";
import { type LinePlace, statementRow, wordsAt } from "../statements.ts";
import { End, LeftBrace, RightBrace, wordsOfType } from "../syntax/tokens.ts";
import type { Expected } from "./expected.ts";

/** The statement that a text ends in, and where it stands. */
export interface Cursor {
  /** The statement's tokens. */
  readonly tokens: readonly IToken[];
  /** Whose line it is. */
  readonly place: LinePlace;
  /** An `either { … }` or `or { … }` has just ended. */
  readonly afterEither: boolean;
}

interface Open {
  readonly place: LinePlace;
  readonly isEither: boolean;
}

/** Lines of an `explore` block whose own block has lines of its own. */
const IN_EXPLORE: ReadonlySet<string> = new Set([
  "vcpu",
  "user",
  "host",
  "known",
]);

/** What the block of a statement contains. */
function inside(outer: LinePlace, head: string | undefined): LinePlace {
  if (outer === "script") return head === "explore" ? "explore" : "script";
  const isOwn = outer === "explore" && head && IN_EXPLORE.has(head);
  return isOwn ? head as LinePlace : outer;
}

/** Follows the blocks of a text to its end. */
export function cursorAfter(pieces: Iterable<readonly IToken[]>): Cursor {
  const open: Open[] = [{ place: "script", isEither: false }];
  let tokens: IToken[] = [];
  let afterEither = false;
  for (const piece of pieces) {
    for (const token of piece) {
      const { tokenType } = token;
      const { place } = open.at(-1)!;
      const head = tokens.at(0)?.image;
      if (tokenType === LeftBrace) {
        const isEither = head === "either" || head === "or";
        open.push({ place: inside(place, head), isEither });
        tokens = [];
        afterEither = false;
      } else if (tokenType === RightBrace) {
        afterEither = open.length > 1 && open.pop()!.isEither;
        tokens = [];
      } else if (tokenType === End) {
        if (tokens.length > 0) afterEither = false;
        tokens = [];
      } else tokens.push(token);
    }
  }
  return { tokens, place: open.at(-1)!.place, afterEither };
}

/** Rules, or words that are lines by themselves, of programs: a statement without its first word. */
const OF_PROGRAM: Readonly<
  Record<Exclude<LinePlace, "script">, readonly string[]>
> = {
  explore: [],
  vcpu: ["instruction"],
  user: ["userGet", "userDebug", "set", "init", ...USER_EVENTS],
  host: ["break", "watch", "off", "msr"],
  known: [],
};

/** Whether a rule, or a word that is a line by itself, begins the lines of a place. */
function begins(rule: string, place: Exclude<LinePlace, "script">): boolean {
  return OF_PROGRAM[place].includes(rule) ||
    (statementRow(rule)?.places.includes(place) ?? false);
}

/** Of the words that may stand where the grammar expects one, those that may where the cursor is. */
export function wordsInPlace(
  { type }: Expected,
  { place }: Cursor,
  words: readonly string[],
): readonly string[] {
  if (place === "script" || !wordsOfType(type)) return words;
  // A word of a form that several statements have, such as `interrupt`, begins lines where its statement does.
  const begin = wordsAt(place);
  return words.filter((word) => begin.includes(word));
}

/** Whether what the grammar expects may stand where the cursor is. */
export function isInPlace(
  { rules, type, before }: Expected,
  { place, afterEither }: Cursor,
): boolean {
  if (rules[0] !== "statement") return true;
  const isOwn = rules[1] === "exploreLine";
  if (place === "script") {
    // `set R VALUE` is a line of userspace's program.
    return !isOwn && !(rules[1] === "set" && rules[2] !== undefined &&
      rules[2] !== "settings");
  }
  const line = isOwn ? rules[2] ?? type.LABEL ?? "" : rules[1];
  if (wordsOfType(type)) return true;
  if (!begins(line, place)) return false;
  if (line === "either" && type.LABEL === "or") return afterEither;
  // A program's head is its word and a number.
  if (line === "user" || line === "host") return before === undefined;
  return !(line === "set" && rules[2] === "settings");
}
