/**
 * `builtin:`, the catalogue of scenarios that the program brings with it.
 *
 * @module
 */
import { didYouMean } from "../dsl/suggest.ts";
import { textsBesideSource } from "./beside_source.ts";
import { embedded, unpack } from "./embedded.ts";
import {
  type Entry,
  FileProblem,
  type Io,
  type OutputFile,
  type WriteOptions,
} from "./io.ts";
import { IoOver } from "./io_over.ts";
import { SCENARIO_SUFFIX } from "./texts.ts";

/** What operands of the catalogue begin with. */
export const BUILTIN = "builtin:";

/** The catalogue in a checkout, from the root of the repository. */
const FOLDER = "scenarios";

/** The catalogue's texts by their path in it. */
type Texts = ReadonlyMap<string, string>;

/** The texts that the program brings with it. */
async function catalogue(io: Io): Promise<Texts> {
  const carried = embedded();
  if (carried !== undefined) {
    const texts = await unpack<Record<string, string>>(
      (await carried.texts()).catalogue,
    );
    return new Map(Object.entries(texts));
  }
  const files = textsBesideSource(
    io,
    FOLDER,
    (path) => path.endsWith(SCENARIO_SUFFIX),
  );
  return new Map(
    [...files].map(([path, text]) => [path.slice(FOLDER.length + 1), text]),
  );
}

/** A world in which `builtin:` paths are those of the catalogue, and nothing can be written there. */
class BuiltinIo extends IoOver {
  readonly #texts: Texts;

  constructor(io: Io, texts: Texts) {
    super(io);
    this.#texts = texts;
  }

  override readFile(path: string): string {
    if (!path.startsWith(BUILTIN)) return this.under.readFile(path);
    return this.#texts.get(this.#file(path) ?? "") ?? this.#missing(path);
  }

  override writeFile(path: string, text: string, options?: WriteOptions): void {
    if (path.startsWith(BUILTIN)) refuse(path);
    this.under.writeFile(path, text, options);
  }

  override create(path: string): OutputFile {
    if (path.startsWith(BUILTIN)) refuse(path);
    return this.under.create(path);
  }

  override list(path: string): readonly Entry[] | undefined {
    if (!path.startsWith(BUILTIN)) return this.under.list(path);
    if (this.#file(path) !== undefined) return undefined;
    const folder = inside(path);
    const prefix = folder === "" ? "" : `${folder}/`;
    const entries = new Map<string, boolean>();
    for (const file of this.#texts.keys()) {
      if (!file.startsWith(prefix)) continue;
      const [name, ...below] = file.slice(prefix.length).split("/");
      entries.set(name, below.length > 0);
    }
    if (entries.size === 0) this.#missing(path);
    return [...entries].map(([name, isFolder]) => ({ name, isFolder }));
  }

  /** The file that a path means: the suffix may be left out, and hyphens stand for underscores. */
  #file(path: string): string | undefined {
    const wanted = inside(path);
    const spellings = [wanted, wanted.replaceAll("-", "_")];
    return spellings.flatMap((name) => [name, name + SCENARIO_SUFFIX])
      .find((name) => this.#texts.has(name));
  }

  #missing(path: string): never {
    const known = [...this.#texts.keys()].map((file) =>
      BUILTIN + file.slice(0, -SCENARIO_SUFFIX.length)
    );
    const last = inside(path).split("/").at(-1)!.replaceAll("-", "_");
    const namesakes = known.filter((name) => name.endsWith(`/${last}`));
    const near = namesakes.length > 0
      ? `did you mean ${namesakes.map((name) => `\`${name}\``).join(" or ")}?`
      : didYouMean(path, known) ?? `\`dregs run --list ${BUILTIN}\` lists them`;
    throw new FileProblem(path, `no such scenario; ${near}`);
  }
}

/** A path of the catalogue without its prefix and without slashes at its ends. */
function inside(path: string): string {
  return path.slice(BUILTIN.length).replace(/^\/+|\/+$/g, "");
}

function refuse(path: string): never {
  throw new FileProblem(path, "part of the program, which cannot be written");
}

/**
 * A world that has the catalogue too, if an operand asks for it.
 *
 * @param operands of the command; without one that begins with `builtin:` the catalogue is not looked at
 */
export async function withBuiltin(
  io: Io,
  operands: readonly string[],
): Promise<Io> {
  if (!operands.some((operand) => operand.startsWith(BUILTIN))) return io;
  return new BuiltinIo(io, await catalogue(io));
}
