/**
 * Statements whose exchange changes nothing: two assignments to different places, neither of which reads what the
 * other writes, and one to a variable beside a call that cannot see it.
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

/** An assignment of a plain expression to a plain place. With `+=` and its kind it reads its own place too. */
interface Assignment {
  readonly place: string;
  /** The name that the place begins with. */
  readonly root: string;
  /** Names among the arguments of calls: what is reached from them may be read. */
  readonly given: ReadonlySet<string>;
  /** The places that it reads, the indices of its own place with them. */
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

function assignmentOf(text: string, statement: Node): Assignment | undefined {
  const expression = statement.expression as Node;
  const { type, left, right } = expression;
  if (type !== "AssignmentExpression") return undefined;
  if (!isNode(left) || !isNode(right)) return undefined;
  const reads = new Set<string>();
  const given = new Set<string>();
  if (!addReads(text, left, new Set(), given)) return undefined;
  if (!addReads(text, right, reads, given)) return undefined;
  // An index of the place is read, the place itself is not.
  const place = text.slice(left.start, left.end);
  const [root, ...others] = namesIn(text, left);
  for (const name of others) reads.add(name);
  return { place, root, reads, given };
}

/** What the words of a state are reached from. */
const FRAME = "f";

/** Whether one of two assignments may read what the other writes. */
function reads(one: Assignment, { place, root }: Assignment): boolean {
  return one.reads.has(place) || one.given.has(root) || one.given.has(FRAME) ||
    one.given.has("this");
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
    first.place !== second.place && !reads(first, second) &&
    !reads(second, first);
}
