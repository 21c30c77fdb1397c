/**
 * The interactive view on a terminal: line editing, history, completion and paste around a `Repl`.
 *
 * The prompt comes first; the language and the engine are loaded while somebody begins to type.
 *
 * @module
 */
import { createInterface, type Interface } from "node:readline";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { PASTE_OFF, PASTE_ON, PasteFilter } from "./paste.ts";
import { PROMPT, PROMPT_MORE } from "./prompt.ts";
import type { Repl } from "./repl.ts";
import type { History } from "./world.ts";

/** The keyboard. */
export interface Keyboard extends Readable {
  /** Keys come one by one. */
  setRawMode?(on: boolean): unknown;
}

/** What a session on a terminal needs. */
export interface TerminalSetup {
  readonly input: Keyboard;
  readonly output: Writable;
  readonly history: History;
  /** The view, once it is loaded. */
  readonly repl: Promise<Repl>;
  /** Said before the first prompt. */
  readonly greeting: string;
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

/** A session on a terminal. */
class TerminalSession {
  readonly #setup: TerminalSetup;
  readonly #keys = new PassThrough();
  readonly #editor: Interface;
  readonly #filter = new PasteFilter();
  /** Lines of a block that is still open. */
  #open = "";
  /** Inputs are taken one after the other. */
  #queue: Promise<void> = Promise.resolve();
  #over = false;
  readonly #ended: Promise<void>;

  constructor(setup: TerminalSetup) {
    this.#setup = setup;
    const { input, output, history, repl, greeting } = setup;
    const keys = Object.assign(this.#keys, {
      setRawMode: (on: boolean) => input.setRawMode?.(on),
    });
    output.write(`${PASTE_ON}${greeting}\n`);
    this.#editor = createInterface({
      input: keys,
      output,
      terminal: true,
      prompt: PROMPT,
      history: [...history.lines],
      historySize: 1_000,
      removeHistoryDuplicates: true,
      completer: (
        line: string,
        done: (error: null, found: [string[], string]) => void,
      ) => {
        repl.then(
          (view) => done(null, this.#complete(view, line)),
          () => done(null, [[], line]),
        );
      },
    });
    const decoder = new TextDecoder();
    input.on("data", (chunk: Uint8Array | string) => {
      this.#take(
        typeof chunk === "string"
          ? chunk
          : decoder.decode(chunk, { stream: true }),
      );
    });
    input.on("end", () => this.#keys.end());
    this.#editor.on("line", (line) => this.#line(line));
    // Ctrl-C: the line, and the block that it belongs to, are gone.
    this.#editor.on("SIGINT", () => {
      this.#open = "";
      this.#clearLine();
      output.write("^C\n");
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
    const { input, output } = this.#setup;
    input.setRawMode?.(false);
    input.pause();
    output.write(`${PASTE_OFF}\n`);
  }

  #take(chunk: string): void {
    for (const { kind, text } of this.#filter.take(chunk)) {
      if (kind === "typed" || !text.includes("\n")) this.#keys.write(text);
      else {
        // What was typed before it is edited by then.
        setTimeout(() => this.#pasted(text), 0);
      }
    }
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
    this.#queue = this.#queue.then(() => {
      if (!this.#over) this.#keys.write(text.slice(end));
    });
  }

  #submit(text: string): void {
    this.#queue = this.#queue.then(async () => {
      const repl = await this.#setup.repl;
      if (this.#over) return;
      const whole = this.#open + text;
      if (repl.needsMore(whole)) {
        this.#open = whole;
        this.#prompt();
        return;
      }
      this.#open = "";
      const { lines, ends } = repl.submit(whole);
      if (lines.length > 0) this.#setup.output.write(lines.join("\n") + "\n");
      if (ends) this.#editor.close();
      else this.#prompt();
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

  #complete(repl: Repl, line: string): [string[], string] {
    const { start, words } = repl.complete(this.#open + line);
    return [[...words], (this.#open + line).slice(start)];
  }
}

/** Runs a session on a terminal until it ends. */
export function runTerminal(setup: TerminalSetup): Promise<void> {
  return new TerminalSession(setup).done();
}
