/**
 * Puts a program into one file in parts, so that a start makes no more than it needs, and V8 keeps no code of the rest.
 * What every start loads is the file's own; what the first start loads is one function, what others load a function for
 * each group of starts, and what no start loads one for each command that needs it, and one for what several need.
 *
 * A part is made when something of it is first imported, all at once. What a part needs of another it is given as
 * values, so that a variable of a chunk that changes after the chunk is made must not be used by another part.
 *
 * What only one of the lazy modules needs is a part too. What starts load uses it in functions alone, and it is made when
 * one of them is first called.
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

/**
 * What the parts are made by, in the file's own scope; each is added by a call of `$add()`, since V8 would give a
 * function in an object a name of its own, and all functions within.
 */
const LOADER = `var $parts={},$made={},$done={};
function $add(name,needs,make){$parts[name]=[needs,make]}
function $part(name){return $made[name]??=$make(name)}
async function $make(name){
let[needs,make]=$parts[name],given=[];
for(let one of needs)given.push(await $part(one));
return $done[name]??=make(...given)}
function $now(name){
let[needs,make]=$parts[name];
return $done[name]??=make(...needs.map((one)=>$done[one]))}
`;

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

/**
 * Makes a program one file.
 *
 * @param entry its main module
 * @param line a statement that comes first
 * @param starts arguments that it is often started with; what the first loads is one part
 * @param lazy modules that the main module reaches, of which a start uses one, most often the first
 * @param flags where dependencies are, as offline/flags.ts has it
 */
async function inParts(
  entry: string,
  line: string,
  starts: readonly (readonly string[])[],
  lazy: readonly string[],
  flags: readonly string[],
): Promise<string> {
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
      await loadedBy(mainPath, starts),
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
    const additions: string[] = [];
    let statements = "";
    for (const part of parts) {
      const module = `${folder}/${part.name}/$part.js`;
      const made = `${folder}/${part.name}.js`;
      await Deno.writeTextFile(module, partModule(part, shared));
      await bundle("--minify", ...otherParts(parts), "-o", made, module);
      const body = bodyOf(ascii(await Deno.readTextFile(made)));
      if (part.name === FRONT) statements = body.statements;
      additions.push(additionOf(part, body));
    }
    return [line + LOADER + additions.join("\n"), statements, ""].join("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [path, entry, starts, lazy, ...flags] = Deno.args;
  const line = await Deno.readTextFile(path);
  await Deno.writeTextFile(
    path,
    await inParts(entry, line, JSON.parse(starts), JSON.parse(lazy), flags),
  );
}
