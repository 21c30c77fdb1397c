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
import type { Page } from "../dsl/render/theme.ts";
import { fill } from "../dsl/render/value.ts";
import { statementRow, STATEMENTS } from "../dsl/statements.ts";
import { instructionRow } from "../dsl/instructions.ts";
import { didYouMean } from "../dsl/suggest.ts";
import { REPL_WORDS, type ReplWord } from "./words.ts";

/** Columns of a word in the overview. */
const WORD_WIDTH = 12;

function row(word: string, about: string, { columns }: Page): string[] {
  return fill(about, columns - WORD_WIDTH - 2).map((line, index) =>
    `  ${(index === 0 ? word : "").padEnd(WORD_WIDTH)}${line}`
  );
}

/** What there is. */
export function overview(page: Page): string[] {
  const { heading } = page.theme;
  return [
    heading("Statements, as in scenarios:"),
    ...STATEMENTS.filter(({ places }) => places.includes("script")).flatMap((
      { word, about },
    ) => row(word, about, page)),
    heading("Only here, and not saved:"),
    ...REPL_WORDS.flatMap(({ word, about }) => row(word, about, page)),
    ...fill(
      "help TOPIC tells more of each, of a register (help dbgbcr0), a field (help dbgbcr0.bt), a rule " +
        "(help D9) or a kernel (help linux-7.2). Tab completes. Ctrl-C clears the line, Ctrl-D ends.",
      page.columns,
    ),
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
    theme.heading(`${word}: ${about}`),
    ...forms.flatMap((form) => fill(form, columns - 2, 4).map((l) => `  ${l}`)),
    ...notes.flatMap((note) => fill(note, columns)),
    ...(example === "" ? [] : [theme.quiet(`  e.g. ${example}`)]),
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

function wordHelp({ word, form, about }: ReplWord, { theme }: Page): string[] {
  return [theme.heading(`${word} ${form}`.trimEnd()), `  ${about}`];
}

function ruleHelp(entry: RuleEntry, { columns, theme }: Page): string[] {
  const { id, title, sentence, kernels, confidence, section } = entry;
  const facts = [`known by ${confidence}`];
  if (kernels?.since) facts.push(`since ${kernels.since}`);
  if (kernels?.until) facts.push(`until ${kernels.until}`);
  if (section) facts.push(`section ${section}`);
  return [
    theme.heading(title === undefined ? id : `${id}: ${title}`),
    ...fill(sentence, columns - 2).map((line) => `  ${line}`),
    theme.quiet(`  ${facts.join(", ")}`),
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

function kernelHelp(
  topic: string,
  { columns, theme }: Page,
): string[] | undefined {
  for (const name of ARCH_NAMES) {
    const answer = architecture(name)?.kernel(topic);
    if (!answer?.ok) continue;
    const { info } = answer;
    return [
      theme.heading(`kernel ${info.name} (${name})`),
      `  ${info.about}`,
      `  source: ${info.source}`,
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
  }
  return undefined;
}

/** What `help TOPIC` says. */
export function help(
  topic: string,
  arch: Architecture,
  page: Page,
): string[] {
  const word = topic.toLowerCase();
  const language = languageHelp(word, page);
  if (language) return language;
  const own = REPL_WORDS.find((one) => one.word === word);
  if (own) return wordHelp(own, page);
  const kernel = kernelHelp(word, page);
  if (kernel) return kernel;
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
  return [
    `there is no help on \`${topic}\``,
    ...(near === undefined ? [] : [`  ${near}`]),
  ];
}

/** Topics for completion; rules are too many to list. */
export function topics(arch: Architecture): string[] {
  return [
    ...STATEMENTS.map(({ word }) => word),
    ...Object.keys(arch.instructions),
    ...REPL_WORDS.map(({ word }) => word),
    ...arch.registers.all.map(({ short }) => short),
    ...new Set(
      ARCH_NAMES.flatMap((name) => architecture(name)?.kernelNames() ?? []),
    ),
  ];
}
