/**
 * docs/language.md: the rows of the language and the tables of the engine in the places that `language.md`, beside this
 * file, keeps for them. The examples and the mistakes are carried out: what the page shows is what the program prints.
 *
 * A place is a line `<!-- NAME -->` or `<!-- NAME ARGUMENT -->`.
 *
 * @module
 */
import { main } from "../../cli/main.ts";
import { MemoryIo } from "../../cli/memory_io.ts";
import {
  INSTRUCTIONS,
  type NumberRow,
  PLACEMENT,
} from "../../dsl/instructions.ts";
import { format } from "../../dsl/print/format.ts";
import { architectures, ERRNOS } from "../../dsl/resolve/vocabulary.ts";
import {
  type DescribedStatement,
  describedStatements,
} from "../../dsl/statement_texts.ts";
import {
  type LinePlace,
  type OptionRow,
  PLACE_TEXT,
  RAW,
  SUBJECTS,
  VIEW_ROWS,
  WATCH,
} from "../../dsl/statements.ts";
import { PRECEDENCE } from "../../dsl/syntax/tree/parts.ts";
import {
  type Architecture,
  COST_ABOUT,
  COSTS,
  type CountInfo,
  VCPUS_MAX,
} from "../../engine/mod.ts";

/** What a script did: the exit status, and all that it printed. */
export interface Done {
  readonly status: number;
  readonly printed: string;
  /** The script, formatted if the grammar takes it. */
  readonly text: string;
}

/** The file that examples are, as what they print names it. */
const NAME = "example.dregs";

/** Runs a script, or searches its explore block. */
export async function carryOut(
  script: string,
  { files = {}, command = "run" }: {
    readonly files?: Readonly<Record<string, string>>;
    readonly command?: "run" | "explore";
  } = {},
): Promise<Done> {
  const formatted = format({ name: NAME, text: script });
  const text = formatted.ok ? formatted.text : `${script}\n`;
  const io = new MemoryIo({ files: { ...files, [NAME]: text } });
  const status = await main([command, NAME], io);
  return { status, printed: io.stdout + io.stderr, text };
}

/** The command that an example is for. */
export function commandOf({ example }: DescribedStatement): "run" | "explore" {
  return /\bexplore \{/.test(example) ? "explore" : "run";
}

/** The page. `template` is the text of `language.md`. */
export async function languagePage(template: string): Promise<string> {
  const parts: string[] = [];
  let end = 0;
  for (const match of template.matchAll(/^<!-- (\S+)(?: (\S+))? -->$/gm)) {
    parts.push(template.slice(end, match.index), await place(match));
    end = match.index + match[0].length;
  }
  const missing = SUBJECTS.filter((subject) =>
    !template.includes(`<!-- statements ${subject} -->`)
  );
  if (missing.length > 0) {
    throw new RangeError(`language.md has no place for ${missing.join(", ")}`);
  }
  return parts.join("") + template.slice(end);
}

async function place(
  [, name, argument]: RegExpMatchArray,
): Promise<string> {
  switch (name) {
    case "statements": {
      const rows = describedStatements().filter(({ subject }) =>
        subject === argument
      );
      return (await Promise.all(rows.map(section))).join("\n\n");
    }
    case "grammar":
      return picture(argument);
    case "views":
      return table(
        ["view", "`@n` picks", "what it shows"],
        VIEW_ROWS.map((
          { word, of, about },
        ) => [`\`${word}@n R\``, `a ${of}`, about]),
      );
    case "precedence":
      return precedence();
    case "instructions":
      return instructions(arch(argument));
    case "placement":
      return table(
        ["option", "values", "what it is"],
        PLACEMENT.map((row) => [
          `\`${row.name}=\`${row.arch ? ` (${row.arch})` : ""}`,
          values(row),
          row.about,
        ]),
      );
    case "kernels":
      return kernels(arch(argument));
    case "counts":
      return counts(arch(argument));
    case "models":
      return models(arch(argument));
    case "outcomes":
      return outcomes();
    case "counters":
      return table(
        ["counter", "what it counts"],
        COSTS.map((name) => [`\`${name}\``, COST_ABOUT[name]]),
      );
    default:
      throw new RangeError(`language.md: there is no part ${name}`);
  }
}

function arch(name: string): Architecture {
  const found = architectures().find((one) => one.name === name);
  if (!found) throw new RangeError(`language.md: no architecture ${name}`);
  return found;
}

/** A table; a bar in a cell would end it. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join(
    "\n",
  );
}

function fenced(text: string, language = ""): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

function picture(name: string): string {
  return `![${name.replaceAll("_", " ")}](grammar/${name}.svg)`;
}

/** A sentence of a row, with a capital and a period. */
function sentence(about: string): string {
  return `${about[0].toUpperCase()}${about.slice(1)}.`;
}

/** What is said after "allowed". */
const PLACES: Readonly<Record<LinePlace, string>> = {
  script: "in a scenario",
  explore: `in ${PLACE_TEXT.explore}`,
  vcpu: `in ${PLACE_TEXT.vcpu}`,
  user: `in ${PLACE_TEXT.user}`,
  host: `in ${PLACE_TEXT.host}`,
  known: `in ${PLACE_TEXT.known}`,
};

/** The options that a statement's forms have, by the words after which they stand. */
function optionsOf(
  { word, options = [] }: DescribedStatement,
): readonly (readonly [after: string, rows: readonly OptionRow[]])[] {
  if (word === "user") {
    return [["user debug watch", WATCH], ["user debug raw", RAW]];
  }
  if (word === "host") return [["host watch", WATCH]];
  return options.length === 0 ? [] : [[word, options]];
}

/** Values that not every architecture has, each with its architecture. */
function perArchitecture(
  valuesOf: (arch: Architecture) => readonly (string | number)[],
): string {
  const all = new Map<string | number, string[]>();
  for (const one of architectures()) {
    for (const value of valuesOf(one)) {
      all.set(value, [...all.get(value) ?? [], one.name]);
    }
  }
  return [...all].map(([value, names]) =>
    `\`${value}\`${
      names.length < architectures().length ? ` (${names.join(", ")})` : ""
    }`
  ).join(", ");
}

/** Values of an option of `watch`, which are the architecture's. */
function watchValues(after: string, name: string): string {
  const isHost = after.startsWith("host");
  if (name === "on") {
    return isHost
      ? "`store`, `access`"
      : perArchitecture(({ watchAccesses }) => watchAccesses);
  }
  return architectures().map((one) => {
    const sizes = isHost ? one.hostWatchSizes : one.watchSizes;
    const listed = sizes.length > 8
      ? `1 to 7, and powers of 2 from 8 to ${sizes.at(-1)}`
      : sizes.join(", ");
    return `${listed} (${one.name})`;
  }).join("; ");
}

/** Values of a number: a range, or the few there are. */
function values({ min = 0n, max, values }: NumberRow): string {
  if (values) return values.join(", ");
  if (max !== undefined) return `${min} to ${max}`;
  return min > 0n ? `${min} or more` : "a number";
}

function optionValues(after: string, row: OptionRow): string {
  if (after.endsWith("watch")) return watchValues(after, row.name);
  return row.kind === "word"
    ? row.words.map((one) => `\`${one}\``).join(", ")
    : values(row);
}

/** One statement. */
async function section(row: DescribedStatement): Promise<string> {
  const { word, about, forms, notes, details = [], places } = row;
  const parts = [
    `### \`${word}\``,
    sentence(about),
    fenced(forms.flatMap((form) => form.split(" · ")).join("\n")),
    picture(word),
  ];
  for (const [after, rows] of optionsOf(row)) {
    parts.push(table(
      [`option of \`${after}\``, "values"],
      rows.map((one) => [
        `\`${one.name}=\`${one.arch ? ` (${one.arch})` : ""}`,
        optionValues(after, one),
      ]),
    ));
  }
  parts.push(...notes, ...details);
  if (places.join() !== "script") {
    parts.push(`Allowed ${listed(places.map((one) => PLACES[one]))}.`);
  }
  return [...parts, ...await example(row), await mistakes(row)].join("\n\n");
}

function listed(words: readonly string[]): string {
  return words.length < 2
    ? words.join()
    : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

async function example(row: DescribedStatement): Promise<string[]> {
  const { exampleFiles: files = {} } = row;
  const command = commandOf(row);
  const { status, printed, text } = await carryOut(row.example, {
    files,
    command,
  });
  if (status !== 0) {
    throw new RangeError(`The example of ${row.word}:\n${printed}`);
  }
  const parts = [fenced(text, "dregs")];
  for (const [name, content] of Object.entries(files)) {
    parts.push(`with \`${name}\`:`, fenced(content, "dregs"));
  }
  if (command === "run" && /\n/.test(printed.trimEnd())) {
    parts.push("prints", fenced(printed));
  }
  return parts;
}

/** What is said of each mistake of a row. */
async function mistakes(
  { word, mistakes }: DescribedStatement,
): Promise<string> {
  const said: string[] = [];
  for (const script of mistakes) {
    const { status, printed } = await carryOut(script);
    if (status === 0) {
      throw new RangeError(`This mistake of ${word} is none: ${script}`);
    }
    said.push(printed.replace(/^FAIL .*\n/gm, "").trimEnd());
  }
  return [
    `<details><summary>Mistakes with <code>${word}</code></summary>`,
    fenced(said.map(unindented).join("\n\n")),
    "</details>",
  ].join("\n\n");
}

/** A failure of a run is indented below the scenario's status. */
function unindented(text: string): string {
  return text.startsWith("  ") ? text.replace(/^ {2}/gm, "") : text;
}

/** The operators, those that bind most strongly first. */
function precedence(): string {
  const levels = new Map<number, string[]>();
  for (const [operator, level] of Object.entries(PRECEDENCE)) {
    levels.set(level, [...levels.get(level) ?? [], `\`${operator}\``]);
  }
  return table(
    ["precedence", "operators"],
    [...levels].sort(([a], [b]) => b - a).map(([, operators], index) => [
      `${index + 1}`,
      operators.join(" "),
    ]),
  );
}

function instructions({ name, instructions }: Architecture): string {
  const rows = INSTRUCTIONS.filter(({ word }) =>
    instructions[word] !== undefined
  );
  return table(
    [`${name} instruction`, "what it does", "length"],
    rows.map(({ word, form, about }) => [
      `\`${form}\``,
      about,
      `${instructions[word]}`,
    ]),
  );
}

function kernels({ profiles, defaultProfile }: Architecture): string {
  return table(
    ["kernel", "what it is", "vendors and options"],
    profiles.map(({ name, about, vendors, options }) => [
      `\`${name}\`${name === defaultProfile ? " (default)" : ""}`,
      about,
      [
        ...vendors.map((vendor) => `\`${vendor}\``),
        ...Object.entries(options).map(([option, words]) =>
          `\`${option}=${words.join("|")}\``
        ),
      ].join(", "),
    ]),
  );
}

/** `set vcpus=`, of every architecture. */
const VCPUS: CountInfo = {
  name: "vcpus",
  min: 1,
  max: VCPUS_MAX,
  initial: 1,
  about: "vCPUs",
};

function counts({ hostCounts, guestCounts }: Architecture): string {
  const row = (
    statement: string,
    { name, min, max, names, initial, about }: CountInfo,
  ): string[] => {
    const word = (count: number): string =>
      Object.keys(names ?? {}).find((key) => names?.[key] === count) ??
        `${count}`;
    return [
      `\`${statement} ${name}=\``,
      about,
      names === undefined
        ? `${min} to ${max}`
        : Object.keys(names).map((key) => `\`${key}\``).join(", "),
      initial === undefined ? "as on the machine" : word(initial),
    ];
  };
  return table(["count", "what it is", "values", "default"], [
    ...hostCounts.map((one) => row("host", one)),
    ...[...guestCounts, VCPUS].map((one) => row("set", one)),
  ]);
}

function models(
  { name, models, unpredictable }: Architecture,
): string {
  const named = (option: string, rows: Architecture["unpredictable"]): string =>
    table(
      [`\`${option}=\` on ${name}`, "what it is"],
      rows.map(({ name, about }, index) => [
        `\`${name}\`${index === 0 ? " (default)" : ""}`,
        about,
      ]),
    );
  const parts = [named("model", models)];
  if (unpredictable.length > 0) {
    parts.push(named("unpredictable", unpredictable));
  }
  return parts.join("\n\n");
}

/** How a run or an operation can end, what a guest can take, and the fields of both, for each architecture. */
function outcomes(): string {
  const words = (list: readonly string[]): string =>
    list.map((one) => `\`${one}\``).join(", ");
  return [
    ...architectures().map((one) =>
      table([one.name, "words"], [
        ["exceptions", words(one.exceptions)],
        ["fields of an exception", words(one.exceptionFields)],
        ["fields of an exit", words(one.exitFields)],
        ["capabilities of `user check`", words(one.capabilities)],
      ])
    ),
    `Error numbers: ${words(ERRNOS)}.`,
  ].join("\n\n");
}
