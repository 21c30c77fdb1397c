/**
 * The interactive view through a pseudo-terminal: from Enter to the table on the screen in a session of a thousand
 * statements, and from the start to the first prompt, beside Python's.
 *
 * Run: `deno task bench repl`. Needs python3.
 *
 * @module
 */
import {
  PseudoTerminal,
  pseudoTerminalLacks,
} from "../tests/terminal/pseudo_terminal.ts";
import { bundle, PROGRAM } from "../tools/bundle.ts";
import { RUN_FLAGS } from "../tools/permissions.ts";
import { dependencyFlags } from "../tests/child_deno.ts";
import { executable } from "./executable.ts";
import { realPython } from "./python.ts";

const STATEMENTS = 1_000;
const STARTS = 25;

/** Longest wait from Enter to the table, at the 99th percentile. */
const P99_MAX_MS = 50;
/** Longest start to the first prompt, in starts of `python3 -i`. */
const START_MAX = 2;

/** What is typed, over and over; N is the number of the statement. */
const SESSIONS: Readonly<Record<string, { begin: string; lines: string[] }>> = {
  arm64: {
    begin: "host brps=6 ctx=2 wrps=4; set brps=4 ctx=2; guest handler skip",
    lines: [
      "guest write dbgbvr[N % 4] 0x1000 + N * 4",
      "guest write dbgbcr0 lbn=2 bt=linked-address e=N%2",
      "run",
      "user set dbgbvr1 0x2000 + N * 4",
      "guest exec 0x1000",
      "run steps=1 stop=guest",
      "interrupt",
      "user debug break 0x4000",
      "run",
      "user debug off",
    ],
  },
  x86: {
    begin: "arch x86; kernel linux-4.4; set vcpus=2",
    lines: [
      "guest write dr[N % 4] 0x1000 + N",
      "guest write dr7 g0=1 l1=N%2",
      "run",
      "guest@1 write dr0 0x2000 + N",
      "run@1 steps=1 stop=exit",
      "put@1",
      "user set dr1 0x3000 + N",
      "user debug break 0x4000",
      "run",
      "user debug off",
    ],
  },
};

/** What the pseudo-terminal itself costs, which is taken off the others. */
const RELAY = "the pseudo-terminal, with echo";

/** A Python that looks for nothing outside itself. */
const BARE_PYTHON = "python3 -S -I -i, no site packages";

const PROMPT = "\ndregs> ";

function row(name: string, ...cells: string[]): void {
  console.log(
    name.padEnd(48) + cells.map((cell) => cell.padStart(10)).join(""),
  );
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** Types a line, and then measures from Enter, or another key, to what is to be seen. */
async function measure(
  terminal: PseudoTerminal,
  line: string,
  { key = "\r", until = PROMPT } = {},
): Promise<number> {
  if (line !== "") {
    await terminal.type(line);
    await terminal.until(line.slice(-8));
  }
  const began = performance.now();
  await terminal.type(key);
  const said = await terminal.until(until);
  const ms = performance.now() - began;
  // A line that is not carried out is quick.
  if (said.includes("error[")) throw new Error(`${line}\n${said}`);
  return ms;
}

async function statements(
  name: string,
  { begin, lines }: typeof SESSIONS[string],
  program: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  await using terminal = new PseudoTerminal(program, {
    columns: 160,
    lines: 50,
    env,
  });
  await terminal.until("dregs> ");
  await measure(terminal, begin);
  const times: number[] = [];
  for (let n = 0; n < STATEMENTS; n++) {
    const line = lines[n % lines.length].replaceAll("N", `${n}`);
    times.push(await measure(terminal, line));
  }
  const half = times.length / 2;
  const p99 = quantile(times, 0.99);
  row(
    `${name}: Enter to table, ${STATEMENTS} statements`,
    ms(quantile(times, 0.5)),
    ms(p99),
    ms(Math.max(...times)),
  );
  for (
    const [part, some] of [
      ["first half", times.slice(0, half)],
      ["second half", times.slice(half)],
    ] as const
  ) {
    row(
      `  ${part}`,
      ms(quantile(some, 0.5)),
      ms(quantile(some, 0.99)),
      ms(Math.max(...some)),
    );
  }
  const register = name === "x86" ? "dr0" : "dbgbvr0";
  const other = name === "x86" ? "linux-6.1" : "linux-7.2";
  for (
    const line of [
      "undo",
      "redo",
      `back ${half}`,
      `goto ${STATEMENTS}`,
      `why hw ${register}`,
      "show",
      `diff ${other}`,
    ]
  ) {
    const all: number[] = [];
    for (let n = 0; n < 5; n++) all.push(await measure(terminal, line));
    row(`  ${line}`, ms(quantile(all, 0.5)), "", ms(Math.max(...all)));
  }
  const tabs: number[] = [];
  for (let n = 0; n < 9; n++) {
    tabs.push(
      await measure(terminal, `guest write ${register} at`, {
        key: "\t",
        until: "=",
      }),
    );
    await terminal.type("\x15");
  }
  row("  Tab", ms(quantile(tabs, 0.5)), "", ms(Math.max(...tabs)));
  return p99;
}

/** Milliseconds to a prompt, and to the first answer. */
async function start(
  command: readonly string[],
  prompt: string,
  dialogue: readonly [question: string, answer: string] | undefined,
  env: Readonly<Record<string, string>>,
): Promise<{ prompt: number; answer: number }> {
  const began = performance.now();
  await using terminal = new PseudoTerminal(command, { env });
  await terminal.until(prompt);
  const prompted = performance.now() - began;
  if (dialogue !== undefined) {
    const [question, answer] = dialogue;
    await terminal.type(`${question}\r`);
    await terminal.until(answer);
  }
  return { prompt: prompted, answer: performance.now() - began };
}

/** Runs the benchmark. */
export async function bench(): Promise<void> {
  const lacks = pseudoTerminalLacks();
  if (lacks !== undefined) {
    console.log(`repl: skipped, ${lacks}`);
    return;
  }
  await bundle(dependencyFlags());
  const folder = await Deno.makeTempDir();
  const compiled = await executable(folder);
  const home = Deno.env.get("HOME") ?? folder;
  const env = {
    HOME: folder,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${home}/.cache/deno`,
  };
  const root = new URL("../", import.meta.url).pathname;
  const program = [Deno.execPath(), "run", ...RUN_FLAGS, `${root}${PROGRAM}`];
  row("a session at 160 columns, from the bundle", "median", "99 %", "most");
  for (const [name, session] of Object.entries(SESSIONS)) {
    const p99 = await statements(name, session, program, env);
    console.log(
      `${name}: 99 % within ${ms(p99)} (the aim: under ${P99_MAX_MS} ms)\n`,
    );
  }
  const ours = ["set brps=4 ctx=2; run", "exit idle"] as const;
  const theirs = ["print(6 * 7)", "\n42"] as const;
  const python = await realPython();
  const contestants: Record<
    string,
    readonly [
      readonly string[],
      string,
      typeof ours | typeof theirs | undefined,
    ]
  > = {
    [RELAY]: [["echo", "ready"], "ready", undefined],
    "dregs, from the bundle": [program, "dregs> ", ours],
    ...(compiled.length > 0 && {
      "dregs, the executable": [compiled, "dregs> ", ours] as const,
    }),
    "python3 -i": [[python, "-i"], ">>> ", theirs],
    [BARE_PYTHON]: [
      [python, "-S", "-I", "-i"],
      ">>> ",
      theirs,
    ],
  };
  const times = new Map<string, { prompt: number; answer: number }[]>();
  for (let round = -3; round < STARTS; round++) {
    for (
      const [name, [command, prompt, dialogue]] of Object.entries(contestants)
    ) {
      const one = await start(command, prompt, dialogue, env);
      if (round >= 0) times.set(name, [...times.get(name) ?? [], one]);
    }
  }
  const least = (name: string, what: "prompt" | "answer") =>
    Math.min(...times.get(name)!.map((one) => one[what]));
  const base = least(RELAY, "prompt");
  row("a start, least", "to prompt", "to answer");
  for (const name of times.keys()) {
    if (name === RELAY) continue;
    row(
      name,
      ms(least(name, "prompt") - base),
      ms(least(name, "answer") - base),
    );
  }
  const prompted = (name: string) => least(name, "prompt") - base;
  for (const name of times.keys()) {
    if (!name.startsWith("dregs")) continue;
    const ratio = prompted(name) / prompted("python3 -i");
    const bare = prompted(name) / prompted(BARE_PYTHON);
    console.log(
      `${name}: ${
        ratio.toFixed(2)
      } times python3 -i to the prompt (the aim: at most ${START_MAX}), ${
        bare.toFixed(1)
      } times one without site packages`,
    );
  }
  if (compiled.length === 0) {
    console.log("the executable: skipped, there is no runtime to make it with");
  }
  console.log(`${ms(base)} of the pseudo-terminal's own are taken off`);
  await Deno.remove(folder, { recursive: true });
}
