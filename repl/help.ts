/**
 * `help`, from the tables that the engine and the language use.
 *
 * @module
 */
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  findRules,
  nearestRules,
  type RegisterInfo,
  type RuleEntry,
} from "../engine/mod.ts";
import { renderRegister } from "../dsl/render/register.ts";
import { renderRule } from "../dsl/render/rule.ts";
import type { Page } from "../dsl/render/theme.ts";
import { fill, flow } from "../dsl/render/value.ts";
import {
  statementRow,
  STATEMENTS,
  VIEW_ROWS,
  VIEW_WORDS,
} from "../dsl/statements.ts";
import { instructionRow } from "../dsl/instructions.ts";
import { didYouMean } from "../dsl/suggest.ts";
import { foreignAdvice } from "./foreign_words.ts";
import { REPL_WORDS, type ReplWord } from "./words.ts";

/** Columns of a word in the overview. */
const WORD_WIDTH = 12;

function row(word: string, about: string, { columns }: Page): string[] {
  return fill(about, columns - WORD_WIDTH - 2).map((line, index) =>
    `  ${(index === 0 ? word : "").padEnd(WORD_WIDTH)}${line}`
  );
}

/** The line above a list. */
function headed(text: string, { columns, theme }: Page): string[] {
  return fill(text, columns, 2).map(theme.heading);
}

/** What `help` lists of the language: what stands in a scenario. */
const SCRIPT = STATEMENTS.filter(({ places }) => places.includes("script"));

/** Lists of what there is, each with one line about it. */
const LISTS: Readonly<Record<string, (page: Page) => string[]>> = {
  statements: (page) => [
    ...headed("Statements, as in scenarios:", page),
    ...SCRIPT.flatMap(({ word, about }) => row(word, about, page)),
  ],
  commands: (page) => [
    ...headed("Commands of this view, which are not saved:", page),
    ...REPL_WORDS.flatMap(({ word, about }) => row(word, about, page)),
  ],
  views: (page) => [
    ...headed("Views of a register:", page),
    ...VIEW_ROWS.flatMap(({ word, about }) => row(word, about, page)),
  ],
};

/** What `help TOPIC` takes, and the keys. */
function topicsText({ columns }: Page): string[] {
  return fill(
    "`help TOPIC` explains a statement, a command, an instruction (`help store`), a view (`help hw`), a register " +
      "(`help dbgbcr0`), a field (`help dbgbcr0.bt`), a rule (`help D9`) or a kernel (`help linux-7.2`). " +
      "Tab completes, Ctrl-R searches the history, Ctrl-C clears the line, Ctrl-D ends.",
    columns,
  );
}

/**
 * What there is.
 *
 * @param rows of the terminal: where the lists do not fit, they are words only; undefined for any number
 */
export function overview(page: Page, rows: number | undefined): string[] {
  const whole = [
    ...LISTS.statements(page),
    ...LISTS.commands(page),
    ...topicsText(page),
  ];
  // The command stands above, the prompt below.
  if (rows === undefined || whole.length + 2 <= rows) return whole;
  const words = (of: readonly { readonly word: string }[]): string[] =>
    flow(of.map(({ word }) => word), page.columns - 2).map((l) => `  ${l}`);
  return [
    ...headed("Statements, as in scenarios (`help statements`):", page),
    ...words(SCRIPT),
    ...headed(
      "Commands of this view, which are not saved (`help commands`):",
      page,
    ),
    ...words(REPL_WORDS),
    ...headed("Views of a register (`help views`):", page),
    ...words(VIEW_WORDS.map((word) => ({ word }))),
    ...topicsText(page),
  ];
}

function formsHelp(
  { word, about, forms, notes, example }: {
    readonly word: string;
    readonly about: string;
    readonly forms: readonly string[];
    readonly notes: readonly string[];
    readonly example: string;
  },
  { columns, theme }: Page,
): string[] {
  return [
    ...fill(`${word}: ${about}`, columns, 2).map(theme.heading),
    ...forms.flatMap((form) => fill(form, columns - 2, 4).map((l) => `  ${l}`)),
    ...notes.flatMap((note) => fill(note, columns)),
    ...(example === ""
      ? []
      : fill(`e.g. ${example}`, columns - 2, 2).map((line) =>
        theme.quiet(`  ${line}`)
      )),
  ];
}

/** Help of a word that begins a line, or of an instruction. */
function languageHelp(word: string, page: Page): string[] | undefined {
  const statement = statementRow(word);
  if (statement) return formsHelp(statement, page);
  const instruction = instructionRow(word);
  return instruction && formsHelp(
    { ...instruction, forms: [`guest@v ${instruction.form}`], notes: [] },
    page,
  );
}

function wordHelp(
  { word, form, about, notes }: ReplWord,
  { theme, columns }: Page,
): string[] {
  return [
    ...headed(`${word} ${form}`.trimEnd(), { theme, columns }),
    ...[about, ...notes ?? []].flatMap((text) =>
      fill(text, columns - 2).map((line) => `  ${line}`)
    ),
  ];
}

function viewHelp(topic: string, { theme, columns }: Page): string[] {
  const row = VIEW_ROWS.find(({ word }) => word === topic);
  return row === undefined ? [] : [
    theme.heading(`${row.word}: a view of a register`),
    ...fill(row.about, columns - 2).map((line) => `  ${line}`),
  ];
}

function ruleHelp(entry: RuleEntry, page: Page): string[] {
  const { id } = entry;
  return [
    ...renderRule(entry, page),
    page.theme.quiet(`  dregs rules ${id} lists what cites it`),
  ];
}

/** The registers that a topic names, in all architectures, the session's first. */
function registersNamed(
  topic: string,
  arch: Architecture,
): readonly RegisterInfo[] {
  const arches = [
    arch,
    ...ARCH_NAMES.flatMap((name) =>
      name === arch.name ? [] : architecture(name) ?? []
    ),
  ];
  for (const { registers } of arches) {
    const found = registers.find(topic) ??
      registers.all.find(({ family }) => family === topic.toLowerCase());
    if (found) return [found];
  }
  return [];
}

function fieldHelp(
  info: RegisterInfo,
  name: string,
  { columns, theme }: Page,
): string[] | undefined {
  const rows = [info.layout, ...info.layout.forms].flatMap(({ rows }) => rows);
  const field = rows.find((one) =>
    one.kind === "field" && one.name.toLowerCase() === name.toLowerCase()
  );
  if (field === undefined) return undefined;
  const bits = field.hi === field.lo
    ? `bit ${field.hi}`
    : `bits ${field.hi}:${field.lo}`;
  return [
    theme.heading(`${info.name}.${field.name}: ${bits}`),
    ...fill(field.about ?? "", columns - 2).map((line) => `  ${line}`),
    ...Object.entries(field.values ?? {}).map(([word, value]) =>
      `  ${value.toString().padStart(3)}  ${word}`
    ),
  ];
}

/** The kernel of a name on each architecture that has it, the session's first. */
function kernelHelp(
  topic: string,
  arch: Architecture,
  { columns, theme }: Page,
): string[] {
  const names = ARCH_NAMES.toSorted((a, b) =>
    Number(b === arch.name) - Number(a === arch.name)
  );
  return names.flatMap((name) => {
    const answer = architecture(name)?.kernel(topic);
    if (!answer?.ok) return [];
    const { info } = answer;
    return [
      theme.heading(`kernel ${info.name} (${name})`),
      ...[info.about, `source: ${info.source}`].flatMap((text) =>
        fill(text, columns - 2, 2).map((line) => `  ${line}`)
      ),
      ...(info.vendors.length > 0
        ? [`  vendors: ${info.vendors.join(", ")}`]
        : []),
      ...Object.entries(info.options).map(([option, values]) =>
        `  ${option}=${values.join("|")}`
      ),
      ...info.notes.flatMap((note) => fill(`note: ${note}`, columns - 2))
        .map((line) => `  ${line}`),
      ...(info.rows === undefined
        ? []
        : fill(`changes: ${info.rows.join(", ")}`, columns - 2).map((line) =>
          `  ${line}`
        )),
    ];
  });
}

/** What `help TOPIC` says. */
export function help(
  topic: string,
  arch: Architecture,
  page: Page,
): string[] {
  const word = topic.toLowerCase();
  if (Object.hasOwn(LISTS, word)) return LISTS[word](page);
  // A view may be a statement's word, too.
  const view = viewHelp(word, page);
  const language = languageHelp(word, page);
  if (language) return [...language, ...view];
  if (view.length > 0) return view;
  const own = REPL_WORDS.find((one) => one.word === word);
  if (own) return wordHelp(own, page);
  const kernel = kernelHelp(word, arch, page);
  if (kernel.length > 0) return kernel;
  const [registerName, fieldName] = word.split(".");
  const [register] = registersNamed(registerName, arch);
  if (register) {
    if (fieldName === undefined) return renderRegister(register, page);
    const field = fieldHelp(register, fieldName, page);
    if (field) return field;
  }
  const rules = findRules(topic);
  if (rules.length > 0) return rules.flatMap((rule) => ruleHelp(rule, page));
  const near = didYouMean(word, topics(arch)) ??
    nearestRules(topic).map(({ id }) => `did you mean \`${id}\`?`)[0];
  const foreign = foreignAdvice(word);
  if (foreign !== undefined) return fill(foreign, page.columns, 2);
  return [
    ...fill(`there is no help on \`${topic}\``, page.columns, 2),
    ...(near === undefined ? [] : [`  ${near}`]),
  ];
}

/** Topics for completion; rules are too many to list. */
export function topics(arch: Architecture): string[] {
  return [
    ...Object.keys(LISTS),
    ...VIEW_WORDS,
    ...STATEMENTS.map(({ word }) => word),
    ...Object.keys(arch.instructions),
    ...REPL_WORDS.map(({ word }) => word),
    ...arch.registers.all.map(({ short }) => short),
    ...new Set(
      ARCH_NAMES.flatMap((name) => architecture(name)?.kernelNames() ?? []),
    ),
  ];
}
