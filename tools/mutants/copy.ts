/**
 * Copies of the checkout in which mutants are tried.
 *
 * @module
 */
import { git } from "../git.ts";
import { MAIN_FILE, mainText, SNAPSHOT_SUFFIX } from "./driver.ts";
import { applied, type Mutant } from "./operators.ts";
import { switched } from "./switched.ts";

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

/** A copy of the checkout, its sources with a switch for each mutant of a run. */
export class Copy {
  /** Numbers of the mutants that have a switch. */
  readonly #ids = new Set<number>();
  /** Texts with switches, by path. */
  readonly #switched = new Map<string, string>();

  private constructor(
    readonly root: string,
    readonly flags: readonly string[],
    readonly texts: ReadonlyMap<string, string>,
  ) {}

  /**
   * Copies the project's files to a new temporary folder.
   *
   * @param from the checkout
   * @param flags where dependencies are, as offline/flags.ts has it
   * @param texts sources by path
   * @param mutants of these sources, each with its place as its number
   */
  static async make(
    from: string,
    flags: readonly string[],
    texts: ReadonlyMap<string, string>,
    mutants: readonly Mutant[],
  ): Promise<Copy> {
    const root = await Deno.makeTempDir({ prefix: "dregs-mutants-" });
    const paths = await projectFiles(from);
    for (const path of paths) {
      const target = `${root}/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
        recursive: true,
      });
      try {
        await Deno.copyFile(`${from}/${path}`, target);
        if (path.endsWith(".snap")) {
          await Deno.copyFile(
            target,
            target.replace(/\.snap$/, SNAPSHOT_SUFFIX),
          );
        }
      } catch (error) {
        // Deleted and not committed yet.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    const copy = new Copy(root, flags, texts);
    await copy.#putSwitches(mutants);
    await copy.#write(MAIN_FILE, mainText(paths));
    return copy;
  }

  /** Whether a mutant has a switch; for one that has none, its file is changed. */
  isSwitched(id: number): boolean {
    return this.#ids.has(id);
  }

  /** Writes a file with one change, without any switch. */
  async change(mutant: Mutant): Promise<void> {
    const text = this.texts.get(mutant.path)!;
    await this.#write(mutant.path, applied(text, mutant));
  }

  /** Writes a changed file as it was before. */
  async restore({ path }: Mutant): Promise<void> {
    await this.#write(
      path,
      this.#switched.get(path) ?? this.texts.get(path)!,
    );
  }

  /** What the type checker says of some files; nothing if all is well. */
  async typeErrors(paths: readonly string[]): Promise<string | undefined> {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "-q", ...this.flags, ...paths],
      cwd: this.root,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }

  async #putSwitches(mutants: readonly Mutant[]): Promise<void> {
    const runtime = `file://${this.root}/tools/mutants/switch.ts`;
    const byPath = Map.groupBy(
      mutants.map((mutant, id) => ({ id, mutant })),
      ({ mutant }) => mutant.path,
    );
    for (const [path, numbered] of byPath) {
      const { text, ids } = switched(this.texts.get(path)!, numbered, runtime);
      this.#switched.set(path, text);
      for (const id of ids) this.#ids.add(id);
      await this.#write(path, text);
    }
  }

  async #write(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.root}/${path}`, text);
  }
}
