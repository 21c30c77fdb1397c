/**
 * Programs as small graphs: one action after the other, and choices. A position is the number of a node, which
 * fits one word of a block.
 *
 * @module
 */

/** A node: an action and what comes after it, a choice of nodes, or the end. */
export type GraphNode<A> =
  | { readonly kind: "act"; readonly action: A; readonly next: number }
  | { readonly kind: "choice"; readonly next: readonly number[] }
  | { readonly kind: "end" };

/** A program. */
export interface Graph<A> {
  /** In order; a branch names them by index. */
  readonly nodes: readonly GraphNode<A>[];
  /** Where a program begins. */
  readonly start: number;
}

/** Most nodes of one program: `repeat` writes its body out. */
export const NODES_MAX = 100_000;

/** A program is larger than `NODES_MAX`. */
export class GraphTooLarge extends Error {
  /** Name of the error. */
  override name = "GraphTooLarge";
}

/** A program without an action. */
export function emptyGraph<A>(): Graph<A> {
  return { nodes: [{ kind: "end" }], start: 0 };
}

/**
 * Builds programs from the back: each part is given the position that comes after it, and gives the position
 * where it begins.
 *
 * ```ts
 * import { GraphBuilder } from "./graph.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const b = new GraphBuilder<string>();
 * // a, then b or c, twice
 * const start = b.repeat(2, b.end, (next) =>
 *   b.act("a", b.choice([b.act("b", next), b.act("c", next)])));
 * assertEquals(b.finish(start).nodes.length, 9);
 * ```
 */
export class GraphBuilder<A> {
  readonly #nodes: GraphNode<A>[] = [{ kind: "end" }];
  /** Position after the last action. */
  readonly end = 0;

  /** An action, and what comes after it. */
  act(action: A, next: number): number {
    return this.#add({ kind: "act", action, next });
  }

  /** One of several. */
  choice(next: readonly number[]): number {
    const different = [...new Set(next)];
    if (different.length === 1) return different[0];
    return this.#add({ kind: "choice", next: different });
  }

  /** A body `count` times. */
  repeat(
    count: number,
    next: number,
    body: (next: number) => number,
  ): number {
    let at = next;
    for (let i = 0; i < count; i++) at = body(at);
    return at;
  }

  /** The program that begins at a position. */
  finish(start: number): Graph<A> {
    return { nodes: [...this.#nodes], start };
  }

  #add(node: GraphNode<A>): number {
    if (this.#nodes.length >= NODES_MAX) {
      throw new GraphTooLarge(`a program has more than ${NODES_MAX} nodes`);
    }
    return this.#nodes.push(node) - 1;
  }
}

/**
 * What can come first at each position: numbers of `act` nodes, and of the end where the program may be over.
 * Choices are looked through.
 */
export function optionsOf<A>(graph: Graph<A>): readonly (readonly number[])[] {
  const known: (readonly number[] | undefined)[] = [];
  const visit = (at: number): readonly number[] => {
    const have = known[at];
    if (have) return have;
    const node = graph.nodes[at];
    const found = node.kind === "choice"
      ? [...new Set(node.next.flatMap((next) => visit(next)))]
      : [at];
    return known[at] = found;
  };
  graph.nodes.forEach((_, at) => visit(at));
  return known as readonly (readonly number[])[];
}
