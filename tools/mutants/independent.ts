/**
 * Statements whose exchange changes nothing: two assignments to different places, neither of which reads what the
 * other writes, and one to a variable beside a call that cannot see it. `set64()` is the assignment of two words.
 *
 * @module
 */
import { isNode, type Node } from "./nodes.ts";

/** Nodes of an expression that have no effect and read no more than what they name. */
const PLAIN = new Set([
  "Identifier",
  "ThisExpression",
  "PrivateName",
  "NumericLiteral",
  "BigIntLiteral",
  "BooleanLiteral",
  "StringLiteral",
  "NullLiteral",
  "MemberExpression",
  "BinaryExpression",
  "LogicalExpression",
  "UnaryExpression",
  "ConditionalExpression",
  "TSAsExpression",
  "TSNonNullExpression",
]);

/** An assignment of a plain expression to plain places. With `+=` and its kind it reads its own place too. */
interface Assignment {
  readonly places: readonly string[];
  /** The name that the places begin with. */
  readonly root: string;
  /** Names among the arguments of calls: what is reached from them may be read. */
  readonly given: ReadonlySet<string>;
  /** The places that it reads, the indices of its own places with them. */
  readonly reads: ReadonlySet<string>;
}

/** Whether a node is a call of a function by its name. */
function isNamedCall({ type, callee }: Node): boolean {
  return type === "CallExpression" && isNode(callee) &&
    callee.type === "Identifier";
}

/** The names in an expression. */
function namesIn(text: string, node: Node): string[] {
  return text.slice(node.start, node.end).match(/[A-Za-z_$][\w$]*/g) ?? [];
}

/** Adds the places that an expression reads. @returns whether it is plain */
function addReads(
  text: string,
  node: Node,
  reads: Set<string>,
  given: Set<string>,
): boolean {
  if (isNamedCall(node)) {
    const args = node.arguments as readonly Node[];
    for (const arg of args) {
      for (const name of namesIn(text, arg)) given.add(name);
    }
    // A closure that is called without any reads what it likes.
    return args.length > 0 &&
      args.every((arg) => addReads(text, arg, reads, given));
  }
  if (!PLAIN.has(node.type)) return false;
  if (node.type === "Identifier" || node.type === "MemberExpression") {
    reads.add(text.slice(node.start, node.end));
  }
  return Object.entries(node).every(([key, value]) =>
    key === "loc" || key === "extra" || key.endsWith("Comments") ||
    !isNode(value) || addReads(text, value, reads, given)
  );
}

/** Where an expression stores, what is evaluated to find that, and the value. */
interface Store {
  readonly places: readonly string[];
  readonly where: readonly Node[];
  readonly value: Node;
}

function storeOf(text: string, expression: Node): Store | undefined {
  const source = ({ start, end }: Node) => text.slice(start, end);
  const { type, left, right } = expression;
  if (type === "AssignmentExpression") {
    if (!isNode(left) || !isNode(right)) return undefined;
    return { places: [source(left)], where: [left], value: right };
  }
  if (
    !isNamedCall(expression) || source(expression.callee as Node) !== "set64"
  ) return undefined;
  const [words, at, value] = expression.arguments as readonly Node[];
  const index = `${source(words)}[${source(at)}`;
  return {
    places: [`${index}]`, `${index} + 1]`],
    where: [words, at],
    value,
  };
}

function assignmentOf(text: string, statement: Node): Assignment | undefined {
  const store = storeOf(text, statement.expression as Node);
  if (store === undefined) return undefined;
  const { places, where, value } = store;
  const reads = new Set<string>();
  const given = new Set<string>();
  if (!where.every((node) => addReads(text, node, new Set(), given))) {
    return undefined;
  }
  if (!addReads(text, value, reads, given)) return undefined;
  // An index of the place is read, the place itself is not.
  const [root, ...others] = where.flatMap((node) => namesIn(text, node));
  for (const name of others) reads.add(name);
  return { places, root, reads, given };
}

/** What the words of a state are reached from. */
const FRAME = "f";

/** Whether one of two assignments may read what the other writes. */
function reads(one: Assignment, { places, root }: Assignment): boolean {
  return places.some((place) => one.reads.has(place)) || one.given.has(root) ||
    one.given.has(FRAME) || one.given.has("this");
}

/** Whether a name of a file is a variable of the module, which every function of it sees. */
function isOfModule(text: string, name: string): boolean {
  return new RegExp(`^(export )?(let|var) ${escaped(name)}\\b`, "m").test(text);
}

/** Whether a name of a file is a function that sees no variable of another: one of the module, or an import. */
function isModuleFunction(text: string, name: string): boolean {
  const word = escaped(name);
  return new RegExp(
    `^(export )?(async )?function\\*? ${word}\\b|^import [^;]*\\b${word}\\b[^;]* from`,
    "m",
  ).test(text);
}

function escaped(name: string): string {
  return name.replaceAll("$", "\\$");
}

/** Whether one is `a = b` of variables or literals, and the other a call of a module's function that is not given `a`. */
function isUnseen(text: string, one: Node, other: Node): boolean {
  const { type, left, right } = one.expression as Node;
  if (type !== "AssignmentExpression" || !isNode(left) || !isNode(right)) {
    return false;
  }
  const call = other.expression as Node;
  if (left.type !== "Identifier" || !isNamedCall(call)) return false;
  if (right.type !== "Identifier" && !right.type.endsWith("Literal")) {
    return false;
  }
  const [name, ...read] = namesIn(text, one);
  const [callee, ...given] = namesIn(text, call);
  return isModuleFunction(text, callee) && !given.includes(name) &&
    [name, ...read].every((each) => !isOfModule(text, each));
}

/**
 * Whether two statements may change places without any effect. Places of different names are taken for different
 * ones, as the fields of a state are, and a function reads no more than what its arguments lead to.
 *
 * @param text of the file
 */
export function areIndependent(text: string, one: Node, other: Node): boolean {
  if (isUnseen(text, one, other) || isUnseen(text, other, one)) return true;
  const first = assignmentOf(text, one);
  const second = assignmentOf(text, other);
  return first !== undefined && second !== undefined &&
    !first.places.some((place) => second.places.includes(place)) &&
    !reads(first, second) && !reads(second, first);
}
