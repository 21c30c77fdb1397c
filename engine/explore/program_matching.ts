/**
 * Whether a program is another one, renamed: node by node, with the pages of addresses matched on the way.
 *
 * @module
 */
import type { Graph } from "./graph.ts";
import type { Positions } from "./renaming.ts";

/** Nodes of a program whose choices are matched in any order. */
const NODES_MATCHED_MAX = 1000;

const PAGE_BITS = 12n;
/** Bits of an address within its page. */
export const PAGE_MASK = 0xfffn;

/** Collects pages while programs are compared; refuses what would not be one to one. */
export class Pages {
  readonly map = new Map<number, number>();
  readonly #back = new Map<number, number>();
  /** Pages in the order in which they were matched. */
  readonly #trail: number[] = [];

  /** @returns false if the two addresses cannot stand for each other */
  match(a: bigint, b: bigint): boolean {
    if ((a & PAGE_MASK) !== (b & PAGE_MASK)) return false;
    const from = Number(a >> PAGE_BITS);
    const to = Number(b >> PAGE_BITS);
    const known = this.map.get(from);
    if (known !== undefined) return known === to;
    if (this.#back.has(to)) return false;
    this.map.set(from, to);
    this.#back.set(to, from);
    this.#trail.push(from);
    return true;
  }

  /** How much was matched, for going back there. */
  get mark(): number {
    return this.#trail.length;
  }

  /** Forgets what was matched since. */
  backTo(mark: number): void {
    while (this.#trail.length > mark) {
      const from = this.#trail.pop()!;
      this.#back.delete(this.map.get(from)!);
      this.map.delete(from);
    }
  }

  /** Every page that something is renamed to is renamed itself. */
  isPermutation(): boolean {
    return [...this.#back.keys()].every((page) => this.map.has(page));
  }
}

/** Whether one program is the other, renamed. */
function sameShape<A>(
  a: Graph<A>,
  b: Graph<A>,
  sameAction: (a: A, b: A) => boolean,
): boolean {
  if (a.start !== b.start || a.nodes.length !== b.nodes.length) return false;
  return a.nodes.every((node, at) => {
    const other = b.nodes[at];
    if (node.kind === "act") {
      return other.kind === "act" && node.next === other.next &&
        sameAction(node.action, other.action);
    }
    if (node.kind === "choice") {
      return other.kind === "choice" &&
        node.next.length === other.next.length &&
        node.next.every((next, i) => next === other.next[i]);
    }
    return other.kind === "end";
  });
}

/** Matches the nodes of two programs, the ways of a choice in any order. */
class Matching<A> {
  readonly positions = new Map<number, number>();
  readonly #taken = new Set<number>();
  readonly #trail: number[] = [];

  constructor(
    readonly a: Graph<A>,
    readonly b: Graph<A>,
    readonly same: (a: A, b: A) => boolean,
    readonly pages: Pages,
  ) {}

  /** @returns false, with nothing changed, if they cannot stand for each other */
  match(from: number, to: number): boolean {
    const pages = this.pages.mark;
    const trail = this.#trail.length;
    if (this.#matches(from, to)) return true;
    this.pages.backTo(pages);
    while (this.#trail.length > trail) {
      const node = this.#trail.pop()!;
      this.#taken.delete(this.positions.get(node)!);
      this.positions.delete(node);
    }
    return false;
  }

  #matches(from: number, to: number): boolean {
    const known = this.positions.get(from);
    if (known !== undefined) return known === to;
    if (this.#taken.has(to)) return false;
    this.positions.set(from, to);
    this.#taken.add(to);
    this.#trail.push(from);
    const a = this.a.nodes[from];
    const b = this.b.nodes[to];
    if (a.kind === "act") {
      return b.kind === "act" && this.same(a.action, b.action) &&
        this.#matches(a.next, b.next);
    }
    if (a.kind === "end") return b.kind === "end";
    if (b.kind !== "choice" || a.next.length !== b.next.length) return false;
    const left = [...b.next];
    return a.next.every((way) => {
      const found = left.findIndex((other) => this.match(way, other));
      if (found < 0) return false;
      left.splice(found, 1);
      return true;
    });
  }
}

/**
 * Whether one program is the other, renamed.
 *
 * @param inAnyOrder the ways of a choice may be exchanged
 * @returns the positions, or false if it is not
 */
export function positionsOf<A>(
  a: Graph<A>,
  b: Graph<A>,
  { same, pages, inAnyOrder }: {
    readonly same: (a: A, b: A) => boolean;
    readonly pages: Pages;
    readonly inAnyOrder: boolean;
  },
): Positions | false {
  const mark = pages.mark;
  if (sameShape(a, b, same)) return undefined;
  pages.backTo(mark);
  const { length } = a.nodes;
  if (
    !inAnyOrder || length !== b.nodes.length || length > NODES_MATCHED_MAX
  ) return false;
  const matching = new Matching(a, b, same, pages);
  if (!matching.match(a.start, b.start)) return false;
  return matching.positions;
}
