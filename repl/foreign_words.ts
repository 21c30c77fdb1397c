/**
 * Words of gdb and of shells, with what does the same here.
 *
 * @module
 */

/** What to write instead, and the words for which that is said. */
const ADVICE: readonly (readonly [words: readonly string[], advice: string])[] =
  [
    [
      ["step", "s", "stepi", "si", "next", "n", "nexti", "ni"],
      "`run steps=1` executes one instruction; `user debug step` has userspace single-step the guest",
    ],
    [
      ["continue", "c", "start", "starti"],
      "`run` executes what is pending",
    ],
    [
      ["finish", "until", "advance", "jump"],
      "`run` executes what is pending, `run steps=N` no more than N instructions",
    ],
    [
      ["break", "b", "br", "hbreak", "tbreak", "thbreak"],
      "`user debug break ADDR` sets a breakpoint as a debugger does; `guest write R ...` sets one of the guest's own",
    ],
    [
      ["rwatch", "awatch"],
      "`user debug watch ADDR on=load|store|access` sets a watchpoint as a debugger does",
    ],
    [
      ["delete", "d", "clear", "disable"],
      "`user debug off` removes the breakpoints of userspace",
    ],
    [
      ["info", "i", "inspect"],
      "`show` has the registers side by side, `show map` the numbers of the breakpoints, `log` the statements",
    ],
    [
      ["print", "p", "output", "printf", "echo"],
      "`show R` shows a register, `why VIEW R[.field]` a value and its reason",
    ],
    [
      ["display", "undisplay"],
      "`watch VIEW R[.field]` shows a value after every statement, `watch off` ends it",
    ],
    [
      ["x", "dump"],
      "memory is not modelled; `show R` shows a register",
    ],
    [
      ["backtrace", "bt", "where", "frame", "f", "up", "down"],
      "`why exit` and `why exception` give the reasons for the last ones; `log` lists the statements",
    ],
    [
      ["list", "l", "disassemble", "disas"],
      "`log` lists the statements",
    ],
    [
      [
        "reverse-step",
        "reverse-stepi",
        "reverse-next",
        "reverse-nexti",
        "reverse-continue",
        "rs",
        "rsi",
        "rn",
        "rni",
        "rc",
      ],
      "`undo` takes back one statement, `back N` takes back N, `goto N` goes to statement N",
    ],
    [
      ["restart", "reset", "kill", "k"],
      "`goto 0` goes back to the beginning",
    ],
    [
      ["thread", "t"],
      "`@N` after a word chooses a vCPU: `run@1`, `show guest@1`",
    ],
    [
      ["load", "open", "source", "file"],
      '`dregs repl FILE` opens a file; `include "FILE"` carries out its statements here',
    ],
    [
      ["exit", "q", "bye", "logout"],
      "`quit` ends; so does Ctrl-D",
    ],
  ];

const BY_WORD: ReadonlyMap<string, string> = new Map(
  ADVICE.flatMap(([words, advice]) =>
    words.map((word) => [word, advice] as const)
  ),
);

/** Every word. */
export const FOREIGN_WORDS: readonly string[] = [...BY_WORD.keys()];

/** What to write instead of a line that begins with a word of another tool; undefined for any other line. */
export function foreignAdvice(line: string): string | undefined {
  const word = /^\s*([A-Za-z]+(?:-[a-z]+)?)(?=[\s/;]|$)/.exec(line)?.[1];
  const advice = word && BY_WORD.get(word);
  return advice && `\`${word}\` is not a statement: ${advice}`;
}
