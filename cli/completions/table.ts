/**
 * What can be completed: the commands' own tables, with the words that their values may be.
 *
 * @module
 */
import { HELP_OPTION } from "../arguments.ts";
import { BUILTIN } from "../builtin.ts";
import type { CommandEntry, Option } from "../command.ts";
import { KERNEL_SETS } from "../../dsl/kernel_set_names.ts";
import { kernelNames } from "../kernels.ts";

/** An option to complete. */
export interface CompletedOption {
  /** Without the hyphens. */
  readonly name: string;
  readonly short: string | undefined;
  readonly about: string;
  /** What follows it: nothing, one of these words, a file, or something that cannot be foreseen. */
  readonly value: "none" | "file" | "any" | readonly string[];
}

/** A command to complete. */
export interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly CompletedOption[];
  /** What its operands are: none, files, scenarios, which `builtin:` has too, or one of these words. */
  readonly operands: "none" | "files" | "scenarios" | readonly string[];
}

/** What a shell runs to know the catalogue's scenarios. */
export const LIST_BUILTIN = `dregs run --list ${BUILTIN} 2>/dev/null`;

/** Values, by what help calls them, that are files. */
const FILES = ["FILE", "FOLDER"];

/** Operands, by what help calls them, that are files, and those that are scenarios. */
const FILE_OPERANDS = /RECORDING/;
const SCENARIO_OPERANDS = /FILE/;

function completedOption(
  { name, short, about, value, choices, again }: Option,
  kernels: readonly string[],
): CompletedOption {
  // Where several kernels may be named, so may sets of them.
  const named = again ? [...kernels, ...Object.keys(KERNEL_SETS)] : kernels;
  const words = choices ?? (value === "KERNEL" ? named : undefined);
  const rest = value === undefined ? "none" as const : "any" as const;
  const isFile = value !== undefined && FILES.includes(value);
  return { name, short, about, value: words ?? (isFile ? "file" : rest) };
}

function operandsOf(usage: string): CompletedCommand["operands"] {
  if (FILE_OPERANDS.test(usage)) return "files";
  return SCENARIO_OPERANDS.test(usage) ? "scenarios" : "none";
}

/** The tables of all commands. */
export async function completionTable(
  commands: readonly CommandEntry[],
): Promise<readonly CompletedCommand[]> {
  const kernels = await kernelNames();
  return await Promise.all(commands.map(async ({ name, about, load }) => {
    const { help } = (await load()).command;
    return {
      name,
      about,
      options: [...help.options, HELP_OPTION].map((option) =>
        completedOption(option, kernels)
      ),
      operands: help.operands ?? operandsOf(help.usage),
    };
  }));
}
