/**
 * Help as text.
 *
 * @module
 */
import { HELP_OPTION } from "./arguments.ts";
import type { Help, Option } from "./command.ts";

/** Columns of help, whatever the terminal has: it is written for them. */
const COLUMNS = 78;

/** Breaks a text into lines that fit. */
export function fill(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Two columns: terms, and what they are about. */
function definitions(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([term]) => term.length)) + 2;
  return rows.flatMap(([term, about]) => {
    const lines = fill(about, COLUMNS - 2 - width);
    return lines.map((line, index) =>
      `  ${(index === 0 ? term : "").padEnd(width)}${line}`
    );
  });
}

function optionTerm({ name, short, value }: Option): string {
  const words = short ? `-${short}, --${name}` : `--${name}`;
  return value === undefined ? words : `${words} ${value}`;
}

/** Help of one command. */
export function commandHelp(help: Help): string {
  const lines = [
    `dregs ${help.name}: ${help.about}`,
    "",
    `usage: dregs ${help.name} ${help.usage}`.trimEnd(),
  ];
  for (const note of help.notes ?? []) {
    lines.push("", ...fill(note, COLUMNS));
  }
  lines.push(
    "",
    "options:",
    ...definitions(
      [...help.options, HELP_OPTION].map((
        option,
      ) => [optionTerm(option), option.about]),
    ),
  );
  lines.push("", "examples:");
  for (const { command, about } of help.examples) {
    lines.push(`  # ${about}`, `  ${command}`);
  }
  return lines.join("\n") + "\n";
}

/** What `dregs --help` prints. */
export function overview(
  commands: readonly { readonly name: string; readonly about: string }[],
): string {
  return [
    "dregs: an executable model of how KVM virtualizes debug registers",
    "",
    "usage: dregs COMMAND [ARGUMENT…]",
    "",
    "commands:",
    ...definitions(commands.map(({ name, about }) => [name, about])),
    "",
    "dregs COMMAND --help tells more, with examples. dregs --version prints the",
    "version. Exit status: 0 all held; 1 an expectation failed, a schedule breaks",
    "something or a recording differs; 2 usage, syntax or file error; 4 everything",
    "was skipped.",
    "",
  ].join("\n");
}
