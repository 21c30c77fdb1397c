/**
 * What a search has tried: of each action of the programs how often, and what came of it.
 *
 * It is counted where the rules run: once for each distinct pair, of a vCPU's block with the CPU's that it is on, or of
 * one of them alone, and up to renaming. A pair counts an action once, whichever ways the search tried it. What is
 * remembered of a pair is looked up as ever, so that transitions cost nothing. Several threads count into memory of
 * their own, and a pair counts in the first that comes to it.
 *
 * @module
 */
import {
  accesses,
  addressOf,
  flat,
  type Insn,
  writesRegister,
} from "../program.ts";
import type { Frame, HostDebugRequest } from "../rules.ts";
import { highWord, lowWord } from "../word64.ts";
import { type Breakpoints, DEBUGGING, type Written } from "./breakpoints.ts";
import type { Graph } from "./graph.ts";
import type { Model } from "./model.ts";
import type { UserAction } from "./programmed_machine.ts";

/** Numbers of an action. */
export const TRIED = {
  /** It was next: of a guest's instruction, nothing else came first. */
  begun: 0,
  /** The instruction was executed, or completed by KVM; the kernel accepted the request. */
  done: 1,
  /** The guest or userspace went on after the instruction without it; the kernel rejected the request. */
  refused: 2,
  /** A breakpoint or watchpoint, or another debug exception, stood before the instruction. */
  stopped: 3,
  /**
   * The breakpoint that the action sets was matched by an access, while what it wrote was in force; the step that it asks
   * for was due.
   */
  matched: 4,
  /** Smallest errno of a rejected request; not a count. */
  errno: 5,
  /**
   * How near an access came to match it, while what it wrote was in force: the largest of `Breakpoints.nearness`, of a
   * step of `Breakpoints.stepNearness`; 0 if one matched. Not a count.
   */
  nearness: 6,
  numbers: 7,
} as const;

/** Numbers of the whole, before those of actions. */
export const WHOLE = {
  /** Distinct pairs whose steps were tried. */
  pairs: 0,
  /** In these the guest could execute an instruction of its program. */
  guest: 1,
  /** An access matched a breakpoint of the guest's own, while userspace's debug did not own the registers. */
  ownMatch: 2,
  /** The guest was in the CPU, and a watched register had a value to read. */
  read: 3,
  /** The host ran on a CPU that has a breakpoint of its own and has had a vCPU. */
  hostHeld: 4,
  /** The guest could execute while userspace's guest debug was on; while it stepped. */
  debugged: 5,
  stepped: 6,
  /** The guest handled an exception of its own single step. */
  ownStep: 7,
  /** First-run initialisation failed. */
  failed: 8,
  /** All programs were over and no vCPU loaded. */
  ended: 9,
  /** The VM was saved and restored where a vCPU was not as a new one is. */
  carried: 10,
  /** What `always` asks first was there, then the others, then what `finally` asks. */
  asked: 11,
} as const;

/** Who does an action. */
export type Actor = "guest" | "user" | "host";

/** An action of a program, with how often. */
export interface TriedAction {
  /** Who does it. */
  readonly actor: Actor;
  /** Index of the vCPU or CPU. */
  readonly index: number;
  /** What it is, as the model has it. */
  readonly action: Insn | UserAction | HostDebugRequest;
  /** By `TRIED`. */
  readonly numbers: readonly number[];
}

/** What a search has tried. */
export interface Coverage {
  /** By `WHOLE`. */
  readonly whole: readonly number[];
  /** The actions of all programs; one that a program repeats is there once. */
  readonly actions: readonly TriedAction[];
}

/** The pairs that have counted. */
export interface CountedPairs {
  /** Takes a pair. @returns false if it was taken, or one that it is renamed to */
  take(vcpu: number, cpu: number, vm: number): boolean;
}

/** A write that makes a breakpoint, at the place of its numbers. */
interface Arming {
  readonly at: number;
  readonly slots: number;
  readonly register: number;
  readonly written: Written;
}

/** A request that sets breakpoints at addresses. */
interface Request {
  readonly at: number;
  readonly addresses: readonly bigint[];
}

/** The actions of one program, and where their numbers are. */
class Numbered<A> {
  /** By action, each once: where its numbers begin. */
  readonly places: ReadonlyMap<A, number>;
  /** By node: the same; -1 for what is no action. */
  readonly at: readonly number[];

  constructor({ nodes }: Graph<A>, begin: number) {
    const places = new Map<A, number>();
    this.at = nodes.map((node) => {
      if (node.kind !== "act") return -1;
      const at = places.get(node.action) ??
        begin + places.size * TRIED.numbers;
      places.set(node.action, at);
      return at;
    });
    this.places = places;
  }
}

/** Counts what is tried. */
export class Tried {
  /** The numbers: those of `WHOLE`, then those of each action. */
  numbers: Float64Array;
  readonly #model: Model;
  readonly #guests: readonly Numbered<Insn>[];
  readonly #users: readonly Numbered<UserAction>[];
  readonly #hosts: readonly Numbered<HostDebugRequest>[];
  /** By vCPU: writes of its program and its userspace that make its breakpoints. */
  readonly #arming: readonly (readonly Arming[])[];
  /** By vCPU: where the numbers of what makes it step itself are. */
  readonly #steps: readonly (readonly number[])[];
  /** By vCPU: requests of its userspace's debugger; by CPU, the host's. */
  readonly #userRequests: readonly (readonly Request[])[];
  readonly #hostRequests: readonly (readonly Request[])[];
  /** The pair in which a number was counted last. */
  readonly #counted: Int32Array;
  #pair = 0;
  #counts = false;

  constructor(model: Model) {
    this.#model = model;
    const { guests, users, hosts, always, finally: atEnd } = model;
    let end = WHOLE.asked + always.length + atEnd.length;
    const number = <A>(graphs: readonly Graph<A>[]): Numbered<A>[] =>
      graphs.map((graph) => {
        const made = new Numbered(graph, end);
        end += made.places.size * TRIED.numbers;
        return made;
      });
    this.#guests = number(guests);
    this.#users = number(users);
    this.#hosts = number(hosts);
    this.numbers = new Float64Array(end);
    this.#counted = new Int32Array(end);
    this.#arming = guests.map((_, v) => this.#armingOf(v));
    this.#steps = guests.map((_, v) => this.#stepsOf(v));
    this.#userRequests = this.#users.map((one) =>
      requestsOf(one, (action) => {
        if (action.kind === "debugger") {
          return "address" in action.request ? [action.request.address] : [];
        }
        return action.kind === "guest-debug"
          ? action.request.registers.filter(({ register }) =>
            model.monitor.isAddress(register)
          ).map(({ value }) => value)
          : [];
      })
    );
    this.#hostRequests = this.#hosts.map((one) =>
      requestsOf(
        one,
        (request) => "address" in request ? [request.address] : [],
      )
    );
  }

  /** How many numbers there are. */
  get length(): number {
    return this.numbers.length;
  }

  /** The steps of a pair are tried: they count if the pair is new. */
  begin(isNew: boolean): void {
    this.#counts = isNew;
    if (!isNew) return;
    this.#pair++;
    this.count(WHOLE.pairs);
  }

  /** They are over. */
  end(): void {
    this.#counts = false;
  }

  /** Something counts, once in this pair. */
  count(at: number): void {
    if (!this.#counts || this.#counted[at] === this.#pair) return;
    this.#counted[at] = this.#pair;
    this.numbers[at]++;
  }

  /** Something is so in the whole search, in whatever pair. */
  note(at: number): void {
    this.numbers[at] = 1;
  }

  /** It counts, and was not counted up to now in any pair. */
  isFirst(at: number): boolean {
    return this.#counts && this.numbers[at] === 0;
  }

  /** An instruction of vCPU v's program is next in the guest. */
  next(v: number, node: number, insn: Insn, f: Frame, monitorAt: number): void {
    const at = this.#guests[v].at[node];
    // It is the same for each way that the instruction is tried in the pair.
    if (!this.#counts || this.#counted[at + TRIED.begun] === this.#pair) return;
    const { breakpoints } = this.#model.monitor;
    const matches = breakpoints.matches(f, monitorAt, insn);
    if (matches === undefined) return;
    this.count(at + TRIED.begun);
    this.count(WHOLE.guest);
    const debugging = breakpoints.debugging(f);
    if ((debugging & DEBUGGING.on) !== 0) this.count(WHOLE.debugged);
    if ((debugging & DEBUGGING.steps) !== 0) this.count(WHOLE.stepped);
    const { own, user, isDetected } = matches;
    if (own !== 0 || user !== 0 || isDetected) this.count(at + TRIED.stopped);
    if (own !== 0) {
      if (debugging === 0) this.count(WHOLE.ownMatch);
      this.#ownMatches(v, own, f, monitorAt);
    }
    this.#nearMatches(v, insn, f, monitorAt);
    if (user !== 0) {
      for (let slot = 0; slot < 32; slot++) {
        if ((user & 1 << slot) === 0) continue;
        this.#matched(
          this.#userRequests[v],
          breakpoints.userAddress(f, slot),
        );
      }
    }
    for (const requests of this.#hostRequests) {
      if (requests.length === 0) continue;
      for (const address of breakpoints.hostAddresses(f)) {
        if (touches(insn, address)) this.#matched(requests, address);
      }
    }
  }

  /** An instruction of vCPU v's program is next in the guest, or its end: whether the guest steps itself there. */
  nextStep(v: number, insn: Insn | null, f: Frame, monitorAt: number): void {
    const steps = this.#steps[v];
    if (!this.#counts || steps.length === 0) return;
    const { breakpoints } = this.#model.monitor;
    const nearness = breakpoints.stepNearness(f, monitorAt, insn);
    if (nearness === undefined) return;
    for (const at of steps) {
      if (nearness === 0) this.count(at + TRIED.matched);
      const known = this.numbers[at + TRIED.nearness];
      this.numbers[at + TRIED.nearness] = Math.max(known, nearness);
    }
  }

  /** The instruction is over. @param isExecuted and not left out */
  over(v: number, node: number, isExecuted: boolean): void {
    if (!this.#counts) return;
    const at = this.#guests[v].at[node];
    if (at >= 0) this.count(at + (isExecuted ? TRIED.done : TRIED.refused));
  }

  /** An action of userspace or of the host came to 0 or more, or to a negated errno. */
  asked(
    actor: "user" | "host",
    index: number,
    node: number,
    result: number,
  ): void {
    if (!this.#counts) return;
    const at = (actor === "user" ? this.#users : this.#hosts)[index].at[node];
    this.count(at + TRIED.begun);
    this.count(at + (result < 0 ? TRIED.refused : TRIED.done));
    if (result >= 0) return;
    const known = this.numbers[at + TRIED.errno];
    if (known === 0 || -result < known) {
      this.numbers[at + TRIED.errno] = -result;
    }
  }

  /** Adds what another thread has counted. */
  add(other: Float64Array): void {
    const { numbers } = this;
    const first = this.#all()[0]?.at ?? numbers.length;
    for (let at = 0; at < numbers.length; at++) {
      const n = at < first ? TRIED.begun : (at - first) % TRIED.numbers;
      numbers[at] = joined(n, numbers[at], other[at]);
    }
  }

  /** All that was counted. @param alike classes of actions that count together, by where their numbers are */
  coverage(alike: readonly (readonly number[])[] = []): Coverage {
    const numbers = this.numbers.slice();
    for (const places of alike) {
      for (let n = 0; n < TRIED.numbers; n++) {
        const values = places.map((at) => this.numbers[at + n]);
        const all = values.reduce((a, b) => joined(n, a, b));
        for (const at of places) numbers[at + n] = all;
      }
    }
    for (const { at } of this.#all()) {
      // Which pairs came before the one that matched depends on the order of the search.
      if (numbers[at + TRIED.matched] > 0) numbers[at + TRIED.nearness] = 0;
    }
    const [first] = this.#all();
    return {
      whole: [...numbers.subarray(0, first?.at ?? numbers.length)],
      actions: this.#all().map(({ at, ...one }) => ({
        ...one,
        numbers: [...numbers.subarray(at, at + TRIED.numbers)],
      })),
    };
  }

  /** Where the numbers of an actor's node are; -1 for what is no action. */
  placeOf(actor: Actor, index: number, node: number): number {
    const all = { guest: this.#guests, user: this.#users, host: this.#hosts };
    return all[actor][index].at[node] ?? -1;
  }

  /** All actions, with where their numbers are. */
  #all(): (Omit<TriedAction, "numbers"> & { readonly at: number })[] {
    const listed = <A extends TriedAction["action"]>(
      actor: Actor,
      all: readonly Numbered<A>[],
    ) =>
      all.flatMap(({ places }, index) =>
        [...places].map(([action, at]) => ({ actor, index, action, at }))
      );
    return [
      ...listed("guest", this.#guests),
      ...listed("user", this.#users),
      ...listed("host", this.#hosts),
    ];
  }

  /** The guest's own breakpoints match: so do the writes that made them, as far as they are in force. */
  #ownMatches(v: number, own: number, f: Frame, monitorAt: number): void {
    const { breakpoints } = this.#model.monitor;
    for (const { at, slots, register, written } of this.#arming[v]) {
      if ((slots & own) === 0) continue;
      if (breakpoints.isInForce(f, monitorAt, register, written)) {
        this.count(at + TRIED.matched);
      }
    }
  }

  /** How near the instruction comes to match what the writes that no access has matched make. */
  #nearMatches(v: number, insn: Insn, f: Frame, monitorAt: number): void {
    const { breakpoints } = this.#model.monitor;
    for (const { at, slots, register, written } of this.#arming[v]) {
      if (
        this.numbers[at + TRIED.matched] > 0 ||
        !breakpoints.isInForce(f, monitorAt, register, written)
      ) continue;
      for (let slot = 0; slot < 32; slot++) {
        if ((slots & 1 << slot) === 0) continue;
        const nearness = breakpoints.nearness(f, monitorAt, insn, slot);
        const known = this.numbers[at + TRIED.nearness];
        this.numbers[at + TRIED.nearness] = Math.max(known, nearness);
      }
    }
  }

  #matched(requests: readonly Request[], address: bigint): void {
    for (const { at, addresses } of requests) {
      if (addresses.includes(address)) this.count(at + TRIED.matched);
    }
  }

  /** What of vCPU v's program and userspace makes the guest step itself. */
  #stepsOf(v: number): number[] {
    const { breakpoints } = this.#model.monitor;
    return [...this.#guests[v].places, ...this.#users[v].places].flatMap(
      ([action, at]) => asksForStep(breakpoints, action) ? [at] : [],
    );
  }

  /** Writes of vCPU v's program and userspace that make its breakpoints. */
  #armingOf(v: number): Arming[] {
    const { breakpoints } = this.#model.monitor;
    const found: Arming[] = [];
    const { places } = this.#guests[v];
    for (const [action, at] of [...places, ...this.#users[v].places]) {
      const written = writtenBy(action);
      if (written === undefined) continue;
      const { register, lo, maskLo } = written;
      const slots = breakpoints.slotsOf(register, lo & maskLo);
      if (slots !== 0) found.push({ at, slots, register, written });
    }
    return found;
  }
}

/** A register of the guest's, and what is written to it. */
export interface RegisterWrite extends Written {
  /** The register, as rules number it. */
  readonly register: number;
}

/** What an action of a guest's program or of its userspace writes; undefined if it is no write. */
export function writtenBy(
  action: TriedAction["action"],
): RegisterWrite | undefined {
  if ("op" in action) return writesRegister(action) ? action : undefined;
  if (!("kind" in action) || action.kind !== "set") return undefined;
  const { register, value } = action;
  const [lo, hi] = [lowWord(value), highWord(value)];
  return { register, lo, hi, maskLo: -1, maskHi: -1 };
}

/** An action of a guest's program or of its userspace makes the guest step itself. */
export function asksForStep(
  breakpoints: Breakpoints,
  action: TriedAction["action"],
): boolean {
  if ("op" in action) {
    const { op, register, lo, maskLo } = action;
    return breakpoints.asksForStep({ op, register, lo: lo & maskLo });
  }
  const written = writtenBy(action);
  return written !== undefined &&
    breakpoints.asksForStep({ op: "write", ...written });
}

/** One of `TRIED`, of two that count together: of errnos the smaller, where 0 is none. */
function joined(n: number, a: number, b: number): number {
  switch (n) {
    case TRIED.errno:
      return a === 0 || b !== 0 && b < a ? b : a;
    case TRIED.nearness:
      return Math.max(a, b);
    default:
      return a + b;
  }
}

/** The actions of a program that set breakpoints. */
function requestsOf<A>(
  { places }: Numbered<A>,
  addressesOf: (action: A) => readonly bigint[],
): Request[] {
  return [...places].map(([action, at]) => ({
    at,
    addresses: addressesOf(action),
  })).filter(({ addresses }) => addresses.length > 0);
}

/** An instruction is at an address, or accesses it. */
function touches(insn: Insn, address: bigint): boolean {
  return flat(insn).some((one) => addressOf(one) === address) ||
    accesses(insn, address, address);
}
