/**
 * `help`, from the tables that the engine and the language use.
 *
 * @module
 */
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  findRows,
  nearestRules,
} from "../engine/mod.ts";
import { renderChange } from "../dsl/render/history.ts";
import type { Page } from "../dsl/render/theme.ts";
import { modelTopic, wordTopic } from "../dsl/render/topic.ts";
import { fill, flow } from "../dsl/render/value.ts";
import { STATEMENTS, VIEW_ROWS, VIEW_WORDS } from "../dsl/statements.ts";
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
      "(`help dbgbcr0`), a field (`help dbgbcr0.bt`), a rule (`help D9`), a kernel (`help linux-7.2`) " +
      "or a change (`help root-cause-fix`). Tab completes, Ctrl-R searches the history, Ctrl-C clears the line, Ctrl-D ends.",
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

/** Changes of a name or a commit hash, those of the session's architecture first. */
function changeHelp(
  text: string,
  session: Architecture,
  page: Page,
): string[] | undefined {
  const others = ARCH_NAMES.flatMap((name) =>
    name === session.name ? [] : architecture(name) ?? []
  );
  const found = [session, ...others].flatMap((arch) =>
    findRows(arch.changes(), text).map((change) => ({ arch, change }))
  );
  return found.length === 0
    ? undefined
    : found.flatMap((one) => renderChange(one, page));
}

/** What `help TOPIC` says. */
export function help(
  topic: string,
  arch: Architecture,
  page: Page,
): string[] {
  const word = topic.toLowerCase();
  if (Object.hasOwn(LISTS, word)) return LISTS[word](page);
  const language = wordTopic(word, page);
  if (language) return language;
  const own = REPL_WORDS.find((one) => one.word === word);
  if (own) return wordHelp(own, page);
  const found = modelTopic(topic, arch, page);
  if (found) return found;
  const changes = changeHelp(word, arch, page);
  if (changes) return changes;
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
    ...new Set(
      ARCH_NAMES.flatMap((name) =>
        architecture(name)?.changes().map((change) => change.name) ?? []
      ),
    ),
  ];
}
