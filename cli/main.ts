/**
 * Dispatch: which command the arguments name.
 *
 * A command is imported when it is named, and a command imports what it needs when it runs: `--help` costs
 * no parser.
 *
 * @module
 */
import { takeApart } from "./arguments.ts";
import {
  type Access,
  type CommandEntry,
  type Help,
  STATUS,
  UsageError,
} from "./command.ts";
import { embedded } from "./embedded.ts";
import { GuardedIo } from "./guarded_io.ts";
import { ClosedPipe, FileProblem, type Io } from "./io.ts";
import { checkOutputs, outputsOf } from "./outputs.ts";

/** The commands, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    about: "run scenarios and check what they expect",
    load: () => import("./run.ts"),
  },
  {
    name: "repl",
    about: "the interactive view: every register side by side, as you type",
    load: () => import("./repl.ts"),
  },
  {
    name: "check",
    about: "find mistakes in scenarios without running them",
    load: () => import("./check.ts"),
  },
  {
    name: "fmt",
    about: "write scenarios in the canonical form",
    load: () => import("./fmt.ts"),
  },
  {
    name: "explore",
    about: "search every interleaving for the one that breaks something",
    load: () => import("./explore.ts"),
  },
  {
    name: "bisect",
    about: "which changes of KVM make the difference between two kernels",
    load: () => import("./bisect.ts"),
  },
  {
    name: "report",
    about: "write a page that shows what scenarios do, step by step",
    load: () => import("./report.ts"),
  },
  {
    name: "conform",
    about: "replay recordings of a real KVM on the model",
    load: () => import("./conform.ts"),
  },
  {
    name: "export",
    about: "write scenarios as programs for a real KVM",
    load: () => import("./export.ts"),
  },
  {
    name: "profiles",
    about: "the kernels that can be chosen",
    load: () => import("./profiles.ts"),
  },
  {
    name: "history",
    about: "the changes of KVM that kernels are made of",
    load: () => import("./history.ts"),
  },
  {
    name: "registers",
    about: "the registers, their fields and the names of their values",
    load: () => import("./registers.ts"),
  },
  {
    name: "rules",
    about: "what each rule says, where it was read, and what cites it",
    load: () => import("./rules.ts"),
  },
  {
    name: "demo",
    about: "an example, side by side, and what to try next",
    load: () => import("./demo.ts"),
  },
  {
    name: "lsp",
    about: "the language server, for editors",
    load: () => import("./lsp.ts"),
  },
  {
    name: "completions",
    about: "what a shell needs to complete the program's arguments",
    load: () => import("./completions.ts"),
  },
];

/** The option that prints help. */
const HELP_WORDS: readonly string[] = ["--help", "-h"];

/** Told what of the file system a call needs, before it runs. */
export type Confine = (access: Access) => void;

/**
 * Runs the program.
 *
 * @param args the arguments, without the program's name
 * @param confine takes permissions away that the call does not need; left out, it keeps what there is
 * @returns the exit status
 */
export async function main(
  args: readonly string[],
  io: Io,
  confine: Confine = () => {},
): Promise<number> {
  const [name, ...rest] = args;
  const entry = COMMANDS.find((command) => command.name === name);
  try {
    return entry
      ? await runCommand(entry, rest, io, confine)
      : await runProgram(name, rest, io, confine);
  } catch (error) {
    if (error instanceof ClosedPipe) return STATUS.ok;
    if (error instanceof FileProblem) {
      io.err(`dregs: ${error.message}\n`);
      return STATUS.error;
    }
    if (error instanceof UsageError) {
      const called = entry ? `dregs ${entry.name}` : "dregs";
      const lines = [`${called}: ${error.message}`];
      if (error.hint) lines.push(`  ${error.hint}`);
      lines.push(`  \`${called} --help\` explains the command`);
      io.err(lines.join("\n") + "\n");
      return STATUS.error;
    }
    throw error;
  }
}

async function runCommand(
  { load }: CommandEntry,
  args: readonly string[],
  io: Io,
  confine: Confine,
): Promise<number> {
  const { command } = await load();
  const taken = takeApart(args, command.help.options);
  if (taken.has("help")) {
    const text = await helpText(command.help, args);
    confine("none");
    io.out(text);
    return STATUS.ok;
  }
  const { access, help: { options } } = command;
  const outputs = outputsOf(taken, options);
  const asked = typeof access === "string" ? access : access(taken);
  const needed = outputs.length > 0 ? "write" : asked;
  // After it the program cannot read its own files either.
  if (needed === "none") await embedded()?.whole();
  confine(needed);
  const world = new GuardedIo(io);
  await checkOutputs(outputs, taken, options, world);
  return await command.run(taken, world, COMMANDS);
}

/** Help of a command, or of the topic that is named after `--help`. @throws {UsageError} if there is no such topic */
async function helpText(
  help: Help,
  args: readonly string[],
): Promise<string> {
  const { commandHelp } = await import("./help.ts");
  const { options, topics = {} } = help;
  const at = args.findLastIndex((one) => HELP_WORDS.includes(one));
  const [word, ...more] = takeApart(args.slice(at + 1), options).operands;
  if (word === undefined) return commandHelp(help);
  if (more.length > 0) {
    throw new UsageError(`unexpected argument \`${more[0]}\`: one topic`);
  }
  if (Object.hasOwn(topics, word)) return await topics[word]();
  const known = Object.keys(topics);
  if (known.length === 0) {
    throw new UsageError(
      `\`--help ${word}\`: help of this command has no topics`,
    );
  }
  const { didYouMean } = await import("../dsl/suggest.ts");
  throw new UsageError(
    `\`--help ${word}\`: there is no such topic`,
    didYouMean(word, known) ?? `expected ${known.join(", ")}`,
  );
}

/** What can be asked of the program itself. */
async function runProgram(
  word: string | undefined,
  rest: readonly string[],
  io: Io,
  confine: Confine,
): Promise<number> {
  switch (word) {
    case "--version":
    case "-V": {
      if (rest.length > 0) {
        throw new UsageError(`unexpected argument \`${rest[0]}\``);
      }
      const { versionText } = await import("./version.ts");
      confine("none");
      io.out(`dregs ${versionText()}\n`);
      return STATUS.ok;
    }
    case "--help":
    case "-h":
    case "help": {
      const topic = COMMANDS.find(({ name }) => name === rest[0]);
      if (topic) {
        return await main(
          [topic.name, "--help", ...rest.slice(1)],
          io,
          confine,
        );
      }
      if (rest.length > 0) throw await unknownWord(rest[0]);
      const { overview } = await import("./help.ts");
      confine("none");
      io.out(overview(COMMANDS));
      return STATUS.ok;
    }
    case undefined: {
      if (io.isTerminal && io.isInputTerminal) {
        const repl = COMMANDS.find(({ name }) => name === "repl")!;
        return await runCommand(repl, [], io, confine);
      }
      const { overview } = await import("./help.ts");
      confine("none");
      io.err(overview(COMMANDS));
      return STATUS.error;
    }
    default:
      throw await unknownWord(word);
  }
}

/** What a file looks like, and the command that runs it. */
const FILE_COMMANDS: readonly (readonly [RegExp, string])[] = [
  [/\.jsonl$/, "conform"],
  [/\.dregs$|^builtin:|^\.{0,2}\//, "run"],
];

async function unknownWord(word: string): Promise<UsageError> {
  const { didYouMean } = await import("../dsl/suggest.ts");
  const isOption = word.startsWith("-");
  const known = isOption
    ? ["--help", "--version"]
    : COMMANDS.map(({ name }) => name);
  const called = FILE_COMMANDS.find(([what]) => what.test(word))?.[1];
  return new UsageError(
    `\`${word}\` is not ${isOption ? "an option" : "a command"}`,
    called
      ? `a command comes before a file: \`dregs ${called} ${word}\``
      : didYouMean(word, known) ?? `expected ${known.join(", ")}`,
  );
}
