/**
 * What an editor shows on hover.
 *
 * @module
 */
import { findChanges } from "../dsl/history.ts";
import { hex } from "../dsl/notation.ts";
import { renderChange } from "../dsl/render/history.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import { kernelTopic, modelTopic, wordTopic } from "../dsl/render/topic.ts";
import { fieldTexts } from "../dsl/render/value.ts";
import { evaluate } from "../dsl/resolve/expressions.ts";
import { familyOf } from "../dsl/resolve/vocabulary.ts";
import { lineAt, type Span } from "../dsl/source.ts";
import type { Expr } from "../dsl/syntax/nodes.ts";
import { scan } from "../dsl/syntax/scan.ts";
import { Comment } from "../dsl/syntax/tokens.ts";
import { ARCH_NAMES, architecture } from "../engine/mod.ts";
import { type Hover, MarkupKind } from "vscode-languageserver";
import type { Analysis } from "./analysis.ts";
import { type OpenDocument, placeAt, rangeOf } from "./document.ts";
import { type Known, knownAt } from "./knowledge.ts";
import { type Part, partsAt } from "./locate.ts";

/** What a rule id or a commit hash looks like in a text. */
const CITATION =
  /\b(?:arm64|x86):[A-Z]\d*(?:\/\d+(?:\.\d+)*)?\b|\b[0-9a-f]{7,40}\b/g;

/** A part of the tree, as far as something can be said of it. */
type Node = Part["node"];

/** What is said, and of what. */
interface Said {
  readonly lines: readonly string[];
  readonly span: Span;
}

/** The text of a name in the tree. */
function wordOf(node: Node | undefined): string {
  return typeof node?.text === "string" ? node.text : "";
}

/** A register as the tree has it: its name with its number. */
function registerName(node: Node, { values }: Known): string {
  const name = wordOf(node.name as Node);
  const index = valueOf(node.index as Expr | undefined, values);
  return index === undefined ? name : `${name}${index}`;
}

/** A register's name where only its family is known, `dbgbvr[i]`: that of the first. */
function firstOfFamily(name: string, { arch }: Known): string {
  return arch.registers.find(name)
    ? name
    : familyOf(arch, name)?.get(0)?.short ??
      name;
}

function valueOf(
  expr: Expr | undefined,
  values: ReadonlyMap<string, bigint>,
): bigint | undefined {
  if (expr === undefined) return undefined;
  const result = evaluate(expr, ({ text }) => values.get(text));
  return result.kind === "value" ? result.value : undefined;
}

/** The fields of a value that is written to a register or expected of it. */
function fieldsOfValue(
  register: string,
  value: bigint | undefined,
  { arch }: Known,
): string[] {
  const info = arch.registers.find(register);
  if (info === undefined || value === undefined) return [];
  const fields = fieldTexts(info.layout, value);
  return [
    `${info.name} = ${hex(value)}`,
    ...fields.map((text) => `  ${text}`),
    "",
  ];
}

/** A name with its value, or alone. */
function valueLines(name: string, value: bigint | undefined): string[] {
  return [value === undefined ? name : `${name} = ${value} (${hex(value)})`];
}

/** Whether a name is defined where it stands. */
function isDefined(key: string, around: Node | undefined): boolean {
  return key === "as" || key === "variable" ||
    key === "name" && (around?.kind === "let" || around?.kind === "choose");
}

/** KVM's own state by its name, as the kvm view has it. */
function kvmLines(name: string, { arch }: Known): string[] {
  const about = Object.hasOwn(arch.kvmAbout, name) && arch.kvmAbout[name];
  return about ? [`kvm ${name}: ${about}`] : [];
}

/** The value that stands beside a register in the part around it. */
function valueBeside(parts: readonly Part[]): Expr | undefined {
  for (const { node } of parts.toReversed()) {
    const value = node.operand ?? node.value;
    if (value !== undefined) return value as Expr;
    if (node.kind !== undefined && node.kind !== "number") break;
  }
  return undefined;
}

/** What is said of the innermost of some parts. */
function aboutParts(parts: readonly Part[], known: Known): Said | undefined {
  const last = parts.at(-1);
  if (last === undefined) return undefined;
  const { arch, values } = known;
  const around = parts.at(-2)?.node;
  const said = (lines: readonly string[] | undefined, node: Node = last.node) =>
    lines && lines.length > 0 ? { lines, span: node.span as Span } : undefined;
  const topic = (text: string) => modelTopic(text, arch, PLAIN_PAGE);
  const word = wordOf(last.node);
  if (last.node.kind === "name" && values.has(word)) {
    return said(valueLines(word, values.get(word)));
  }
  // Where a name is defined, it is not a word of the language or of the model, even if it is spelt as one.
  if (isDefined(last.key, around)) {
    return {
      lines: valueLines(word, valueOf(around?.value as Expr, values)),
      span: last.node.span as Span,
    };
  }
  // A register, by its name or as a whole.
  const register = parts.findLast(({ key }) => key === "register");
  if (register && last.key !== "field") {
    const name = registerName(register.node, known);
    const around = parts.slice(0, parts.indexOf(register));
    const beside = around.some(({ node }) => node.field !== undefined)
      ? undefined
      : valueBeside(around);
    return said([
      ...fieldsOfValue(name, valueOf(beside, values), known),
      ...topic(firstOfFamily(name, known)) ?? kvmLines(name, known),
    ], register.node);
  }
  // A field: `R.field`, or `field=value` of a write.
  const owner = parts.map(({ node }) =>
    node.register ?? (node.seen as Node | undefined)?.register
  ).findLast((one) => one !== undefined) as Node | undefined;
  if (owner && last.key === "field") {
    return said(
      topic(`${firstOfFamily(registerName(owner, known), known)}.${word}`),
    );
  }
  const target = parts.findLast(({ key }) => key === "target");
  if (target) {
    const field = wordOf(target.node.name as Node);
    const name = owner && firstOfFamily(registerName(owner, known), known);
    return said(
      name === undefined ? topic(field) : topic(`${name}.${field}`),
      target.node,
    );
  }
  if (last.node.kind === "number") {
    const value = last.node.value as bigint;
    const isOfField = parts.some(({ node }) =>
      node.target !== undefined ||
      (node.seen as Node | undefined)?.field !== undefined
    );
    return said([
      ...(owner === undefined || isOfField
        ? []
        : fieldsOfValue(registerName(owner, known), value, known)),
      `${value} = ${hex(value)}`,
    ]);
  }
  if (last.key === "row") {
    const found = findChanges([arch], {
      word,
      from: undefined,
      to: undefined,
    });
    return said(
      found.ok
        ? found.found.flatMap((one) => renderChange(one, PLAIN_PAGE))
        : [],
    );
  }
  if (["profile", "release", "from", "to", "name"].includes(last.key)) {
    const lines = kernelTopic(word.toLowerCase(), arch, PLAIN_PAGE);
    if (lines) return said(lines);
  }
  if (last.key === "word" || last.key === "name" && around !== undefined) {
    return said(wordTopic(word.toLowerCase(), PLAIN_PAGE));
  }
  return undefined;
}

/** What is said of a rule id or a commit hash. */
function aboutCitation(text: string, { arch }: Known): string[] | undefined {
  if (text.includes(":")) return modelTopic(text, arch, PLAIN_PAGE);
  const arches = [
    arch,
    ...ARCH_NAMES.flatMap((name) =>
      name === arch.name ? [] : architecture(name) ?? []
    ),
  ];
  const found = findChanges(arches, {
    word: text,
    from: undefined,
    to: undefined,
  });
  return found.ok
    ? found.found.flatMap((one) => renderChange(one, PLAIN_PAGE))
    : undefined;
}

/** Whether an offset of a line is in a comment. */
function isInComment(text: string, offset: number): boolean {
  for (const tokens of scan({ name: "", text }, { comments: true })) {
    const comment = tokens.find(({ tokenType }) => tokenType === Comment);
    if (comment) return offset > comment.startOffset;
  }
  return false;
}

/** A word of the language at an offset. */
function wordAt(span: Span): Span | undefined {
  const { text, start } = lineAt(span.source, span.start);
  for (const match of text.matchAll(/[A-Za-z_][\w-]*/g)) {
    const from = start + match.index;
    const to = from + match[0].length;
    if (from <= span.start && span.start <= to) {
      return { source: span.source, start: from, end: to };
    }
  }
  return undefined;
}

/** What there is to say of what stands at an offset. */
export function hoverAt(
  document: OpenDocument,
  analysis: Analysis,
  offset: number,
): Hover | undefined {
  const place = placeAt(analysis, offset);
  const { source, chunk } = place;
  const known = knownAt(analysis, place);
  const answer = (said: Said): Hover => ({
    contents: {
      kind: MarkupKind.Markdown,
      value: ["```text", ...said.lines, "```"].join("\n"),
    },
    range: rangeOf(document, analysis, chunk, said.span),
  });
  const line = lineAt(source, place.offset);
  for (const match of line.text.matchAll(CITATION)) {
    const start = line.start + match.index;
    const end = start + match[0].length;
    if (place.offset < start || place.offset > end) continue;
    const lines = aboutCitation(match[0], known);
    if (lines) return answer({ lines, span: { source, start, end } });
  }
  if (isInComment(line.text, place.offset - line.start)) return undefined;
  const said = aboutParts(
    partsAt(analysis.chunks[chunk].lines, source, place.offset),
    known,
  );
  if (said) return answer(said);
  const span = wordAt({ source, start: place.offset, end: place.offset });
  const lines = span && wordTopic(
    source.text.slice(span.start, span.end).toLowerCase(),
    PLAIN_PAGE,
  );
  return lines && answer({ lines, span });
}
