/**
 * Completion for fish.
 *
 * @module
 */
import { BUILTIN } from "../builtin.ts";
import {
  type CompletedCommand,
  type CompletedOption,
  LIST_BUILTIN,
} from "./table.ts";

/** A text within single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** What may follow an option. */
function value({ value }: CompletedOption): string {
  if (value === "none") return "";
  if (value === "file") return " -r -F";
  return value === "any" ? " -x" : ` -x -a ${quoted(value.join(" "))}`;
}

/** One operand of a command, which is one of a few words. */
function operandLine(name: string, words: readonly string[]): string {
  const isNext = `__fish_seen_subcommand_from ${name}; ` +
    "and test (count (commandline -opc)) -eq 2";
  return `complete -c dregs -n ${quoted(isNext)} -a ${quoted(words.join(" "))}`;
}

function commandLines(
  { name, about, options, operands }: CompletedCommand,
): string[] {
  const seen = quoted(`__fish_seen_subcommand_from ${name}`);
  const rest = operands === "files"
    ? [`complete -c dregs -n ${seen} -F`]
    : operands === "scenarios"
    ? [`complete -c dregs -n ${seen} -F -a '(__dregs_scenarios)'`]
    : operands === "none"
    ? []
    : [operandLine(name, operands)];
  return [
    `complete -c dregs -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
    ...options.map((option) => {
      const short = option.short === undefined ? "" : ` -s ${option.short}`;
      return `complete -c dregs -n ${seen} -l ${option.name}${short}${
        value(option)
      } -d ${quoted(option.about)}`;
    }),
    ...rest,
  ];
}

/** The script. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return [
    "# Completion of dregs for fish: dregs completions fish | source",
    "function __dregs_scenarios",
    `  string match -q '${BUILTIN}*' -- (commandline -ct); and ${LIST_BUILTIN}`,
    "end",
    "complete -c dregs -f",
    "complete -c dregs -n __fish_use_subcommand -l help -d 'print help'",
    "complete -c dregs -n __fish_use_subcommand -l version -d 'print the version'",
    ...commands.flatMap(commandLines),
    "complete -c dregs -n __fish_use_subcommand -a help -d 'print help of a command'",
    operandLine("help", commands.map(({ name }) => name)),
    "",
  ].join("\n");
}
