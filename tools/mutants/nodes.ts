/**
 * A node of Babel's tree, as far as the walk looks at it.
 *
 * @module
 */

/** A node. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { line: number; column: number } };
  readonly [key: string]: unknown;
}

/** Whether the value of a node's key is a node. */
export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null &&
    typeof (value as { type?: unknown }).type === "string" &&
    "start" in value;
}
