/**
 * A program on a pseudo-terminal, by Python's `pty`: Deno cannot make one.
 *
 * @module
 */
import { stripAnsiCode } from "@std/fmt/colors";

const RELAY = new URL("relay.py", import.meta.url).pathname;

/** Longest wait for what a program is to say: it hangs. */
const PATIENCE_MS = 60_000;

/** Why there is no pseudo-terminal here; undefined if there is one. */
export function pseudoTerminalLacks(): string | undefined {
  try {
    const { success } = new Deno.Command("python3", {
      args: ["-c", "import fcntl, pty, termios"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? undefined : "python3 has no pty module";
  } catch {
    return "there is no python3";
  }
}

/** How a program is started. */
export interface PseudoTerminalOptions {
  /** The size of the window. */
  readonly columns?: number;
  /** The same, downwards. */
  readonly lines?: number;
  /** All that its environment has. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that it runs in. */
  readonly cwd?: string;
}

/** A program on a pseudo-terminal. */
export class PseudoTerminal {
  readonly #child: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #text = "";
  /** What was waited for so far ends here. */
  #seen = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  /** Starts it. */
  constructor(
    command: readonly string[],
    { columns = 80, lines = 24, env = {}, cwd }: PseudoTerminalOptions = {},
  ) {
    this.#child = new Deno.Command("python3", {
      args: [RELAY, `${columns}`, `${lines}`, ...command],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        TERM: "xterm",
        LANG: "C.UTF-8",
        ...env,
      },
      cwd,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#commands = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** All that it wrote, without escape sequences and carriage returns. */
  get text(): string {
    return plain(this.#text);
  }

  /** All that it wrote. */
  get raw(): string {
    return this.#text;
  }

  /** Types. */
  async type(keys: string): Promise<void> {
    await this.#command({ keys });
  }

  /** Types bytes that need not be text. */
  async typeBytes(bytes: Uint8Array): Promise<void> {
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
    await this.#command({ hex: hex.join("") });
  }

  /** Gives the window another size. */
  async resize(columns: number, lines: number): Promise<void> {
    await this.#command({ size: [columns, lines] });
  }

  /**
   * Waits until it has written a text, after what was waited for before.
   *
   * @returns what it wrote since then, up to the text's end, without escape sequences
   * @throws Error if the program ends, or says nothing for a minute
   */
  async until(text: string): Promise<string> {
    for (;;) {
      const fresh = plain(this.#text.slice(this.#seen));
      const at = fresh.indexOf(text);
      if (at >= 0) {
        // Where in the raw text that was: the shortest part which has it.
        let low = this.#seen;
        let high = this.#text.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          const has = plain(this.#text.slice(this.#seen, middle)).includes(
            text,
          );
          if (has) high = middle;
          else low = middle + 1;
        }
        this.#seen = low;
        return fresh.slice(0, at + text.length);
      }
      const why = this.#ended
        ? "the program ended"
        : await this.#more() || "it said nothing more";
      if (why !== true) {
        throw new Error(
          `${why} before ${JSON.stringify(text)} came; it wrote\n${fresh}`,
        );
      }
    }
  }

  /** Waits until it ends; its exit status. */
  async end(): Promise<number> {
    await this.#reading;
    await this.#commands.close().catch(() => {});
    return (await this.#child.status).code;
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.close().catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#reading;
    await this.#child.status;
    clearTimeout(timer);
  }

  async #command(command: unknown): Promise<void> {
    const line = `${JSON.stringify(command)}\n`;
    await this.#commands.write(new TextEncoder().encode(line));
  }

  /** True when there is more; false if nothing came for long. */
  #more(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), PATIENCE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stdout) {
      this.#text += decoder.decode(chunk, { stream: true });
      this.#wake?.();
    }
    this.#ended = true;
    this.#wake?.();
  }
}

/** A text without what only moves the cursor or colours. */
function plain(text: string): string {
  return stripAnsiCode(text).replaceAll("\r", "");
}
