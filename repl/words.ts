/**
 * The words that only the interactive view has, in the order in which help lists them.
 *
 * @module
 */

/** What completion offers behind a word. */
export type Argument =
  | "none"
  /** A part of the grammar: `VIEW R[.field]`. */
  | "seen"
  | "kernel"
  | "file"
  | "topic"
  | "layout"
  | "history"
  | "change";

/** One word. */
export interface ReplWord {
  readonly word: string;
  /** What follows it. */
  readonly form: string;
  /** One sentence, without a period. */
  readonly about: string;
  readonly argument: Argument;
}

/** How registers are laid out. */
export const LAYOUTS = ["compact", "full", "binary"] as const;

/** One of `LAYOUTS`. */
export type Layout = typeof LAYOUTS[number];

/** What `history` takes. */
export const HISTORY_WORDS = ["on", "off", "clear"] as const;

/** All of them. */
export const REPL_WORDS = [
  {
    word: "undo",
    form: "",
    about: "takes the last statement back, the whole machine with it",
    argument: "none",
  },
  {
    word: "redo",
    form: "",
    about: "carries out again what undo took back",
    argument: "none",
  },
  {
    word: "back",
    form: "N",
    about: "takes N statements back",
    argument: "none",
  },
  {
    word: "goto",
    form: "N",
    about: "goes to the moment after statement N; 0 is the beginning",
    argument: "none",
  },
  {
    word: "log",
    form: "",
    about: "what was carried out, with its numbers",
    argument: "none",
  },
  {
    word: "save",
    form: "FILE [--expect] [--force]",
    about: "writes a scenario that replays to this state",
    argument: "file",
  },
  {
    word: "diff",
    form: "KERNEL [vmx|svm]",
    about: "the same session under another kernel: what differs",
    argument: "kernel",
  },
  {
    word: "watch",
    form: "[VIEW R[.field]] | watch off",
    about: "shows a value after every statement",
    argument: "seen",
  },
  {
    word: "layout",
    form: "compact|full|binary",
    about: "how much is shown after a statement",
    argument: "layout",
  },
  {
    word: "changes",
    form: "[NAME|ID|HASH|WORD] [--from RELEASE] [--to RELEASE]",
    about:
      "changes of KVM that kernels are made of, as `dregs history` has them",
    argument: "change",
  },
  {
    word: "history",
    form: "on|off|clear",
    about: "whether lines are remembered for other sessions",
    argument: "history",
  },
  {
    word: "help",
    form: "[TOPIC]",
    about: "a statement, a word, a register, a field, a rule, a kernel",
    argument: "topic",
  },
  { word: "quit", form: "", about: "ends; so does Ctrl-D", argument: "none" },
] as const satisfies readonly ReplWord[];

/** A word that only the interactive view has. */
export type ReplWordName = typeof REPL_WORDS[number]["word"];

/** The word that a line begins with, if it is one of them. */
export function replWord(
  line: string,
): { readonly word: ReplWordName; readonly rest: string } | undefined {
  const match = /^\s*([A-Za-z]+)(?:\s+(.*?))?\s*;?\s*$/s.exec(line);
  if (match === null) return undefined;
  const word = REPL_WORDS.find((one) => one.word === match[1]);
  return word && { word: word.word, rest: (match[2] ?? "").trim() };
}
