/**
 * Completion in an editor, and what there is to say of a word that is offered.
 *
 * @module
 */
import { complete } from "../dsl/completion/mod.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import { modelTopic, wordTopic } from "../dsl/render/topic.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import {
  type CompletionItem,
  CompletionItemKind,
  MarkupKind,
  type Position,
} from "vscode-languageserver";
import { type OpenDocument, placeAt } from "./document.ts";
import { type Known, knownAt } from "./knowledge.ts";

/** Longest text before the cursor that is looked at while the document is being read. */
const NEAR_MAX = 20_000;

/** What an offered word needs for its documentation. */
interface Offered {
  readonly arch: string;
  /** The register whose field it may be. */
  readonly register: string | undefined;
}

/** What is known where nothing is. */
function nothingKnown(): Known {
  const [arch] = architectures();
  return { arch, profile: arch.defaultProfile, names: [], values: new Map() };
}

/** The text from the beginning of the block at the margin that an offset is in. */
function nearText(text: string, offset: number): string {
  const before = text.slice(Math.max(0, offset - NEAR_MAX), offset);
  const heads = [...before.matchAll(/^(?:scenario|explore|for)\b/gm)];
  return before.slice(heads.at(-1)?.index ?? 0);
}

/** The last word of a line that is a register. */
function registerIn(line: string, { arch }: Known): string | undefined {
  const words = line.match(/[A-Za-z_]\w*/g) ?? [];
  return words.findLast((word) => arch.registers.find(word) !== undefined);
}

function kindOf(
  word: string,
  { arch, names }: Known,
): CompletionItemKind {
  if (names.includes(word)) return CompletionItemKind.Variable;
  if (arch.registers.find(word)) return CompletionItemKind.Field;
  if (arch.kernel(word).ok) return CompletionItemKind.Module;
  return wordTopic(word, PLAIN_PAGE)
    ? CompletionItemKind.Keyword
    : CompletionItemKind.Value;
}

/** The words that can stand at a position. */
export function completionsAt(
  document: OpenDocument,
  position: Position,
  files: (prefix: string) => readonly string[],
): CompletionItem[] {
  const { text, lines, analysis } = document;
  const offset = lines.offsetAt(position);
  const place = analysis && placeAt(analysis, offset);
  const known = analysis && place ? knownAt(analysis, place) : nothingKnown();
  const before = analysis && place
    ? text.slice(analysis.starts[place.chunk], offset)
    : nearText(text, offset);
  const { arch, profile, names } = known;
  const { start, words } = complete(before, { arch, profile, names, files });
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const data: Offered = {
    arch: arch.name,
    register: registerIn(line, known),
  };
  const range = {
    start: lines.positionAt(offset - (before.length - start)),
    end: position,
  };
  return words.map((word, at) => ({
    label: word,
    kind: kindOf(word, known),
    sortText: `${at}`.padStart(5, "0"),
    textEdit: { range, newText: word },
    data,
  }));
}

/** An offered word with its documentation. */
export function documented(item: CompletionItem): CompletionItem {
  const { arch: name, register } = (item.data ?? {}) as Partial<Offered>;
  const arch = architectures().find((one) => one.name === name);
  if (!arch) return item;
  const field = register === undefined
    ? undefined
    : modelTopic(`${register}.${item.label}`, arch, PLAIN_PAGE);
  const lines = field ?? wordTopic(item.label, PLAIN_PAGE) ??
    modelTopic(item.label, arch, PLAIN_PAGE);
  return lines === undefined ? item : {
    ...item,
    documentation: {
      kind: MarkupKind.Markdown,
      value: ["```text", ...lines, "```"].join("\n"),
    },
  };
}
