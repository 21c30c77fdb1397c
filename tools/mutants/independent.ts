/**
 * Statements whose exchange changes nothing: two assignments to different places, neither of which reads what the
 * other writes.
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

/** An assignment with `=` of a plain expression to a plain place. */
interface Assignment {
  readonly place: string;
  /** The places that it reads, the indices of its own place with them. */
  readonly reads: ReadonlySet<string>;
}

/** Adds the places that an expression reads. @returns whether it is plain */
function addReads(text: string, node: Node, reads: Set<string>): boolean {
  if (!PLAIN.has(node.type)) return false;
  if (node.type === "Identifier" || node.type === "MemberExpression") {
    reads.add(text.slice(node.start, node.end));
  }
  return Object.entries(node).every(([key, value]) =>
    key === "loc" || key === "extra" || key.endsWith("Comments") ||
    !isNode(value) || addReads(text, value, reads)
  );
}

function assignmentOf(text: string, statement: Node): Assignment | undefined {
  const expression = statement.expression as Node;
  const { type, operator, left, right } = expression;
  if (type !== "AssignmentExpression" || operator !== "=") return undefined;
  if (!isNode(left) || !isNode(right)) return undefined;
  const reads = new Set<string>();
  if (!addReads(text, left, reads) || !addReads(text, right, reads)) {
    return undefined;
  }
  const place = text.slice(left.start, left.end);
  // Read only if it is on the right too.
  const readsRight = new Set<string>();
  addReads(text, right, readsRight);
  if (!readsRight.has(place)) reads.delete(place);
  return { place, reads };
}

/**
 * Whether two statements may change places without any effect. Places of different names are taken for different
 * ones: the fields of a state are.
 *
 * @param text of the file
 */
export function areIndependent(text: string, one: Node, other: Node): boolean {
  const first = assignmentOf(text, one);
  const second = assignmentOf(text, other);
  return first !== undefined && second !== undefined &&
    first.place !== second.place && !first.reads.has(second.place) &&
    !second.reads.has(first.place);
}
