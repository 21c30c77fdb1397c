/**
 * Completion for bash.
 *
 * @module
 */
import { BUILTIN } from "../builtin.ts";
import {
  type CompletedCommand,
  type CompletedOption,
  LIST_BUILTIN,
} from "./table.ts";

/** An option as it is typed, `-e` and `--eval`. */
function spellings({ name, short }: CompletedOption): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/** Offers these words. */
function words(list: readonly string[]): string {
  return `COMPREPLY=($(compgen -W '${list.join(" ")}' -- "$cur"))`;
}

/** What may follow an option; bash completes files by itself where nothing is offered. */
function valueCase(option: CompletedOption): string[] {
  const { value } = option;
  if (value === "none") return [];
  const offer = value === "file"
    ? "return"
    : value === "any"
    ? "compopt +o default; return"
    : `${words(value)}; return`;
  return [`        ${spellings(option).join("|")}) ${offer} ;;`];
}

function commandCase({ name, options, operands }: CompletedCommand): string[] {
  const values = options.flatMap(valueCase);
  const rest = operands === "files"
    ? []
    : operands === "scenarios"
    ? ["        *) _dregs_scenarios ;;"]
    : operands === "none"
    ? ["        *) compopt +o default ;;"]
    : [`        *) ${words(operands)} ;;`];
  return [
    `    ${name})`,
    ...(values.length > 0
      ? ['      case "$prev" in', ...values, "      esac"]
      : []),
    '      case "$cur" in',
    `        -*) ${words(options.flatMap(spellings))} ;;`,
    ...rest,
    "      esac",
    "      ;;",
  ];
}

/** Completes scenarios of the catalogue; bash takes a word apart at its colons, and completes the last part. */
const SCENARIOS = [
  "_dregs_scenarios() {",
  "  local line=${COMP_LINE:0:COMP_POINT}",
  "  local word=${line##*[[:space:]]}",
  `  if [[ $word == ${BUILTIN}* ]]; then`,
  `    COMPREPLY=($(compgen -W "$(${LIST_BUILTIN})" -- "$word"))`,
  `    [[ $COMP_WORDBREAKS != *:* ]] || COMPREPLY=("\${COMPREPLY[@]#${BUILTIN}}")`,
  `  elif [[ -n $word && ${BUILTIN} == "$word"* && -z $(compgen -f -- "$word") ]]; then`,
  "    compopt -o nospace",
  `    COMPREPLY=(${BUILTIN})`,
  "  fi",
  "}",
];

/** The script. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const first = [...names, "help", "--help", "--version"];
  return [
    "# Completion of dregs for bash: source <(dregs completions bash)",
    ...SCENARIOS,
    "_dregs() {",
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}",
    // --kernel=NAME is three words to bash.
    "  if [[ $cur == = ]]; then cur=",
    "  elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}",
    "  fi",
    "  COMPREPLY=()",
    "  if ((COMP_CWORD == 1)); then",
    `    ${words(first)}`,
    "    return",
    "  fi",
    '  case "${COMP_WORDS[1]}" in',
    `    help) ((COMP_CWORD == 2)) && ${words(names)} ;;`,
    ...commands.flatMap(commandCase),
    "  esac",
    "}",
    "complete -o default -F _dregs dregs",
    "",
  ].join("\n");
}
