/**
 * Has V8 compile the functions that a start calls together with the program, so that deno keeps their code for the
 * next start; the others are compiled when they are called.
 *
 * V8 compiles a function at once if it is an expression in parentheses, as it takes it for one that is called where it
 * stands; any other only when it is called, and deno does not keep that code. So declarations and methods become such
 * expressions. Constructors, accessors, methods that use `super`, static private methods and declarations inside
 * functions stay as they are.
 *
 * Arguments: the program's file, which is written anew, and the folder with the coverage of its runs, as deno's option
 * `--coverage` writes it.
 *
 * @module
 */
import {
  type BinaryExpression,
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
import { fullAncestor } from "acorn-walk";
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

/** What a program says of itself that decides which functions can be changed. */
interface Facts {
  /** Functions that use `super` themselves, or by an arrow function within. */
  readonly withSuper: ReadonlySet<Node>;
  /** Private names that objects are asked for, `#name in object`, by the class that declares them. */
  readonly asked: ReadonlyMap<ClassBody, ReadonlySet<string>>;
  /** Where private names are read, by the class that declares them. */
  readonly uses: ReadonlyMap<ClassBody, readonly PrivateIdentifier[]>;
}

function declares(body: ClassBody, name: string): boolean {
  return body.body.some((member) =>
    "key" in member && member.key?.type === "PrivateIdentifier" &&
    member.key.name === name
  );
}

/** The private name that a node reads or asks for; undefined if it does neither. */
function privateNameIn(
  node: Node,
): { readonly name: PrivateIdentifier; readonly isAsked: boolean } | undefined {
  if (node.type === "MemberExpression") {
    const { property } = node as MemberExpression;
    return property.type === "PrivateIdentifier"
      ? { name: property, isAsked: false }
      : undefined;
  }
  if (node.type === "BinaryExpression") {
    const { left } = node as BinaryExpression;
    return left.type === "PrivateIdentifier"
      ? { name: left, isAsked: true }
      : undefined;
  }
  return undefined;
}

function factsOf(all: readonly Visit[]): Facts {
  const withSuper = new Set<Node>();
  const asked = new Map<ClassBody, Set<string>>();
  const uses = new Map<ClassBody, PrivateIdentifier[]>();
  for (const visit of all) {
    const node = visit.at(-1)!;
    if (node.type === "Super") {
      const user = around(visit, isFunction);
      if (user) withSuper.add(user);
    }
    const found = privateNameIn(node);
    if (!found) continue;
    const { name, isAsked } = found;
    const owner = around(
      visit,
      (one): one is ClassBody => isClassBody(one) && declares(one, name.name),
    );
    if (!owner) throw new Error(`no class declares #${name.name}`);
    if (isAsked) {
      asked.set(owner, (asked.get(owner) ?? new Set()).add(name.name));
    } else uses.set(owner, [...uses.get(owner) ?? [], name]);
  }
  return { withSuper, asked, uses };
}

/** `async function*`, as far as it applies. */
function headOf(
  { async, generator }: FunctionExpression | FunctionDeclaration,
): string {
  return `${async ? "async " : ""}function${generator ? "*" : ""}`;
}

/** Where the first statement is that could call something: before it, functions must be there. */
function frontOf(program: string, { body }: Program): number {
  const first = body.find(({ start, end }) =>
    /[(`]/.test(program.slice(start, end))
  );
  return first?.start ?? program.length;
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

  constructor(program: string, called: Called, front: number, facts: Facts) {
    this.#front = front;
    this.#text = new MagicString(program);
    this.#called = called;
    this.#facts = facts;
    this.#define = freeName(program, "$define");
    this.#private = freeName(program, "$private");
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
      if (parent?.type === "Program") {
        this.#declaration(node as FunctionDeclaration);
      }
    } else if (node.type === "ArrowFunctionExpression") {
      if (this.#isCalled(node)) this.#wrap(node);
    } else if (node.type === "FunctionExpression") {
      const isOfMethod = parent && parent.type !== "CallExpression" &&
        "value" in parent && parent.value === node &&
        (parent.type === "MethodDefinition" ||
          isObjectMethod(parent) || (parent as Property).kind !== "init");
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

  /** To the front, where it is made before anything calls it. */
  #declaration(node: FunctionDeclaration): void {
    if (!this.#isCalled(node)) return;
    const { start, end, id } = node;
    this.#text.update(start, id.end, `var ${id.name}=(${headOf(node)}`);
    this.#text.appendLeft(end, ");");
    this.#text.move(start, end, this.#front);
  }

  #objectMethod(node: Property): void {
    const { start, end, key, value, computed } = node;
    const made = value as FunctionExpression;
    if (computed || key.type !== "Identifier") return;
    if (this.#facts.withSuper.has(made)) return;
    if (!this.#isMethodCalled(node)) return;
    this.#text.update(start, made.start, `${key.name}:(${headOf(made)}`);
    this.#text.appendLeft(end, ")");
  }

  /** Gives a private method a name that no other object has; what it becomes is no private method. */
  #rename(key: PrivateIdentifier, body: ClassBody): string {
    const name = `${this.#private}_${this.#renamed++}`;
    for (const use of this.#facts.uses.get(body) ?? []) {
      if (use.name === key.name) this.#text.update(use.start, use.end, name);
    }
    return name;
  }

  #method(node: MethodDefinition, body: ClassBody): void {
    const { start, end, key, value, computed } = node;
    if (computed || this.#facts.withSuper.has(value)) return;
    if (!this.#isMethodCalled(node)) return;
    let name: string;
    if (key.type === "PrivateIdentifier") {
      if (node.static || this.#facts.asked.get(body)?.has(key.name)) return;
      name = this.#rename(key, body);
    } else if (key.type === "Identifier") name = key.name;
    else return;
    const object = node.static ? "this" : "this.prototype";
    this.#text.update(
      start,
      value.start,
      // The object gives the function its name.
      `static{${this.#define}(${object},"${name}",{${name}:(${headOf(value)}`,
    );
    this.#text.appendLeft(end, `)}.${name})}`);
  }
}

/**
 * The program with functions in parentheses.
 *
 * @param program an ES module
 * @param called the functions that are to be compiled with it
 */
export function compileAtOnce(program: string, called: Called): string {
  const tree = parse(program, { ecmaVersion: "latest", sourceType: "module" });
  const all = visits(tree);
  const front = frontOf(program, tree);
  const rewriting = new Rewriting(program, called, front, factsOf(all));
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
  const [path, folder] = Deno.args;
  const url = pathToFileURL(await Deno.realPath(path)).href;
  const called = await calledIn(url, folder);
  const program = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, compileAtOnce(program, called));
}
