/**
 * What an editor asks of the language, answered as the language server does.
 *
 * @module
 */
import { holdsExplore } from "../dsl/run/scenario.ts";
import { pathReader } from "../dsl/load.ts";
import type { Line } from "../dsl/syntax/lines.ts";
import { completionsAt, documented } from "../lsp/completion.ts";
import { diagnosticsOf } from "../lsp/diagnostics.ts";
import { OpenDocument } from "../lsp/document.ts";
import { hoverAt } from "../lsp/hover.ts";
import { LEGEND, semanticTokens } from "../lsp/semantic_tokens.ts";
import type { Checked, Completions, Hovered } from "./messages.ts";

/** Words of which completion gives the documentation at once. */
const DOCUMENTED_MAX = 60;

/** Names of the kinds of completion items that the page shows, by the protocol's number. */
const ITEM_KINDS: Readonly<Record<number, string>> = {
  5: "property",
  6: "variable",
  9: "type",
  12: "constant",
  14: "keyword",
};

/** A text without the marks of code that stands alone in it. */
function plainText(markdown: unknown): string {
  const text = typeof markdown === "string"
    ? markdown
    : (markdown as { value?: string } | undefined)?.value ?? "";
  return text.replace(/^```text\n|\n```$/g, "");
}

function explores(lines: readonly Line[]): boolean {
  return holdsExplore(lines);
}

/** Whether there is a scenario, or a text without blocks that is one. */
function runs(lines: readonly Line[]): boolean {
  return lines.some((line) =>
    line.kind === "scenario" ||
    line.kind === "for" && runs(line.body.lines)
  ) || lines.length > 0 && !explores(lines);
}

/** The text of the editor, as it is known. */
export class Language {
  readonly #document = new OpenDocument(
    "playground:text",
    "playground",
    0,
    "",
    pathReader(() => undefined),
    () => {},
  );
  #version = 0;

  /** Takes a text over: what it shares with the last one at both ends is not read anew. */
  #take(text: string): void {
    const was = this.#document.text;
    if (was === text) return;
    const shorter = Math.min(was.length, text.length);
    let start = 0;
    while (start < shorter && was[start] === text[start]) start++;
    let end = 0;
    while (
      end < shorter - start && was.at(-1 - end) === text.at(-1 - end)
    ) end++;
    const { lines } = this.#document;
    this.#document.update([{
      range: {
        start: lines.positionAt(start),
        end: lines.positionAt(was.length - end),
      },
      text: text.slice(start, text.length - end),
    }], ++this.#version);
  }

  /** What is wrong with a text, and what each of its words is. */
  async check(text: string): Promise<Checked> {
    this.#take(text);
    const analysis = await this.#document.ready();
    const { lines } = this.#document;
    const mistakes = diagnosticsOf(this.#document).map((
      { range, message },
    ) => ({
      from: lines.offsetAt(range.start),
      to: lines.offsetAt(range.end),
      message: plainText(message),
    }));
    const words: [number, number, string][] = [];
    const data = semanticTokens(analysis.chunks);
    let line = 0;
    let character = 0;
    for (let at = 0; at < data.length; at += 5) {
      const [down, right, length, type] = data.slice(at, at + 4);
      character = down > 0 ? right : character + right;
      line += down;
      const from = lines.offsetAt({ line, character });
      words.push([from, from + length, LEGEND.tokenTypes[type]]);
    }
    const all = analysis.chunks.flatMap((chunk) => chunk.lines);
    return { mistakes, words, runs: runs(all), explores: explores(all) };
  }

  /** Words that can stand at an offset. */
  async complete(text: string, offset: number): Promise<Completions> {
    this.#take(text);
    await this.#document.ready();
    const { lines } = this.#document;
    const items = completionsAt(
      this.#document,
      lines.positionAt(offset),
      () => [],
    );
    const [first] = items;
    const edit = first?.textEdit;
    const from = edit && "range" in edit
      ? lines.offsetAt(edit.range.start)
      : offset;
    return {
      from,
      words: items.map((item, at) => ({
        label: item.label,
        kind: ITEM_KINDS[item.kind ?? 0] ?? "constant",
        about: at < DOCUMENTED_MAX
          ? plainText(documented(item).documentation)
          : "",
      })),
    };
  }

  /** What there is to say of the word at an offset. */
  async hover(text: string, offset: number): Promise<Hovered | null> {
    this.#take(text);
    const analysis = await this.#document.ready();
    const found = hoverAt(this.#document, analysis, offset);
    if (found?.range === undefined) return null;
    const { lines } = this.#document;
    return {
      from: lines.offsetAt(found.range.start),
      to: lines.offsetAt(found.range.end),
      text: plainText(found.contents),
    };
  }
}
