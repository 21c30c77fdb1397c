/**
 * The programs of a model as the search steps through them.
 *
 * Where a guest's choice is open between instructions at several addresses, its program counter is that of the
 * first: it stands for the choice. A step for which the address makes no difference leaves the choice open.
 *
 * @module
 */
import { addressOf, followingAddress, type Insn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import { halves, type Words } from "../word64.ts";
import { type Graph, optionsOf } from "./graph.ts";
import type { Model } from "./model.ts";
import type { UserAction } from "./programmed_machine.ts";

/** A program, and what can come next at each position. */
export class Program<A> {
  /** By position: numbers of the `act` nodes, and of the end, that can come next. */
  readonly options: readonly (readonly number[])[];
  /** By position: some action can come next. */
  readonly #acts: readonly boolean[];

  constructor(readonly graph: Graph<A>) {
    this.options = optionsOf(graph);
    this.#acts = this.options.map((nodes) =>
      nodes.some((node) => graph.nodes[node].kind === "act")
    );
  }

  /** The action of a node; undefined at an end. */
  actionAt(node: number): A | undefined {
    const found = this.graph.nodes[node];
    return found?.kind === "act" ? found.action : undefined;
  }

  /** The position after an action; an end stays where it is. */
  after(node: number): number {
    const found = this.graph.nodes[node];
    return found.kind === "act" ? found.next : node;
  }

  /** Some action can come next. */
  canAct(position: number): boolean {
    return this.#acts[position];
  }
}

/** An address, as words. */
export interface Address {
  readonly lo: number;
  readonly hi: number;
}

/** Where an instruction is. */
export function placeOf({ addressLo, addressHi }: Insn): Address {
  return { lo: addressLo | 0, hi: addressHi | 0 };
}

function isSame(a: Address, b: Address): boolean {
  return a.lo === b.lo && a.hi === b.hi;
}

function isAt(w: Words, pc: number, { lo, hi }: Address): boolean {
  return w[pc] === lo && w[pc + 1] === hi;
}

function place(w: Words, pc: number, { lo, hi }: Address): void {
  w[pc] = lo;
  w[pc + 1] = hi;
}

/** What comes after an end. */
const NOWHERE: readonly Address[] = [{ lo: 0, hi: 0 }];

/**
 * A guest's program. To a choice that is open between several addresses it adds a position for each of them.
 *
 * Functions that take `w` and `pc` work on the program counter at that offset.
 */
export class GuestProgram extends Program<Insn> {
  /** By position: the addresses at which its options are, the first option's first; empty past the end. */
  readonly addresses: readonly (readonly Address[])[];
  /** By position and address: the position that has only the options there. */
  readonly narrowed: readonly (readonly number[])[];
  /** Positions of the model's own program; those after them were added. */
  readonly ownCount: number;
  /** By node: what `targetsAfter()` gives. */
  readonly #targets: readonly (readonly Address[])[];

  constructor(graph: Graph<Insn>) {
    const nodes = [...graph.nodes];
    const addresses: Address[][] = [];
    const narrowed: number[][] = [];
    optionsOf(graph).forEach((options, at) => {
      const groups = new Map<bigint, number[]>();
      let ends = false;
      for (const option of options) {
        const node = nodes[option];
        if (node.kind !== "act") {
          ends = true;
          continue;
        }
        const address = addressOf(node.action);
        groups.set(address, [...groups.get(address) ?? [], option]);
      }
      addresses[at] = [...groups.keys()].map(halves);
      if (groups.size < 2 && !(ends && groups.size === 1)) {
        narrowed[at] = [at];
        return;
      }
      narrowed[at] = [...groups].map(([address, group]) => {
        if (group.length === 1) return group[0];
        const added = nodes.push({ kind: "choice", next: group }) - 1;
        addresses[added] = [halves(address)];
        narrowed[added] = [added];
        return added;
      });
    });
    super({ nodes, start: graph.start });
    this.addresses = addresses;
    this.narrowed = narrowed;
    this.ownCount = graph.nodes.length;
    this.#targets = nodes.map((node, at) => {
      if (node.kind !== "act") return NOWHERE;
      const after = addresses[this.after(at)];
      return after.length > 0 ? after : [halves(followingAddress(node.action))];
    });
  }

  /** Where an instruction goes on to: the addresses of what comes after it, or the one that follows it. */
  targetsAfter(node: number): readonly Address[] {
    return this.#targets[node];
  }

  /** Address after the instruction that the program counter is at, where the program has none after it. */
  addressAfterPc(w: Words, pc: number): Address {
    for (const node of this.graph.nodes) {
      if (node.kind === "act" && isAt(w, pc, placeOf(node.action))) {
        return halves(followingAddress(node.action));
      }
    }
    return { lo: w[pc], hi: w[pc + 1] };
  }

  /** The program counter stands for the choice that is open at a position. */
  standsForChoice(w: Words, pc: number, position: number): boolean {
    const [first, ...others] = this.addresses[position];
    return others.length > 0 && isAt(w, pc, first);
  }

  /** Places the program counter at the beginning of a position, if anything is there. */
  placeAt(w: Words, pc: number, position: number): void {
    const [first] = this.addresses[position];
    if (first !== undefined) place(w, pc, first);
  }

  /** The first node that may be next at a position and is at an address; that of its first way if none is. */
  optionAt(position: number, address: Address): number {
    const nodes = this.options[position];
    return nodes.find((node) => {
      const insn = this.actionAt(node);
      return insn !== undefined && isSame(placeOf(insn), address);
    }) ?? nodes[0];
  }

  /** The choice at a position is made: a program counter that stood for it is at the address chosen. */
  choose(w: Words, pc: number, position: number, address: Address): void {
    const first = this.addresses[position]?.[0];
    if (first === undefined || isSame(first, address)) return;
    if (isAt(w, pc, first)) place(w, pc, address);
  }

  /** The choice at a position stays open: a program counter at one of its addresses stands for it. */
  leaveOpen(w: Words, pc: number, position: number, address: Address): void {
    const first = this.addresses[position]?.[0];
    if (first === undefined || isSame(first, address)) return;
    if (isAt(w, pc, address)) place(w, pc, first);
  }

  /**
   * A position added for some ways of a choice, in a program that this one is renamed to: the one that was added
   * there for the same ways.
   *
   * @param positions where this program's own positions are there
   * @throws {RangeError} if there is none
   */
  addedPositionIn(
    other: GuestProgram,
    position: number,
    positions: ReadonlyMap<number, number>,
  ): number {
    const wanted = new Set(
      this.options[position].map((node) => positions.get(node) ?? node),
    );
    const found = other.options.findIndex((ways, at) =>
      at >= other.ownCount && ways.length === wanted.size &&
      ways.every((node) => wanted.has(node))
    );
    if (found < 0) throw new RangeError("A choice has no counterpart");
    return found;
  }
}

/** All programs of a model. */
export class Programs {
  /** By vCPU: its guest's. */
  readonly guests: readonly GuestProgram[];
  /** By vCPU: its userspace's. */
  readonly users: readonly Program<UserAction>[];
  /** By CPU: the host kernel's. */
  readonly hosts: readonly Program<HostDebugRequest>[];

  constructor(
    { guests, users, hosts }: Pick<Model, "guests" | "users" | "hosts">,
  ) {
    this.guests = guests.map((graph) => new GuestProgram(graph));
    this.users = users.map((graph) => new Program(graph));
    this.hosts = hosts.map((graph) => new Program(graph));
  }
}
