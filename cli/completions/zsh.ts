/**
 * Completion for zsh.
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
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A description within `_arguments`' brackets, and a message after its colons. */
function described(text: string): string {
  return text.replace(/[\\[\]:]/g, "\\$&");
}

/** What may follow an option, as `_arguments` has it. */
function action({ name, value }: CompletedOption): string {
  if (value === "none") return "";
  const what = value === "file"
    ? "_files"
    : value === "any"
    ? ""
    : `(${value.join(" ")})`;
  return `:${name}:${what}`;
}

function optionSpecs(option: CompletedOption): string[] {
  const { name, short, about } = option;
  const rest = `[${described(about)}]${action(option)}`;
  const names = short === undefined
    ? [`--${name}`]
    : [`-${short}`, `--${name}`];
  // `*`: how often it may be given is the program's to say.
  return names.map((text) => quoted(`*${text}${rest}`));
}

function commandCase({ name, options, operands }: CompletedCommand): string[] {
  const rest = operands === "files"
    ? [quoted("*:file:_files")]
    : operands === "scenarios"
    ? [quoted("*:file:_dregs_scenarios")]
    : operands === "none"
    ? []
    : [quoted(`1:word:(${operands.join(" ")})`)];
  const specs = [...options.flatMap(optionSpecs), ...rest];
  return [
    `    ${name})`,
    `      _arguments -s ${specs.join(" \\\n        ")}`,
    "      ;;",
  ];
}

/** The script. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const help = { name: "help", about: "print help of a command" };
  const entries = [...commands, help].map(({ name, about }) =>
    `    ${quoted(`${name}:${described(about)}`)}`
  );
  return [
    "#compdef dregs",
    "# Completion of dregs for zsh: dregs completions zsh > a folder of $fpath, as _dregs",
    "_dregs_scenarios() {",
    `  if [[ $PREFIX == ${BUILTIN}* ]]; then`,
    `    compadd -- \${(f)"$(${LIST_BUILTIN})"}`,
    "  else",
    "    _files",
    "  fi",
    "}",
    "",
    "_dregs() {",
    "  local -a commands",
    "  commands=(",
    ...entries,
    "  )",
    "  if ((CURRENT == 2)); then",
    "    _describe -t commands 'command' commands",
    "    _arguments '--help[print help]' '--version[print the version]'",
    "    return",
    "  fi",
    "  local command=$words[2]",
    "  shift words",
    "  ((CURRENT--))",
    '  case "$command" in',
    ...commands.flatMap(commandCase),
    "    help)",
    `      _arguments '1:command:(${
      commands.map(({ name }) => name).join(" ")
    })'`,
    "      ;;",
    "  esac",
    "}",
    "",
    // Sourced, it registers itself; found in $fpath, it is the function's body.
    'if [[ "$funcstack[1]" == "_dregs" ]]; then',
    '  _dregs "$@"',
    "else",
    "  compdef _dregs dregs",
    "fi",
    "",
  ].join("\n");
}
