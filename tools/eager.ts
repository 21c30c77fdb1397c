/**
 * Has V8 compile the functions that a start calls together with the program, so that deno keeps their code for the
 * next start; the others are compiled when they are called.
 *
 * V8 compiles a function at once if it is an expression in parentheses, as it takes it for one that is called where it
 * stands; any other only when it is called, and deno does not keep that code. So declarations and methods become such
 * expressions. Constructors, accessors, methods that use `super` or have a computed name, private methods that are not
 * only called as `this.#name(…)`, static private ones, and declarations inside blocks stay as they are.
 *
 * What was a method then has a `prototype`, and a class's own properties another order; what was private can be
 * found by who looks for its new name. A program that depends on any of this is not one for this tool.
 *
 * Arguments: the program's file, which is written anew; the folder with the coverage of its runs, as deno's option
 * `--coverage` writes it; and a word for the file, if it is one of several.
 *
 * @module
 */
import {
  type BinaryExpression,
  type BlockStatement,
  type CallExpression,
  type Class,
  type ClassBody,
  type FunctionDeclaration,
  type FunctionExpression,
  type MemberExpression,
  type MethodDefinition,
  type Node,
  parse,
  type PrivateIdentifier,
  type Program,
  type Property,
} from "acorn";
import { full, fullAncestor } from "acorn-walk";
import MagicString from "magic-string";
import { pathToFileURL } from "node:url";

/** Functions of a program by where their text begins and ends, as V8's coverage has them: `start-end`. */
export type Called = ReadonlySet<string>;

function rangeKey(start: number, end: number): string {
  return `${start}-${end}`;
}

/** A name that the program does not have: the word with a number behind it. */
function freeName(program: string, word: string): string {
  for (let number = 0;; number++) {
    if (!program.includes(`${word}${number}`)) return `${word}${number}`;
  }
}

/** Nodes with the nodes around them, outermost first; the last is the node itself. */
type Visit = readonly Node[];

function visits(program: Program): Visit[] {
  const all: Visit[] = [];
  fullAncestor(program, (_node, _state, ancestors) => {
    all.push([...ancestors]);
  });
  return all;
}

/** The nearest node around that is of a type; undefined if there is none. */
function around<T extends Node>(
  visit: Visit,
  isWanted: (node: Node) => node is T,
): T | undefined {
  return visit.slice(0, -1).findLast(isWanted) as T | undefined;
}

function isMethod(node: Node): node is MethodDefinition {
  return node.type === "MethodDefinition" &&
    (node as MethodDefinition).kind === "method";
}

/** `name() {}` in an object. */
function isObjectMethod(node: Node): node is Property {
  return node.type === "Property" && (node as Property).method;
}

function isClassBody(node: Node): node is ClassBody {
  return node.type === "ClassBody";
}

function isClass(node: Node | undefined): node is Class {
  return node?.type === "ClassDeclaration" || node?.type === "ClassExpression";
}

function isFunction(node: Node): node is FunctionExpression {
  return node.type === "FunctionExpression" ||
    node.type === "FunctionDeclaration";
}

/** It is a function, arrow functions with it. */
function hasBody(node: Node): boolean {
  return isFunction(node) || node.type === "ArrowFunctionExpression";
}

/** A place where a private name is used. */
interface PrivateUse {
  readonly at: PrivateIdentifier;
  /** It is `this.#name(…)`. */
  readonly isOwnCall: boolean;
}

/** What a program says of itself that decides which functions can be changed. */
interface Facts {
  /** Functions that use `super` themselves, or by an arrow function within. */
  readonly withSuper: ReadonlySet<Node>;
  /** Where private names are used, by the class that declares them. */
  readonly uses: ReadonlyMap<
    ClassBody,
    ReadonlyMap<string, readonly PrivateUse[]>
  >;
}

function declares(body: ClassBody, name: string): boolean {
  return body.body.some((member) =>
    "key" in member && member.key?.type === "PrivateIdentifier" &&
    member.key.name === name
  );
}

/** How a node uses a private name; undefined if it does not. */
function privateUse(visit: Visit): PrivateUse | undefined {
  const node = visit.at(-1)!;
  if (node.type === "MemberExpression") {
    const { object, property } = node as MemberExpression;
    if (property.type !== "PrivateIdentifier") return undefined;
    const parent = visit.at(-2);
    const isOwnCall = object.type === "ThisExpression" &&
      parent?.type === "CallExpression" &&
      (parent as CallExpression).callee === node;
    return { at: property, isOwnCall };
  }
  if (node.type === "BinaryExpression") {
    const { left } = node as BinaryExpression;
    if (left.type === "PrivateIdentifier") {
      return { at: left, isOwnCall: false };
    }
  }
  return undefined;
}

function factsOf(all: readonly Visit[]): Facts {
  const withSuper = new Set<Node>();
  const uses = new Map<ClassBody, Map<string, PrivateUse[]>>();
  for (const visit of all) {
    if (visit.at(-1)!.type === "Super") {
      const user = around(visit, isFunction);
      if (user) withSuper.add(user);
    }
    const use = privateUse(visit);
    if (!use) continue;
    const { name } = use.at;
    const owner = around(
      visit,
      (one): one is ClassBody => isClassBody(one) && declares(one, name),
    );
    if (!owner) throw new Error(`no class declares #${name}`);
    const ofOwner = uses.get(owner) ?? new Map();
    uses.set(owner, ofOwner.set(name, [...ofOwner.get(name) ?? [], use]));
  }
  return { withSuper, uses };
}

/** `async function*`, as far as it applies. */
function headOf(
  { async, generator }: FunctionExpression | FunctionDeclaration,
): string {
  return `${async ? "async " : ""}function${generator ? "*" : ""}`;
}

/** What a statement that calls nothing consists of. */
const INERT = new Set([
  "ExpressionStatement",
  "AssignmentExpression",
  "MemberExpression",
  "Identifier",
  "ObjectExpression",
  "ArrayExpression",
  "Property",
  "Literal",
]);

/** Where the first statement is that could call something: before it, functions must be there. */
function frontOf(program: Program): number {
  const first = program.body.find((statement) => {
    let isInert = true;
    full(statement, ({ type }) => {
      isInert &&= INERT.has(type);
    });
    return !isInert;
  });
  return first?.start ?? program.end;
}

/** Puts the functions that were called in parentheses. */
class Rewriting {
  readonly #text: MagicString;
  readonly #called: Called;
  readonly #facts: Facts;
  readonly #front: number;
  readonly #define: string;
  readonly #private: string;
  #renamed = 0;

  constructor(
    program: string,
    called: Called,
    front: number,
    facts: Facts,
    file: string,
  ) {
    this.#front = front;
    this.#text = new MagicString(program);
    this.#called = called;
    this.#facts = facts;
    this.#define = freeName(program, `$define${file}`);
    this.#private = freeName(program, `$private${file}`);
  }

  /** The program as it has become. */
  result(): string {
    const define = `var ${this.#define}=((d)=>(function(o,k,v){d.value=v;` +
      `Object.defineProperty(o,k,d)}))({writable:!0,configurable:!0});`;
    return this.#text.appendLeft(this.#front, define).toString();
  }

  visit(visit: Visit): void {
    const node = visit.at(-1)!;
    const parent = visit.at(-2);
    if (isMethod(node)) {
      const owner = visit.at(-3);
      if (isClass(owner)) this.#method(node, owner.body);
    } else if (isObjectMethod(node)) {
      this.#objectMethod(node);
    } else if (node.type === "FunctionDeclaration") {
      const front = this.#frontAround(visit);
      if (front !== undefined) {
        this.#declaration(node as FunctionDeclaration, front);
      }
    } else if (node.type === "ArrowFunctionExpression") {
      if (this.#isCalled(node)) this.#wrap(node);
    } else if (node.type === "FunctionExpression") {
      const isOfMethod = parent?.type === "MethodDefinition" ||
        parent?.type === "Property" &&
          (isObjectMethod(parent) || (parent as Property).kind !== "init");
      if (!isOfMethod && this.#isCalled(node)) this.#wrap(node);
    }
  }

  #isCalled({ start, end }: Node): boolean {
    return this.#called.has(rangeKey(start, end));
  }

  /** V8 counts a method from its name on, or from `async`. */
  #isMethodCalled(node: MethodDefinition | Property): boolean {
    const { start, end, key } = node;
    return this.#called.has(rangeKey(start, end)) ||
      this.#called.has(rangeKey(key.start, end));
  }

  #wrap({ start, end }: Node): void {
    this.#text.prependRight(start, "(");
    this.#text.appendLeft(end, ")");
  }

  /** Where a declaration's own scope begins; undefined if it is in a block of its own. */
  #frontAround(visit: Visit): number | undefined {
    const [owner, block] = visit.slice(-3);
    if (visit.at(-2)?.type === "Program") return this.#front;
    if (block.type !== "BlockStatement" || !hasBody(owner)) return undefined;
    const { body } = block as BlockStatement;
    return body.find((one) => !("directive" in one))!.start;
  }

  /** To the front of its scope, where it is made before anything calls it. */
  #declaration(node: FunctionDeclaration, front: number): void {
    if (!this.#isCalled(node)) return;
    const { start, end, id } = node;
    this.#text.update(start, id.end, `var ${id.name}=(${headOf(node)}`);
    this.#text.appendLeft(end, ");");
    if (start !== front) this.#text.move(start, end, front);
  }

  #objectMethod(node: Property): void {
    const { start, end, key, value, computed } = node;
    const made = value as FunctionExpression;
    // As a property, __proto__ is no method of the object.
    if (computed || key.type !== "Identifier" || key.name === "__proto__") {
      return;
    }
    if (this.#facts.withSuper.has(made)) return;
    if (!this.#isMethodCalled(node)) return;
    this.#text.update(start, made.start, `${key.name}:(${headOf(made)}`);
    this.#text.appendLeft(end, ")");
  }

  /**
   * Gives a private method a name that no other object has.
   *
   * @returns undefined if its name is used for more than calls by the object itself: it may have to stay private
   */
  #rename({ name }: PrivateIdentifier, body: ClassBody): string | undefined {
    const uses = this.#facts.uses.get(body)?.get(name) ?? [];
    if (uses.some(({ isOwnCall }) => !isOwnCall)) return undefined;
    const free = `${this.#private}_${this.#renamed++}`;
    for (const { at } of uses) this.#text.update(at.start, at.end, free);
    return free;
  }

  /** To the front of its class, before anything static is made, by a block that gives the prototype the function. */
  #method(node: MethodDefinition, body: ClassBody): void {
    const { start, end, key, value, computed } = node;
    if (computed || this.#facts.withSuper.has(value)) return;
    if (!this.#isMethodCalled(node)) return;
    let property: string | undefined;
    let name: string;
    if (key.type === "PrivateIdentifier") {
      name = `"#${key.name}"`;
      property = node.static ? undefined : this.#rename(key, body);
    } else if (key.type === "Identifier" && key.name !== "__proto__") {
      name = `"${key.name}"`;
      property = key.name;
    } else return;
    if (property === undefined) return;
    const object = node.static ? "this" : "this.prototype";
    // The object gives the function its name.
    this.#text.update(
      start,
      value.start,
      `static{${this.#define}(${object},"${property}",{${name}:(${
        headOf(value)
      }`,
    );
    this.#text.appendLeft(end, `)}[${name}])}`);
    const front = body.start + 1;
    if (start !== front) this.#text.move(start, end, front);
  }
}

/**
 * The program with functions in parentheses.
 *
 * @param program an ES module
 * @param called the functions that are to be compiled with it
 * @param file a word for it, if it is one file of several: classes of one may extend those of another
 */
export function compileAtOnce(
  program: string,
  called: Called,
  file = "",
): string {
  const tree = parse(program, { ecmaVersion: "latest", sourceType: "module" });
  const all = visits(tree);
  const front = frontOf(tree);
  const rewriting = new Rewriting(program, called, front, factsOf(all), file);
  for (const visit of all) rewriting.visit(visit);
  return rewriting.result();
}

/** What of a file of coverage is looked at. */
interface Coverage {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }[];
  }[];
}

/**
 * The functions that runs called.
 *
 * @param url the program's
 * @param folder the coverage of the runs
 * @throws {Error} if no run was of that program
 */
async function calledIn(url: string, folder: string): Promise<Called> {
  const called = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    const coverage: Coverage = JSON.parse(
      await Deno.readTextFile(`${folder}/${name}`),
    );
    if (coverage.url !== url) continue;
    for (const { ranges: [whole] } of coverage.functions) {
      if (whole.count === 0) continue;
      called.add(rangeKey(whole.startOffset, whole.endOffset));
    }
  }
  if (called.size === 0) throw new Error(`${folder}: no coverage of ${url}`);
  return called;
}

if (import.meta.main) {
  const [path, folder, file] = Deno.args;
  const url = pathToFileURL(await Deno.realPath(path)).href;
  const called = await calledIn(url, folder);
  const program = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, compileAtOnce(program, called, file));
}
