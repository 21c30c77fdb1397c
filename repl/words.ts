/**
 * The words that only the interactive view has, in the order in which help lists them.
 *
 * @module
 */

/** What completion offers after a word. */
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
  /** More to know, a paragraph each. */
  readonly notes?: readonly string[];
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
    about: "takes back the last statement and what it did to the machine",
    argument: "none",
  },
  {
    word: "redo",
    form: "",
    about: "carries out again what `undo` took back",
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
    about: "goes back or forward to statement N; 0 is the beginning",
    argument: "none",
  },
  {
    word: "log",
    form: "",
    about: "lists the statements with their numbers",
    argument: "none",
  },
  {
    word: "save",
    form: "FILE [--expect [VIEW] R …] [--force]",
    about: "writes a scenario that replays to this state",
    notes: [
      "`--expect` adds expectations: of what changed, what was shown by name, the exceptions and the exit; or of what is " +
      "named after it: `save case.dregs --expect dbgbcr0 hw dbgbcr1 exit`. A register without a view is expected in " +
      "every view that has it. A later `save` to the same file keeps these expectations after their statement.",
      "A file that this session did not write, or that has changed since, is replaced only with `--force`.",
    ],
    argument: "file",
  },
  {
    word: "diff",
    form: "[KERNEL|lts|changes|all|RANGE] [vmx|svm] [with CHANGE]",
    about:
      "carries the session out under another kernel and shows what differs",
    notes: [
      "Of several kernels, such as `diff lts` or `diff 5.4..6.1`, those under which the same differs are listed together. " +
      "Alone, it compares with the kernels of `dregs repl --kernel`.",
    ],
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
    about: "sets how much is shown after a statement",
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
    about: "sets whether lines are kept for other sessions",
    argument: "history",
  },
  {
    word: "help",
    form: "[TOPIC]",
    about:
      "explains a statement, a command, a register, a field, a rule, a kernel, a change",
    argument: "topic",
  },
  {
    word: "quit",
    form: "",
    about: "ends the session; so does Ctrl-D",
    argument: "none",
  },
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
