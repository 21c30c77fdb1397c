/**
 * Copies of the checkout in which files may be broken, and tests run in them.
 *
 * @module
 */

/** How a run of tests ended. */
export interface Ended {
  readonly passed: boolean;
  readonly timedOut: boolean;
  readonly ms: number;
  readonly output: string;
}

async function git(root: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", root, ...args],
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(new TextDecoder().decode(stderr).trim());
}

/** What `git` would commit, with what is not committed yet. */
export async function projectFiles(root: string): Promise<readonly string[]> {
  const listed = await git(
    root,
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
  );
  return [...new Set(listed.split("\0").filter((path) => path !== ""))].sort();
}

/** A copy of the checkout. */
export class Copy {
  private constructor(
    readonly root: string,
    readonly flags: readonly string[],
  ) {}

  /**
   * Copies the project's files to a new temporary folder.
   *
   * @param from the checkout
   * @param flags where dependencies are, as offline/flags.ts has it
   */
  static async make(from: string, flags: readonly string[]): Promise<Copy> {
    const root = await Deno.makeTempDir({ prefix: "dregs-mutants-" });
    for (const path of await projectFiles(from)) {
      const target = `${root}/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
        recursive: true,
      });
      try {
        await Deno.copyFile(`${from}/${path}`, target);
      } catch (error) {
        // Deleted and not committed yet.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return new Copy(root, flags);
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.root}/${path}`);
  }

  async write(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.root}/${path}`, text);
  }

  /** Whether the types of a file hold. */
  async typesHold(path: string): Promise<boolean> {
    const { success } = await this.#deno(["check", ...this.flags, path]);
    return success;
  }

  /**
   * Runs a file of tests up to the first that fails.
   *
   * @param limit after so many milliseconds it is ended, and has failed
   * @param coverage the folder for V8's coverage
   */
  async test(path: string, limit: number, coverage?: string): Promise<Ended> {
    const begun = performance.now();
    const asked = coverage ? [`--coverage=${coverage}`] : [];
    const { success, output, timedOut } = await this.#deno([
      "test",
      "-q",
      "--no-check",
      "--fail-fast",
      ...asked,
      ...this.flags,
      "-A",
      path,
    ], limit);
    const ms = performance.now() - begun;
    return { passed: success && !timedOut, timedOut, ms, output };
  }

  /** Lines that ran, by file, of a folder with V8's coverage. */
  async linesRun(coverage: string): Promise<Map<string, Set<number>>> {
    const { output } = await this.#deno([
      "coverage",
      "--lcov",
      `--include=^file://${this.root}/`,
      coverage,
    ]);
    return readLcov(output, this.root);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }

  async #deno(
    args: readonly string[],
    limit = 600_000,
  ): Promise<{ success: boolean; timedOut: boolean; output: string }> {
    const signal = AbortSignal.timeout(limit);
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: this.root,
      env: { NO_COLOR: "1", DREGS_OFFLINE: this.flags.length > 0 ? "1" : "0" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const kill = () => child.kill("SIGKILL");
    signal.addEventListener("abort", kill);
    const { success, stdout, stderr } = await child.output();
    signal.removeEventListener("abort", kill);
    const decoder = new TextDecoder();
    return {
      success,
      timedOut: signal.aborted,
      output: decoder.decode(stdout) + decoder.decode(stderr),
    };
  }
}

/** Reads LCOV: `SF:` a file, `DA:` a line and how often it ran. */
export function readLcov(text: string, root: string): Map<string, Set<number>> {
  const result = new Map<string, Set<number>>();
  let lines = new Set<number>();
  for (const entry of text.split("\n")) {
    if (entry.startsWith("SF:")) {
      lines = new Set();
      const path = entry.slice(3).trim();
      if (path.startsWith(`${root}/`)) {
        result.set(path.slice(root.length + 1), lines);
      }
    }
    const match = /^DA:(\d+),(\d+)/.exec(entry);
    if (match && match[2] !== "0") lines.add(Number(match[1]));
  }
  return result;
}
