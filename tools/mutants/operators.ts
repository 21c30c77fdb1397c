/**
 * Which small changes a piece of source admits: the operators of the mutation test, on Babel's syntax tree.
 *
 * @module
 */
import { parse } from "@babel/parser";
import { areIndependent } from "./independent.ts";
import { isNode, type Node } from "./nodes.ts";
import { FIRST_FIELDS } from "./offsets.ts";

/** The kinds of change. */
export type MutantKind =
  | "condition"
  | "logic"
  | "bound"
  | "equality"
  | "arithmetic"
  | "mask"
  | "number"
  | "boolean"
  | "statement"
  | "order"
  | "arguments";

/** The expression or the statements around a change, where a switch between both texts can be put. */
export interface Scope {
  readonly start: number;
  readonly end: number;
  readonly isStatement: boolean;
}

/** One change of one file. */
export interface Mutant {
  /** Path from the root. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly kind: MutantKind;
  /** Offsets in the file, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** What is there now, and what takes its place. */
  readonly before: string;
  readonly after: string;
  /** None where no expression may be, as in the name of a property. */
  readonly scope?: Scope;
}

/** Operators, each with the one that takes its place. */
const OPERATORS: Readonly<Record<string, readonly [string, MutantKind]>> = {
  "&&": ["||", "logic"],
  "||": ["&&", "logic"],
  "<": ["<=", "bound"],
  "<=": ["<", "bound"],
  ">": [">=", "bound"],
  ">=": [">", "bound"],
  "===": ["!==", "equality"],
  "!==": ["===", "equality"],
  "+": ["-", "arithmetic"],
  "-": ["+", "arithmetic"],
  "<<": [">>>", "arithmetic"],
  ">>>": ["<<", "arithmetic"],
  ">>": ["<<", "arithmetic"],
  "&": ["|", "mask"],
  "|": ["&", "mask"],
  "^": ["|", "mask"],
};

/** What an assignment becomes. */
const ASSIGNMENTS: Readonly<Record<string, readonly [string, MutantKind]>> = {
  "&=": ["|=", "mask"],
  "|=": ["&=", "mask"],
  "+=": ["-=", "arithmetic"],
  "-=": ["+=", "arithmetic"],
};

/** Keys of a node that hold no code that runs. */
const SILENT_KEYS = new Set([
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "returnType",
  "leadingComments",
  "trailingComments",
  "innerComments",
  "loc",
  "extra",
]);

/** Nodes of types alone. `as`, `!` and `satisfies` have an expression inside. */
function isSilent({ type }: Node): boolean {
  return type === "ImportDeclaration" || type === "ExportAllDeclaration" ||
    type === "ThrowStatement" ||
    type.startsWith("TS") && !/^TS(As|NonNull|Satisfies)/.test(type);
}

/** The other bit, or the next number: a mask is written in hexadecimal or binary. */
function otherNumber(raw: string): string | undefined {
  const match = /^(0[xb])?([0-9a-f_]+)(n?)$/i.exec(raw);
  if (!match) return undefined;
  const [, base = "", digits, big] = match;
  const value = BigInt(base + digits.replaceAll("_", ""));
  const radix = base.toLowerCase() === "0x" ? 16 : base === "" ? 10 : 2;
  const other = radix === 10 ? value + 1n : value ^ 1n;
  return `${base}${other.toString(radix)}${big}`;
}

function expression({ start, end }: Node): Scope {
  return { start, end, isStatement: false };
}

/** Makes the mutants of one file, in the order of the text. */
class Collector {
  readonly found: Mutant[] = [];

  /** Nodes that name a property. */
  readonly #names = new Set<Node>();

  constructor(readonly path: string, readonly text: string) {}

  #add(
    kind: MutantKind,
    at: Node,
    start: number,
    end: number,
    after: string,
    scope: Scope | undefined = expression(at),
  ): void {
    const before = this.text.slice(start, end);
    const [line, column] = this.#place(at, start);
    const { path } = this;
    const change = { path, line, column, kind, start, end, before, after };
    this.found.push(
      scope && !this.#names.has(at) ? { ...change, scope } : change,
    );
  }

  /** Line and column of an offset that is not before the node. */
  #place(node: Node, offset: number): [line: number, column: number] {
    const between = this.text.slice(node.start, offset).split("\n");
    const { line, column } = node.loc.start;
    return between.length === 1
      ? [line, column + between[0].length + 1]
      : [line + between.length - 1, between.at(-1)!.length + 1];
  }

  #text(node: Node): string {
    return this.text.slice(node.start, node.end);
  }

  /** The operator between two operands, which may have comments about it. */
  #operator(left: Node, right: Node, operator: string): number {
    return this.text.indexOf(operator, left.end) < right.start
      ? this.text.indexOf(operator, left.end)
      : -1;
  }

  #swapOperator(
    node: Node,
    table: Readonly<Record<string, readonly [string, MutantKind]>>,
  ): void {
    const { left, right, operator } = node;
    if (!isNode(left) || !isNode(right)) return;
    const found = table[operator as string];
    const at = this.#operator(left, right, operator as string);
    if (!found || at < 0) return;
    const [after, kind] = found;
    if (kind === "arithmetic" && FIRST_FIELDS.has(this.#text(right))) return;
    this.#add(kind, node, at, at + (operator as string).length, after);
  }

  #negate(test: unknown): void {
    if (!isNode(test)) return;
    this.#add(
      "condition",
      test,
      test.start,
      test.end,
      `!(${this.#text(test)})`,
    );
  }

  #swap(kind: MutantKind, first: Node, second: Node, scope: Scope): void {
    const [one, other] = [this.#text(first), this.#text(second)];
    if (one === other) return;
    const between = this.text.slice(first.end, second.start);
    this.#add(
      kind,
      first,
      first.start,
      second.end,
      other + between + one,
      scope,
    );
  }

  /** A statement that calls or assigns, and so can be left out or change places. */
  #isAct(node: Node): boolean {
    if (node.type !== "ExpressionStatement") return false;
    const expression = node.expression as Node;
    return ["CallExpression", "AssignmentExpression", "UpdateExpression"]
      .includes(expression.type);
  }

  #statements(body: readonly Node[]): void {
    for (const [index, statement] of body.entries()) {
      if (!this.#isAct(statement)) continue;
      const { start, end } = statement;
      const scope = { start, end, isStatement: true };
      this.#add("statement", statement, start, end, ";", scope);
      const next = body[index + 1];
      if (
        next && this.#isAct(next) && !areIndependent(this.text, statement, next)
      ) {
        this.#swap("order", statement, next, { ...scope, end: next.end });
      }
    }
  }

  #own(node: Node): void {
    switch (node.type) {
      case "IfStatement":
      case "ConditionalExpression":
      case "WhileStatement":
        return this.#negate(node.test);
      case "LogicalExpression":
      case "BinaryExpression":
        return this.#swapOperator(node, OPERATORS);
      case "AssignmentExpression":
        return this.#swapOperator(node, ASSIGNMENTS);
      case "UnaryExpression":
        if (node.operator === "~") {
          this.#add("mask", node, node.start, node.start + 1, "");
        }
        return;
      case "NumericLiteral":
      case "BigIntLiteral": {
        const after = otherNumber(this.#text(node));
        if (after !== undefined) {
          this.#add("number", node, node.start, node.end, after);
        }
        return;
      }
      case "BooleanLiteral":
        this.#add("boolean", node, node.start, node.end, `${!node.value}`);
        return;
      case "CallExpression": {
        // Their order says nothing.
        if (/^Math\.(max|min)$/.test(this.#text(node.callee as Node))) return;
        const args = node.arguments as readonly Node[];
        for (let i = 0; i + 1 < args.length; i++) {
          if (args[i].type === args[i + 1].type) {
            this.#swap("arguments", args[i], args[i + 1], expression(node));
          }
        }
        return;
      }
      case "BlockStatement":
      case "Program":
        return this.#statements(node.body as readonly Node[]);
      case "SwitchCase":
        return this.#statements(node.consequent as readonly Node[]);
      default:
        return;
    }
  }

  walk(node: Node): void {
    if (isSilent(node)) return;
    if (isNode(node.key) && !node.computed) this.#names.add(node.key);
    this.#own(node);
    for (const [key, value] of Object.entries(node)) {
      if (SILENT_KEYS.has(key)) continue;
      for (const inner of Array.isArray(value) ? value : [value]) {
        if (isNode(inner)) this.walk(inner);
      }
    }
  }
}

/**
 * All mutants of a file.
 *
 * @param path of the file, from the root
 * @param text its TypeScript source
 */
export function mutantsOf(path: string, text: string): readonly Mutant[] {
  const collector = new Collector(path, text);
  const file = parse(text, { sourceType: "module", plugins: ["typescript"] });
  collector.walk(file.program as unknown as Node);
  return collector.found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The file's text with the change. */
export function applied(text: string, { start, end, after }: Mutant): string {
  return text.slice(0, start) + after + text.slice(end);
}

/** The text of its scope with the change. */
export function scopeText(
  text: string,
  { start, end, after }: Mutant,
  scope: Scope,
): string {
  return text.slice(scope.start, start) + after + text.slice(end, scope.end);
}

/** What a mutant is called: it stays as long as the line does not move. */
export function nameOf({ path, line, column, kind }: Mutant): string {
  return `${path}:${line}:${column} ${kind}`;
}
