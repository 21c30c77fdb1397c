/**
 * What there is to say of a word: a statement, an instruction, a view, a register, a field, a kernel or a rule.
 *
 * @module
 */
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  findRules,
  type RegisterInfo,
  type RuleEntry,
} from "../../engine/mod.ts";
import { instructionRow, INSTRUCTIONS, REPEATS } from "../instructions.ts";
import { described } from "../statement_texts.ts";
import { statementRow, VIEW_ROWS } from "../statements.ts";
import { renderRegister } from "./register.ts";
import { renderRule } from "./rule.ts";
import type { Page } from "./theme.ts";
import { fill } from "./value.ts";

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

function prefixHelp(page: Page): string[] {
  const rows = INSTRUCTIONS.filter(({ prefix }) => prefix !== undefined);
  return formsHelp({
    word: REPEATS,
    about: "the prefix of string instructions, which repeats them RCX times",
    forms: rows.map(({ form }) => `guest@v ${form}`),
    notes: [],
    example: rows[0].example,
  }, page);
}

/** Help of a word that begins a line, or of an instruction. */
function languageHelp(word: string, page: Page): string[] | undefined {
  const statement = statementRow(word);
  if (statement) return formsHelp(described(statement), page);
  if (word === REPEATS) return prefixHelp(page);
  const instruction = instructionRow(word);
  return instruction && formsHelp(
    { ...instruction, forms: [`guest@v ${instruction.form}`], notes: [] },
    page,
  );
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

/**
 * What a kernel is, on one architecture.
 *
 * @param name in lower case
 * @returns undefined if the architecture does not have it
 */
export function kernelTopic(
  name: string,
  arch: Architecture,
  { columns, theme }: Page,
): string[] | undefined {
  const answer = arch.kernel(name);
  if (!answer.ok) return undefined;
  const { info } = answer;
  const { rows } = info;
  return [
    theme.heading(`kernel ${info.name} (${arch.name})`),
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
    ...(rows === undefined ? [] : fill(
      rows.length === 0
        ? "no changes to Linux 4.4.1"
        : `changes: ${rows.join(", ")}`,
      columns - 2,
    ).map((line) => `  ${line}`)),
  ];
}

/** The kernel of a name on each architecture that has it, the session's first. */
function kernelHelp(topic: string, arch: Architecture, page: Page): string[] {
  const names = ARCH_NAMES.toSorted((a, b) =>
    Number(b === arch.name) - Number(a === arch.name)
  );
  return names.flatMap((name) => {
    const one = architecture(name);
    return one ? kernelTopic(topic, one, page) ?? [] : [];
  });
}

/**
 * What a word of the language means: one that begins a line, an instruction, a view.
 *
 * @param word in lower case
 * @returns undefined if it is none of them
 */
export function wordTopic(word: string, page: Page): string[] | undefined {
  // A view may be a statement's word, too.
  const lines = [...languageHelp(word, page) ?? [], ...viewHelp(word, page)];
  return lines.length === 0 ? undefined : lines;
}

/**
 * What something of the model is: a kernel, a register, `REGISTER.FIELD`, or a rule by its id.
 *
 * @param arch whose kernels and registers come first
 * @returns undefined if there is none
 */
export function modelTopic(
  topic: string,
  arch: Architecture,
  page: Page,
): string[] | undefined {
  const word = topic.toLowerCase();
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
  return rules.length === 0
    ? undefined
    : rules.flatMap((rule) => ruleHelp(rule, page));
}
