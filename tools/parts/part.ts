/**
 * One part of a program: its chunks as the body of a function that is given what it needs of other parts.
 *
 * @module
 */
import {
  type ExportNamedDeclaration,
  type Identifier,
  type ImportDeclaration,
  type Literal,
  type Node,
  parse,
  type Program,
  type Property,
} from "acorn";
import { full, fullAncestor } from "acorn-walk";
import MagicString from "magic-string";
import {
  assignedIn,
  type Chunk,
  chunkName,
  importsOf,
  isOfStarts,
  lateImportsOf,
  type Part,
} from "./chunks.ts";

/** What the modules are called that stand for other parts while a part is bundled. */
const OTHER = "part:";

/** What a part gives to others, by chunk and what the chunk calls it; the name that it has between parts. */
export class Shared {
  readonly #names = new Map<string, Map<string, string>>();
  #count = 0;

  /** The name between parts. `*` is all that the chunk exports. */
  name(chunk: string, exported: string): string {
    const ofChunk = this.#names.get(chunk) ?? new Map<string, string>();
    this.#names.set(chunk, ofChunk);
    const known = ofChunk.get(exported) ?? `$${(this.#count++).toString(36)}`;
    ofChunk.set(exported, known);
    return known;
  }

  /** What is shared of a chunk: pairs of what it calls it and the name between parts. */
  of(chunk: string): [exported: string, shared: string][] {
    return [...this.#names.get(chunk) ?? []];
  }
}

/** The part that a chunk is in. */
export type PartOf = (chunk: string) => string;

/** What an import or export statement calls a thing outside. */
function outerName(node: Identifier | Literal): string {
  return node.type === "Identifier" ? node.name : String(node.value);
}

/** What a statement imports from a chunk: the names there and here. */
function importedNames(
  { specifiers }: ImportDeclaration,
  chunk: string,
): { imported: string; local: string }[] {
  return specifiers.map((one) => {
    if (one.type !== "ImportSpecifier") {
      throw new Error(`${chunk} is imported by ${one.type}`);
    }
    return { imported: outerName(one.imported), local: one.local.name };
  });
}

/** A statement that imports from a chunk of another part. */
function sharedImport(
  statement: ImportDeclaration,
  chunk: string,
  part: string,
  shared: Shared,
): string {
  const names = importedNames(statement, chunk).map(({ imported, local }) =>
    `${shared.name(chunk, imported)} as ${local}`
  );
  return `import {${names.join(",")}} from ${JSON.stringify(OTHER + part)};`;
}

/** An expression for what is used of a chunk, if that is known, or else for all of it. */
function values(
  names: readonly string[] | undefined,
  valueOf: (name: string) => string,
): string {
  return names
    ? `{${names.map((one) => `${one}:${valueOf(one)}`).join(",")}}`
    : valueOf("*");
}

/** It is a function, arrow functions with it. */
function hasBody({ type }: Node): boolean {
  return /Function/.test(type);
}

/**
 * Has names of a lazy part stand for what makes the part, wherever they are used.
 *
 * @param values expressions by the names that the chunk has
 * @throws {Error} if a name is used when the chunk is made, or has another meaning somewhere
 */
function useLate(
  { name, tree }: Chunk,
  values: ReadonlyMap<string, string>,
  changed: MagicString,
): void {
  full(tree, (node, _state, type) => {
    if (type !== "VariablePattern") return;
    const { name: local } = node as Identifier;
    if (values.has(local)) throw new Error(`${name}: ${local} is two things`);
  });
  fullAncestor(tree, (node, _state, ancestors) => {
    if (node.type !== "Identifier") return;
    const value = values.get((node as Identifier).name);
    if (value === undefined) return;
    const parent = ancestors.at(-2);
    const isShort = parent?.type === "Property" &&
      (parent as Property).shorthand;
    if (isShort || !ancestors.some(hasBody)) {
      throw new Error(
        `${name}: ${
          (node as Identifier).name
        } is used at once, and its part is lazy`,
      );
    }
    changed.update(node.start, node.end, value);
  });
}

/**
 * A chunk's text in its part: imports from other parts are by the part, later ones by what makes parts.
 *
 * @param lazy names of the parts that are made when they are used by a part that starts load
 */
export function chunkInPart(
  chunk: Chunk,
  partOf: PartOf,
  shared: Shared,
  lazy: ReadonlySet<string>,
): string {
  const { name, text, tree } = chunk;
  const changed = new MagicString(text);
  const late = new Map<string, string>();
  const own = partOf(name);
  for (const statement of importsOf(tree)) {
    const from = chunkName(statement.source.value);
    if (from === undefined || partOf(from) === own) continue;
    const { start, end } = statement;
    if (isOfStarts(own) && lazy.has(partOf(from))) {
      const part = `$now(${JSON.stringify(partOf(from))})`;
      for (const one of importedNames(statement, from)) {
        late.set(one.local, `${part}.${shared.name(from, one.imported)}`);
      }
      changed.remove(start, end);
      continue;
    }
    changed.update(
      start,
      end,
      sharedImport(statement, from, partOf(from), shared),
    );
  }
  useLate(chunk, late, changed);
  const added = new Set<string>();
  for (
    const { node: { start, end }, specifier, names } of lateImportsOf(tree)
  ) {
    const from = chunkName(specifier);
    if (from === undefined) continue;
    const part = partOf(from);
    // An object of all that a chunk exports takes longer to make than one of what is used.
    const text = part === own
      ? `Promise.resolve(${
        values(names, (one) => {
          const local = `${one === "*" ? "$all" : one}_of_${from}`
            .replace(/[^\w$]/g, "_");
          const what = one === "*" ? `* as ${local}` : `{${one} as ${local}}`;
          added.add(`import ${what} from "./${from}.js";\n`);
          return local;
        })
      })`
      : `$part(${JSON.stringify(part)}).then(($)=>(${
        values(names, (one) => `$.${shared.name(from, one)}`)
      }))`;
    changed.update(start, end, text);
  }
  return [...added].join("") + changed.toString();
}

/**
 * Checks that what a chunk gives to other parts stays what it is: they are given values.
 *
 * @throws {Error} if something is assigned to it
 */
function checkShared({ name, tree }: Chunk, shared: Shared): void {
  const assigned = assignedIn(tree);
  const names = new Set(shared.of(name).map(([exported]) => exported));
  for (const statement of tree.body) {
    if (statement.type !== "ExportNamedDeclaration") continue;
    for (const { local, exported } of statement.specifiers) {
      if (!names.has(outerName(exported))) continue;
      if (!assigned.has(outerName(local))) continue;
      throw new Error(`${name}: ${outerName(local)} changes, and is shared`);
    }
  }
}

/** The main module of a part: what it gives to others. */
export function partModule({ chunks }: Part, shared: Shared): string {
  return chunks.flatMap((chunk) => {
    checkShared(chunk, shared);
    const { name } = chunk;
    const from = JSON.stringify(`./${name}.js`);
    return [
      `import ${from};`,
      ...shared.of(name).map(([exported, outside]) =>
        exported === "*"
          ? `export * as ${outside} from ${from};`
          : `export {${exported} as ${outside}} from ${from};`
      ),
    ];
  }).join("\n");
}

/** A part as it was bundled, taken apart. */
export interface Body {
  /** The parts whose values it is given, in the order of `names`. */
  readonly needs: readonly string[];
  /** For each of these a pattern that takes the values apart. */
  readonly patterns: readonly string[];
  /** The statements, without imports and exports. */
  readonly statements: string;
  /** An object of what it gives to others. */
  readonly gives: string;
}

/**
 * Takes a bundled part apart. What it asks of its module is the main file's.
 *
 * @param text what deno bundle made of the part
 * @throws {Error} if it imports or exports in another way than deno bundle writes it
 */
export function bodyOf(text: string): Body {
  const tree: Program = parse(text, {
    ecmaVersion: "latest",
    sourceType: "module",
  });
  const changed = new MagicString(text);
  const patterns = new Map<string, string[]>();
  for (const { source, specifiers, start, end } of importsOf(tree)) {
    const from = String(source.value);
    if (!from.startsWith(OTHER)) throw new Error(`a part imports ${from}`);
    const part = from.slice(OTHER.length);
    const names = specifiers.map((one) => {
      if (one.type !== "ImportSpecifier") throw new Error(`${one.type}`);
      return `${outerName(one.imported)}:${one.local.name}`;
    });
    patterns.set(part, [...patterns.get(part) ?? [], ...names]);
    changed.remove(start, end);
  }
  full(tree, ({ type, start, end }) => {
    if (type === "MetaProperty" && text.slice(start, end) === "import.meta") {
      changed.update(start, end, "$meta");
    }
  });
  const gives: string[] = [];
  for (const statement of tree.body) {
    if (!statement.type.startsWith("Export")) continue;
    const { specifiers, declaration, start, end } =
      statement as ExportNamedDeclaration;
    if (declaration) throw new Error("a part exports a declaration");
    for (const { local, exported } of specifiers) {
      gives.push(`${outerName(exported)}:${outerName(local)}`);
    }
    changed.remove(start, end);
  }
  return {
    needs: [...patterns.keys()],
    patterns: [...patterns.values()].map((names) => `{${names.join(",")}}`),
    statements: changed.toString().trim(),
    gives: `{${gives.join(",")}}`,
  };
}

/** What `--external` is given so that other parts stay outside. */
export function otherParts(parts: readonly Part[]): string[] {
  return parts.flatMap(({ name }) => ["--external", OTHER + name]);
}
