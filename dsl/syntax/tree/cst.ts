/**
 * Reading the concrete tree, which mirrors the grammar. A line without errors has every child that its rule demands.
 *
 * @module
 */
import type { CstElement, CstNode, IToken } from "chevrotain";

/** Children of a name; undefined if there are none. */
export function elements(
  node: CstNode,
  name: string,
): readonly CstElement[] | undefined {
  return node.children[name];
}

export function nodes(node: CstNode, name: string): readonly CstNode[] {
  return (elements(node, name) ?? []) as readonly CstNode[];
}

export function tokens(node: CstNode, name: string): readonly IToken[] {
  return (elements(node, name) ?? []) as readonly IToken[];
}

/** A child that a line without errors always has. */
export function sub(node: CstNode, name: string): CstNode {
  return elements(node, name)![0] as CstNode;
}

export function optional(node: CstNode, name: string): CstNode | undefined {
  return elements(node, name)?.[0] as CstNode | undefined;
}

/** Which of its alternatives a node has. */
export function firstKey(node: CstNode): string {
  for (const key in node.children) {
    if (Object.hasOwn(node.children, key)) return key;
  }
  throw new RangeError(`${node.name} is empty`);
}
