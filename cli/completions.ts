/**
 * `dregs completions`: what a shell needs to complete the program's arguments, from the commands' own tables.
 *
 * @module
 */
import { oneLine } from "../dsl/render/line.ts";
import {
  type Arguments,
  type Command,
  type CommandEntry,
  STATUS,
  UsageError,
} from "./command.ts";
import type { CompletedCommand } from "./completions/table.ts";
import type { Io } from "./io.ts";

/** The shells. */
const SHELLS = ["bash", "zsh", "fish"] as const;

type Shell = typeof SHELLS[number];

/** The script for a shell. */
async function script(
  shell: Shell,
  commands: readonly CompletedCommand[],
): Promise<string> {
  switch (shell) {
    case "bash":
      return (await import("./completions/bash.ts")).bashCompletion(commands);
    case "zsh":
      return (await import("./completions/zsh.ts")).zshCompletion(commands);
    case "fish":
      return (await import("./completions/fish.ts")).fishCompletion(commands);
    default:
      return shell satisfies never;
  }
}

async function run(
  { operands }: Arguments,
  io: Io,
  commands: readonly CommandEntry[],
): Promise<number> {
  const [name = "", ...more] = operands;
  const shell = SHELLS.find((one) => one === name);
  if (shell === undefined || more.length > 0) {
    const wrong = shell === undefined ? name : more[0];
    throw new UsageError(
      wrong === ""
        ? "name a shell"
        : `unexpected argument \`${oneLine(wrong)}\``,
      `expected ${SHELLS.join(", ")}`,
    );
  }
  const { completionTable } = await import("./completions/table.ts");
  io.out(await script(shell, await completionTable(commands)));
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "completions",
    about: "what a shell needs to complete the program's arguments",
    usage: `${SHELLS.join("|")}`,
    operands: SHELLS,
    notes: [
      "It completes the commands, their options, the kernels, the formats and files. For bash: source " +
      "<(dregs completions bash). For zsh: dregs completions zsh > a folder of $fpath, as _dregs. For fish: " +
      "dregs completions fish > ~/.config/fish/completions/dregs.fish.",
    ],
    options: [],
    examples: [
      { command: "dregs completions bash", about: "for bash" },
      { command: "dregs completions fish", about: "for fish" },
    ],
  },
  access: "none",
  run,
};
