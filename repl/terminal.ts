/**
 * The interactive view on a terminal: line editing, history, completion and paste around a `Repl`.
 *
 * The prompt comes first; the language and the engine are loaded while the user begins to type.
 *
 * @module
 */
import type * as readline from "node:readline";
import type * as stream from "node:stream";
import type { Readable, Writable } from "node:stream";
import { PASTE_OFF, PASTE_ON, PasteFilter } from "./paste.ts";
import { PROMPT, PROMPT_MORE } from "./prompt.ts";
import type { Repl } from "./repl.ts";
import { HistorySearch, SEARCH_KEY, searchKey } from "./search.ts";
import type { History } from "./world.ts";

/** The keyboard. */
export interface Keyboard extends Readable {
  /** Keys come one by one. */
  setRawMode?(on: boolean): unknown;
}

/** What a session on a terminal needs. */
export interface TerminalSetup {
  /** Where keys come from. */
  readonly input: Keyboard;
  /** Where the screen is written. */
  readonly output: Writable;
  /** Lines of earlier sessions. */
  readonly history: History;
  /** The view, once it is loaded. */
  readonly repl: Promise<Repl>;
  /** Said before the first prompt. */
  readonly greeting: string;
  /** The terminal knows no escapes: it is not asked to mark what is pasted. */
  readonly isDumb: boolean;
  /** Lines of the terminal now: longer help comes page by page. */
  rows(): number;
}

/** Lines of a multi-line input that history keeps as one: a newline and `;` mean the same. */
function asOneLine(text: string): string | undefined {
  return text.includes("#")
    ? undefined
    : text.trim().replace(/\s*\n\s*/g, "; ").replace(/\{;/g, "{").replace(
      /; \}/g,
      " }",
    );
}

/** Below a page that is not the last. */
const MORE = "-- more: Space goes on, q ends --";

/** Keys after which no further page is shown: q, Ctrl-C, Ctrl-D and Escape. */
const ENDS_PAGES = ["q", "Q", "\x03", "\x04", "\x1b"];

/** What of node: a terminal needs. */
interface Node {
  readonly createInterface: typeof readline.createInterface;
  readonly PassThrough: typeof stream.PassThrough;
}

/** A session on a terminal. */
class TerminalSession {
  readonly #setup: TerminalSetup;
  readonly #keys: stream.PassThrough;
  readonly #editor: readline.Interface;
  readonly #filter = new PasteFilter();
  /** Lines of a block that is still open. */
  #open = "";
  /** Keys and pastes that the editor does not have yet. */
  readonly #waiting: { readonly isBlock: boolean; readonly text: string }[] =
    [];
  #pumped: Promise<void> = Promise.resolve();
  /** Inputs are taken one after the other. */
  #queue: Promise<void> = Promise.resolve();
  /** The view, once it is loaded. */
  #view: Repl | undefined;
  #over = false;
  /** A search of the history that is going on. */
  #search: HistorySearch | undefined;
  /** Lines that wait for a key. */
  #more: string[] = [];
  /** What the arrow keys bring back, newest first: the editor's own list. */
  readonly #earlier: string[];
  readonly #ended: Promise<void>;

  constructor(setup: TerminalSetup, { createInterface, PassThrough }: Node) {
    this.#setup = setup;
    this.#keys = new PassThrough();
    const { input, output, history, greeting, isDumb } = setup;
    this.#earlier = [...history.lines];
    const keys = Object.assign(this.#keys, {
      setRawMode: (on: boolean) => input.setRawMode?.(on),
    });
    output.write(`${isDumb ? "" : PASTE_ON}${greeting}\n`);
    this.#editor = createInterface({
      input: keys,
      output,
      terminal: true,
      prompt: PROMPT,
      history: this.#earlier,
      historySize: 1_000,
      removeHistoryDuplicates: true,
      completer: (line: string) => this.#complete(line),
    });
    const decoder = new TextDecoder();
    input.on("data", (chunk: Uint8Array | string) => {
      this.#take(
        typeof chunk === "string"
          ? chunk
          : decoder.decode(chunk, { stream: true }),
      );
    });
    input.on("end", () => {
      this.#pumped = this.#pumped.then(() => void this.#keys.end());
    });
    this.#editor.on("line", (line) => this.#line(line));
    // Ctrl-C: the line, and the block that it belongs to, are gone.
    this.#editor.on("SIGINT", () => {
      this.#open = "";
      this.#editor.write(null, { ctrl: true, name: "e" });
      output.write("^C\n");
      Object.assign(this.#editor, { line: "", cursor: 0 });
      this.#prompt();
    });
    // Ctrl-Z and what follows it stay without effect.
    this.#editor.on("SIGTSTP", () => {});
    this.#editor.on("SIGCONT", () => {});
    this.#ended = new Promise((resolve) => {
      this.#editor.on("close", () => {
        this.#over = true;
        resolve();
      });
    });
    this.#editor.prompt();
  }

  /** Until the session is over. */
  async done(): Promise<void> {
    await this.#ended;
    await this.#queue;
    const { input, output, isDumb } = this.#setup;
    input.setRawMode?.(false);
    input.pause();
    output.write(isDumb ? "\n" : `${PASTE_OFF}\n`);
  }

  /** Keys wait while an input is worked on, so that what is echoed comes after its prompt. */
  #take(chunk: string): void {
    for (const { kind, text } of this.#filter.take(chunk)) {
      const isBlock = kind === "pasted" && text.includes("\n");
      const pieces = isBlock ? [text] : text.split(/(?<=[\r\n\t])/);
      for (const piece of pieces) this.#waiting.push({ isBlock, text: piece });
    }
    this.#pumped = this.#pumped.then(() => this.#pump());
  }

  async #pump(): Promise<void> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined || this.#over) return;
      // Only these keys need the view.
      if (/[\r\n\t]$/.test(next.text)) this.#view ??= await this.#setup.repl;
      if (next.isBlock) this.#pasted(next.text);
      else {
        const text = this.#intercepted(next.text);
        if (text !== "") this.#keys.write(text);
        // The editor has the keys by the next turn.
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await this.#queue;
    }
  }

  /** Takes keys that are for a page or a search. @returns the keys for the editor */
  #intercepted(text: string): string {
    let rest = [...text];
    while (rest.length > 0) {
      if (this.#more.length > 0) {
        const [key, ...others] = rest;
        this.#pageKey(key);
        rest = others;
      } else if (this.#search) {
        const [key, ...others] = rest;
        if (!this.#searchTakes(this.#search, key)) {
          // Escape alone is spent; `ESC [` and `ESC O` begin a key of the editor.
          const isSpent = key === "\x1b" && !/[[O]/.test(others[0] ?? "");
          return (isSpent ? others : rest).join("");
        }
        rest = others;
      } else {
        const at = rest.indexOf(SEARCH_KEY);
        if (at < 0) return rest.join("");
        if (at > 0) {
          // The editor needs the keys before it first.
          const typed = rest.slice(0, at).join("");
          this.#waiting.unshift({
            isBlock: false,
            text: rest.slice(at).join(""),
          });
          return typed;
        }
        this.#search = new HistorySearch(this.#earlier, this.#editor.line);
        this.#showSearch(this.#search);
        rest = rest.slice(1);
      }
    }
    return "";
  }

  /** Gives a key to a search. @returns false if the key ends it and is the editor's */
  #searchTakes(search: HistorySearch, key: string): boolean {
    const { does } = searchKey(search, key);
    if (does === "search") {
      this.#showSearch(search);
      return true;
    }
    this.#search = undefined;
    const { found, original } = search;
    this.#edit(does === "cancel" ? original : found ?? original);
    return does === "cancel";
  }

  #showSearch(search: HistorySearch): void {
    const { query, found } = search;
    const state = found === undefined && query !== "" ? "no match" : "search";
    this.#editor.setPrompt(`(${state} \`${query}\`) `);
    const line = found ?? "";
    this.#showLine(line, Math.max(0, line.indexOf(query)));
  }

  /** A line goes on being edited. */
  #edit(line: string): void {
    this.#editor.setPrompt(this.#open === "" ? PROMPT : PROMPT_MORE);
    this.#showLine(line, line.length);
  }

  #showLine(line: string, cursor: number): void {
    Object.assign(this.#editor, { line, cursor });
    this.#editor.prompt(true);
  }

  /** Writes a page of lines; the rest waits for a key. */
  #writePage(lines: readonly string[]): void {
    const { output, rows } = this.#setup;
    const fitting = Math.max(1, rows() - 1);
    // The last line is that of the prompt, or of what to press.
    const page = lines.length <= fitting ? lines : lines.slice(0, fitting);
    if (page.length > 0) output.write(page.join("\n") + "\n");
    this.#more = lines.slice(page.length);
    if (this.#more.length > 0) output.write(MORE);
  }

  #pageKey(key: string): void {
    const { output } = this.#setup;
    output.write(`\r${" ".repeat(MORE.length)}\r`);
    if (ENDS_PAGES.includes(key)) this.#more = [];
    else this.#writePage(this.#more);
    if (this.#more.length === 0) this.#prompt();
  }

  #line(line: string): void {
    this.#setup.history.add(line);
    this.#submit(`${line}\n`);
  }

  /** Several lines at once: all but the last, which is still being edited, are one input. */
  #pasted(text: string): void {
    const { output, history } = this.#setup;
    const typed = this.#editor.line;
    this.#clearLine();
    const end = text.lastIndexOf("\n") + 1;
    const whole = typed + text.slice(0, end);
    output.write(whole.trimEnd().replaceAll("\n", `\n${PROMPT_MORE}`) + "\n");
    const line = asOneLine(whole);
    if (line !== undefined) history.add(line);
    this.#submit(whole);
    const rest = text.slice(end);
    if (rest !== "") this.#waiting.unshift({ isBlock: false, text: rest });
  }

  #submit(text: string): void {
    this.#queue = this.#queue.then(async () => {
      const repl = this.#view ??= await this.#setup.repl;
      if (this.#over) return;
      const whole = this.#open + text;
      if (repl.needsMore(whole)) {
        this.#open = whole;
        this.#prompt();
        return;
      }
      this.#open = "";
      const { history } = this.#setup;
      const { cleared } = history;
      const { lines, ends, isPaged } = repl.submit(whole);
      if (history.cleared > cleared) this.#earlier.length = 0;
      if (isPaged) this.#writePage(lines);
      else if (lines.length > 0) {
        this.#setup.output.write(lines.join("\n") + "\n");
      }
      if (ends) this.#editor.close();
      else if (this.#more.length === 0) this.#prompt();
    });
  }

  #prompt(): void {
    this.#editor.setPrompt(this.#open === "" ? PROMPT : PROMPT_MORE);
    this.#editor.prompt();
  }

  #clearLine(): void {
    this.#editor.write(null, { ctrl: true, name: "e" });
    this.#editor.write(null, { ctrl: true, name: "u" });
  }

  #complete(line: string): [string[], string] {
    if (this.#view === undefined) return [[], line];
    const { start, words, isWhole } = this.#view.complete(this.#open + line);
    const blank = isWhole ? " " : "";
    return [
      words.map((word) => word + blank),
      (this.#open + line).slice(start),
    ];
  }
}

/** Runs a session on a terminal until it ends. */
export async function runTerminal(setup: TerminalSetup): Promise<void> {
  // Loaded here, so that commands which edit no line do not load it.
  const [{ createInterface }, { PassThrough }] = await Promise.all([
    import("node:readline"),
    import("node:stream"),
  ]);
  await new TerminalSession(setup, { createInterface, PassThrough }).done();
}
