/**
 * Takes a program apart, so that a start makes no more than it needs, and V8 keeps no code of the rest; files.ts makes
 * one file or several of it.
 * What every start loads is the main file's own; what the first start loads is one function, what others load a function
 * for each group of starts, and what no start loads one for each command that needs it, and one for what several need.
 *
 * A part is made when something of it is first imported, all at once. What a part needs of another it is given as
 * values, so that a variable of a chunk that changes after the chunk is made must not be used by another part.
 *
 * What only one of the lazy modules needs is a part too. What starts load uses it in functions alone, and it is made when
 * one of them is first called.
 *
 * Arguments: a file with the statement that comes first, which the parts replace as JSON; the main module; starts by
 * file and lazy modules, each as JSON; the flags that offline/flags.ts printed.
 *
 * @module
 */
import { deno } from "./deno.ts";
import { loadedBy } from "./starts.ts";
import {
  FRONT,
  lazyChunks,
  type Part,
  partsOf,
  readChunks,
} from "./parts/chunks.ts";
import {
  type Body,
  bodyOf,
  chunkInPart,
  otherParts,
  partModule,
  Shared,
} from "./parts/part.ts";
import { MAIN, type ProgramParts, REST } from "./parts/files.ts";

/** Places where an escape would not mean the character: behind a backslash, in what is plainly a raw text. */
const NOT_ESCAPABLE =
  /(?<!\\)(?:\\\\)*\\[^\0-\x7f]|String\.raw\s*`[^`]*[^\0-\x7f]/;

/** The same program in ASCII, which takes half the memory and is read without decoding. */
function ascii(program: string): string {
  const [found] = NOT_ESCAPABLE.exec(program) ?? [];
  if (found !== undefined) {
    throw new Error(`cannot be written in ASCII: ${found}`);
  }
  return program.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The same program without the import by which deno bundle gives CommonJS packages node's modules: those of the language
 * server are only wanted when it is started.
 */
function withoutRequireImport(program: string): string {
  const [statement, name] =
    /import \{ createRequire as ([\w$]+) \} from "node:module";/.exec(
      program,
    ) ??
      [];
  if (statement === undefined) return program;
  const use = `${name}(import.meta.url)`;
  if (program.split(use).length !== 2) {
    throw new Error(`${use} is not there once, as deno bundle wrote it`);
  }
  return program.replace(statement, "").replace(
    use,
    () => "(name=>process.getBuiltinModule(name))",
  );
}

/** Paths from the innermost folder that has all of them. */
function fromCommonFolder([first, ...others]: readonly string[]): string[] {
  let length = first.lastIndexOf("/") + 1;
  while (!others.every((one) => one.startsWith(first.slice(0, length)))) {
    length = first.lastIndexOf("/", length - 2) + 1;
  }
  return [first, ...others].map((one) => one.slice(length));
}

/**
 * Moves an entry's chunk beside those that it imports: of entries in several folders, deno bundle makes folders.
 *
 * @param entry its path from the folder that has all entries
 * @returns the chunk's name
 */
async function toTop(folder: string, entry: string): Promise<string> {
  const path = entry.replace(/\.ts$/, "");
  const name = path.replaceAll("/", "-");
  const text = await Deno.readTextFile(`${folder}/${path}.js`);
  await Deno.writeTextFile(
    `${folder}/${name}.js`,
    text.replace(/"(?:\.\.\/)+(?=[^"/]+\.js")/g, '"./'),
  );
  return name;
}

/** The statement that adds a part. */
function additionOf(
  { name }: Part,
  { needs, patterns, statements, gives }: Body,
): string {
  const isFront = name === FRONT;
  const make = isFront
    ? `()=>(${gives})`
    : `function(${patterns.join(",")}){${statements}\nreturn${gives}}`;
  return `$add(${JSON.stringify(name)},${JSON.stringify(needs)},${make});`;
}

/** Starts whose parts are in one file. */
export interface FileStarts {
  /** The file: `MAIN`, or the word for one beside it. */
  readonly file: string;
  /** Arguments that the program is often started with. */
  readonly starts: readonly (readonly string[])[];
}

/** The file that has a part: that of the starts that load it, the main one if they are of several. */
function fileOf(
  { starts }: Part,
  groups: readonly FileStarts[],
): string {
  const files = groups.flatMap(({ file, starts }) => starts.map(() => file));
  const [first, ...others] = new Set(starts.map((one) => files[one]));
  return others.length > 0 ? MAIN : first ?? REST;
}

/**
 * Takes a program apart.
 *
 * @param entry its main module
 * @param line a statement that comes first
 * @param groups how it is often started, the main file first; what the first start loads is one part
 * @param lazy modules that the main module reaches, of which a start uses one, most often the first
 * @param flags where dependencies are, as offline/flags.ts has it
 */
async function inParts(
  entry: string,
  line: string,
  groups: readonly FileStarts[],
  lazy: readonly string[],
  flags: readonly string[],
): Promise<ProgramParts> {
  const bundle = (...args: readonly string[]): Promise<void> =>
    deno(["bundle", "-q", ...flags, ...args]);
  const folder = await Deno.makeTempDir();
  try {
    const made = `${folder}/chunks`;
    await bundle("--code-splitting", "--outdir", made, entry, ...lazy);
    const entries: string[] = [];
    for (const one of fromCommonFolder([entry, ...lazy])) {
      entries.push(await toTop(made, one));
    }
    const [main, ...doors] = entries;
    const chunks = await readChunks(made, withoutRequireImport);
    const late = lazyChunks(chunks, doors);
    const mainPath = `${folder}/chunks/${main}.js`;
    await Deno.writeTextFile(mainPath, line + chunks.get(main)!.text);
    const parts = partsOf(
      chunks,
      main,
      await loadedBy(mainPath, groups.flatMap(({ starts }) => starts)),
      late,
    );
    const homes = new Map(
      parts.flatMap(({ name, chunks }) =>
        chunks.map((one) => [one.name, name])
      ),
    );
    const shared = new Shared();
    for (const { name, chunks } of parts) {
      await Deno.mkdir(`${folder}/${name}`);
      for (const chunk of chunks) {
        await Deno.writeTextFile(
          `${folder}/${name}/${chunk.name}.js`,
          chunkInPart(
            chunk,
            (one) => homes.get(one)!,
            shared,
            new Set(late.values()),
          ),
        );
      }
    }
    const additions: Record<string, Record<string, string>> = { [MAIN]: {} };
    let statements = "";
    for (const part of parts) {
      const module = `${folder}/${part.name}/$part.js`;
      const made = `${folder}/${part.name}.js`;
      await Deno.writeTextFile(module, partModule(part, shared));
      await bundle("--minify", ...otherParts(parts), "-o", made, module);
      const body = bodyOf(ascii(await Deno.readTextFile(made)));
      if (part.name === FRONT) statements = body.statements;
      const file = additions[fileOf(part, groups)] ??= {};
      file[part.name] = additionOf(part, body);
    }
    return { statements, additions };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [path, entry, groups, lazy, ...flags] = Deno.args;
  const line = await Deno.readTextFile(path);
  const parts = await inParts(
    entry,
    line,
    JSON.parse(groups),
    JSON.parse(lazy),
    flags,
  );
  await Deno.writeTextFile(path, JSON.stringify(parts));
}
