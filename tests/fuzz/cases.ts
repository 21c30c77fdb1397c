/**
 * Cases of the recorder: as the model plays them, and as the recorder's C code reads them.
 *
 * @module
 */
import { RecordingError } from "../../conform/mod.ts";
import { play, type PlayedOn } from "../../conform/play/mod.ts";
import { recordings } from "./corpus.ts";
import { spoiltLines } from "./spoil.ts";
import type { Surface } from "./surface.ts";

const ROOT = new URL("../../", import.meta.url);

const ARM64: PlayedOn = {
  profile: "linux-6.1",
  vendor: undefined,
  model: "cortex-a57",
  counts: {},
};
const X86: PlayedOn = {
  profile: "linux-6.1",
  vendor: "svm",
  model: "tcg",
  counts: {},
};

/** Cases, on the model. */
export async function casesSurface(): Promise<Surface> {
  return {
    name: "cases",
    about: "a case of the recorder, played on the model",
    inputs: spoiltLines(await recordings()),
    give: (input) => {
      const text = input as string;
      try {
        play(text, /"arch": *"arm64"/.test(text) ? ARM64 : X86);
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error;
      }
      return Promise.resolve();
    },
  };
}

/** Compilers that may have AddressSanitizer. */
const COMPILERS = ["gcc", "clang"];

/** Files of the recorder that read cases, and the program around them. */
const SOURCES = ["recorder/json.c", "tests/fuzz/reader.c"];

/** Compiles with AddressSanitizer. @returns what the compiler said if it failed; undefined if it did not */
async function problemCompiling(
  compiler: string,
  output: string,
  sources: readonly string[],
): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(compiler, {
      args: [
        ..."-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
          .split(" "),
        "-Irecorder",
        "-o",
        output,
        ...sources,
      ],
      cwd: ROOT,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr);
  } catch {
    return "there is no such compiler, or no permission to start it";
  }
}

/** The program around the recorder's reader of cases: texts in, and of each how the reading ended. */
class Reader {
  #child: Deno.ChildProcess | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #folder: string | undefined;

  /**
   * Compiles and starts it.
   *
   * @returns why no compiler here can
   * @throws {Error} one can, and the sources have mistakes
   */
  async start(): Promise<string | undefined> {
    if (this.#child) return undefined;
    this.#folder = await Deno.makeTempDir();
    const path = `${this.#folder}/reader`;
    const empty = `${this.#folder}/empty.c`;
    await Deno.writeTextFile(empty, "int main(void) { return 0; }\n");
    for (const compiler of COMPILERS) {
      if (await problemCompiling(compiler, path, [empty]) !== undefined) {
        continue;
      }
      const problem = await problemCompiling(compiler, path, SOURCES);
      if (problem !== undefined) {
        await this.close();
        throw new Error(`${SOURCES.join(", ")}: ${problem}`);
      }
      this.#child = new Deno.Command(path, {
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
        env: { ASAN_OPTIONS: "detect_leaks=0" },
      }).spawn();
      this.#writer = this.#child.stdin.getWriter();
      this.#reader = this.#child.stdout.getReader();
      return undefined;
    }
    await this.close();
    return `${
      COMPILERS.join(" and ")
    } cannot compile with -fsanitize=address,undefined`;
  }

  /** How the reading of a text ended: 0 or 2. @throws {Error} it ended the program */
  async read(text: string): Promise<number> {
    const bytes = new TextEncoder().encode(text);
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, bytes.length, true);
    await this.#writer!.write(head);
    await this.#writer!.write(bytes);
    const { value } = await this.#reader!.read();
    if (value?.length === 1) return value[0];
    await this.close();
    throw new Error("the reader has ended: standard error says why");
  }

  async close(): Promise<void> {
    // It may have ended already.
    await this.#writer?.close().catch(() => {});
    await this.#child?.status;
    this.#child = undefined;
    if (this.#folder) await Deno.remove(this.#folder, { recursive: true });
    this.#folder = undefined;
  }
}

/** Cases, as the recorder reads them, with AddressSanitizer. */
export async function recorderSurface(): Promise<Surface> {
  const reader = new Reader();
  return {
    name: "recorder",
    about: "a case of the recorder, read by its C code",
    inputs: spoiltLines(await recordings()),
    missing: () => reader.start(),
    give: async (text) => {
      await reader.start();
      const status = await reader.read(text as string);
      if (status !== 0 && status !== 2) throw new Error(`status ${status}`);
    },
    close: () => reader.close(),
  };
}
