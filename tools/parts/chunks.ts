/**
 * The chunks that `deno bundle --code-splitting` makes of a program, and which part of the one file each belongs to.
 *
 * @module
 */
import {
  type AssignmentExpression,
  type Identifier,
  type ImportDeclaration,
  type ImportExpression,
  type Node,
  parse,
  type Pattern,
  type Program,
  type UpdateExpression,
  type VariableDeclarator,
} from "acorn";
import { full, fullAncestor } from "acorn-walk";

/** The part that is the file's own: what the program's main module imports. */
export const FRONT = "front";

/** The part that the start loads which should cost least. */
const START = "start";

/** The part for what several commands load and no start does. */
const COMMON = "common";

/** It is a part of what every start loads, or the one that should cost least. */
export function isOfStarts(part: string): boolean {
  return part === FRONT || part === START;
}

/** A module that deno bundle made. */
export interface Chunk {
  /** Its file's name, without what it ends with. */
  readonly name: string;
  readonly text: string;
  readonly tree: Program;
  /** Names of the chunks that it imports at once. */
  readonly needs: readonly string[];
  /** Names of the chunks that it imports when it wants them. */
  readonly later: readonly string[];
}

/** Chunks by name. */
export type Chunks = ReadonlyMap<string, Chunk>;

/** What a part consists of. */
export interface Part {
  readonly name: string;
  readonly chunks: readonly Chunk[];
  /** The starts that load it, by their place among those that were tried; what every start loads is of the first. */
  readonly starts: readonly number[];
}

/** The name of a chunk by how it is imported; undefined if it is something else. */
export function chunkName(specifier: unknown): string | undefined {
  return /^\.\/(.+)\.js$/.exec(String(specifier))?.[1];
}

/** The statements that import at once. */
export function importsOf({ body }: Program): ImportDeclaration[] {
  return body.filter((one): one is ImportDeclaration =>
    one.type === "ImportDeclaration"
  );
}

/** An expression `import("…")`. */
export interface LateImport {
  readonly node: Node;
  /** What it imports. */
  readonly specifier: unknown;
  /** Names that are used of it, as `const { name } = await import("…")` says; undefined if it is used otherwise. */
  readonly names: readonly string[] | undefined;
}

/** The names that a pattern takes out of an object; undefined if it is not that plain. */
function namesOf(pattern: Pattern): string[] | undefined {
  if (pattern.type !== "ObjectPattern") return undefined;
  const names = pattern.properties.flatMap((one) =>
    one.type === "Property" && !one.computed && one.key.type === "Identifier"
      ? [one.key.name]
      : []
  );
  return names.length === pattern.properties.length ? names : undefined;
}

/** The expressions `import("…")`. */
export function lateImportsOf(tree: Program): LateImport[] {
  const found: LateImport[] = [];
  fullAncestor(tree, (node, _state, ancestors) => {
    if (node.type !== "ImportExpression") return;
    const { source } = node as ImportExpression;
    if (source.type !== "Literal") return;
    const [user, awaiting] = ancestors.slice(-3);
    const names =
      awaiting.type === "AwaitExpression" && user.type === "VariableDeclarator"
        ? namesOf((user as VariableDeclarator).id)
        : undefined;
    found.push({ node, specifier: source.value, names });
  });
  return found;
}

/** Names that something is assigned to after they are made, wherever in the chunk. */
export function assignedIn(tree: Program): Set<string> {
  const names = new Set<string>();
  const add = (target: Node): void => {
    if (target.type === "Identifier") names.add((target as Identifier).name);
  };
  full(tree, (node) => {
    if (node.type === "AssignmentExpression") {
      add((node as AssignmentExpression).left);
    } else if (node.type === "UpdateExpression") {
      add((node as UpdateExpression).argument);
    }
  });
  return names;
}

function named(specifiers: readonly unknown[]): string[] {
  return specifiers.flatMap((one) => chunkName(one) ?? []);
}

/**
 * Reads the chunks in a folder.
 *
 * @param refine changes the text of each
 */
export async function readChunks(
  folder: string,
  refine: (text: string) => string,
): Promise<Chunks> {
  const chunks = new Map<string, Chunk>();
  for (const { name: file } of [...Deno.readDirSync(folder)].sort(byName)) {
    const name = chunkName(`./${file}`);
    if (name === undefined) continue;
    const text = refine(await Deno.readTextFile(`${folder}/${file}`));
    const tree = parse(text, { ecmaVersion: "latest", sourceType: "module" });
    const needs = named(importsOf(tree).map(({ source }) => source.value));
    const later = named(lateImportsOf(tree).map((one) => one.specifier));
    chunks.set(name, { name, text, tree, needs, later });
  }
  return chunks;
}

function byName(a: Deno.DirEntry, b: Deno.DirEntry): number {
  return a.name < b.name ? -1 : 1;
}

/** What can be reached from a chunk, itself with it, by the imports that are asked for. */
function reached(
  chunks: Chunks,
  from: string,
  next: (chunk: Chunk) => readonly string[],
): Set<string> {
  const names = new Set([from]);
  // A set gives what is added while it is gone through.
  for (const name of names) {
    for (const one of next(chunks.get(name)!)) names.add(one);
  }
  return names;
}

/**
 * The chunks that only one of several others needs, by name, and the part that each is in: it is made when it is used.
 *
 * @param doors names of those others; what the first needs is not lazy, since most starts use it
 */
export function lazyChunks(
  chunks: Chunks,
  doors: readonly string[],
): Map<string, string> {
  const users = new Map<string, string[]>();
  for (const door of doors) {
    for (const name of reached(chunks, door, ({ needs }) => needs)) {
      users.set(name, [...users.get(name) ?? [], door]);
    }
  }
  return new Map(
    [...users].flatMap(([name, [door, ...others]]) =>
      others.length === 0 && name !== door && door !== doors[0]
        ? [[name, door] as const]
        : []
    ),
  );
}

/**
 * Which chunk is in which part.
 *
 * @param main the chunk that is the program's main module
 * @param loaded names of the chunks that each of some starts loads; of the first, what it loads is one part
 * @param lazy the parts of chunks that have one of their own
 */
export function partsOf(
  chunks: Chunks,
  main: string,
  loaded: readonly ReadonlySet<string>[],
  lazy: ReadonlyMap<string, string>,
): Part[] {
  const groups = new Map<string, Part>();
  const add = (part: string, name: string, starts: readonly number[]): void => {
    const { chunks: before } = groups.get(part) ?? { chunks: [] };
    groups.set(part, {
      name: part,
      chunks: [...before, chunks.get(name)!],
      starts,
    });
  };
  const often = new Set<string>();
  const front = reached(chunks, main, ({ needs }) => needs);
  for (const name of chunks.keys()) {
    const starts = loaded.flatMap((one, at) => one.has(name) ? [at] : []);
    const part = lazy.get(name);
    if (front.has(name)) add(FRONT, name, [0]);
    else if (part !== undefined) add(part, name, [0]);
    else if (starts[0] === 0) add(START, name, [0]);
    else if (starts.length > 0) {
      add(`${START}${starts.join("_")}`, name, starts);
    } else continue;
    often.add(name);
  }
  const doors = [...often].flatMap((name) => chunks.get(name)!.later)
    .filter((name) => !often.has(name));
  const users = new Map<string, Set<string>>();
  for (const door of doors) {
    for (
      const name of reached(
        chunks,
        door,
        ({ needs, later }) =>
          [...needs, ...later].filter((one) => !often.has(one)),
      )
    ) users.set(name, (users.get(name) ?? new Set()).add(door));
  }
  for (const [name, doorsOf] of users) {
    add(doorsOf.size === 1 ? [...doorsOf][0] : COMMON, name, []);
  }
  return [...groups.values()];
}
