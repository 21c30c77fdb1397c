/**
 * What is asked after each step: the built-in properties, and each `always expect`.
 *
 * @module
 */
import { MODE, VCPU_BASE } from "../rules.ts";
import { highWord, join64, lowWord } from "../word64.ts";
import { type Model, PROPERTY, type Requirement } from "./model.ts";
import type { PairFrame } from "./pair_frame.ts";
import { EXPECTED_SHIFT, type Unread } from "./successors.ts";

/** Checks on what the frame has. */
export class Checks {
  /** Registers that the model's programs name and the monitor follows. */
  readonly watched: readonly number[];
  /** The first register that read wrongly since `begin`, while steps are explained. */
  unread: Unread | undefined;
  /** Steps are explained. */
  explains = false;
  readonly #model: Model;
  readonly #frame: PairFrame;
  readonly #rest: boolean;
  /** By vCPU and register: values that its program or userspace can put there, and those of the start. */
  readonly #known: readonly ReadonlyMap<number, ReadonlySet<bigint>>[];
  #warned = false;

  /** @param rest clear what no later step reads */
  constructor(model: Model, frame: PairFrame, rest: boolean) {
    this.#model = model;
    this.#frame = frame;
    this.#rest = rest;
    this.watched = watchedRegisters(model);
    if ((model.never & PROPERTY.warn) !== 0) {
      frame.f.sink = {
        push: ({ kind }) => {
          if (kind === "warn") this.#warned = true;
        },
      };
    }
    this.#known = model.initial.vcpus.map((_, v) => this.#valuesOf(v));
  }

  /** A step begins. */
  begin(): void {
    this.#warned = false;
    this.unread = undefined;
  }

  /** What is read now counts as written, of one register or of all. */
  accept(only?: number): void {
    const { monitor } = this.#model;
    const { f, monitor: at } = this.#frame;
    for (const register of this.watched) {
      if (only !== undefined && only !== register) continue;
      const seen = this.#frame.peek(register);
      if (seen === undefined) continue;
      monitor.accept(f, at, register, lowWord(seen), highWord(seen));
    }
  }

  /**
   * After a step of the vCPU, which is where the words are.
   *
   * @param onCpu the frame has a CPU
   * @returns bits as in `SUCCESSOR.broken`
   */
  ofVcpu(v: number, onCpu: boolean): number {
    const { monitor, never } = this.#model;
    const { f, w, vcpu } = this.#frame;
    if (this.#rest) monitor.rest(f);
    const mode = w[vcpu + VCPU_BASE.mode];
    let broken = this.#warnings();
    if (mode === MODE.guest) {
      if ((never & (PROPERTY.leak | PROPERTY.stale)) !== 0) {
        for (const register of this.watched) {
          broken |= this.#checkRead(v, register);
        }
      }
    } else if (onCpu) broken |= this.#hostLost();
    if (broken >>> EXPECTED_SHIFT === 0) broken |= this.expected("vcpu", v);
    if (onCpu && broken >>> EXPECTED_SHIFT === 0) {
      broken |= this.expected("cpu", this.#frame.cpuIndex);
    }
    return broken;
  }

  /** After a step of the host on the CPU. */
  ofCpu(): number {
    return this.#warnings() | this.#hostLost() |
      this.expected("cpu", this.#frame.cpuIndex);
  }

  /** The first `always expect` about a vCPU or CPU that does not hold, as bits; 0 if all do. */
  expected(of: Requirement["of"], index: number): number {
    const { always } = this.#model;
    for (let n = 0; n < always.length; n++) {
      const one = always[n];
      if (one.of !== of || one.index !== index) continue;
      if (!one.holds(this.#frame.scratch())) return (n + 1) << EXPECTED_SHIFT;
    }
    return 0;
  }

  #warnings(): number {
    return this.#warned ? PROPERTY.warn & this.#model.never : 0;
  }

  #hostLost(): number {
    const { monitor, never } = this.#model;
    if ((never & PROPERTY["host-lost"]) === 0) return 0;
    return monitor.hostLost(this.#frame.f) ? PROPERTY["host-lost"] : 0;
  }

  #checkRead(v: number, register: number): number {
    const { monitor } = this.#model;
    const { f, monitor: at } = this.#frame;
    const seen = this.#frame.peek(register);
    if (seen === undefined) return 0;
    const differs = monitor.compare(
      f,
      at,
      register,
      lowWord(seen),
      highWord(seen),
    );
    if (differs === 0) return 0;
    if (this.explains) {
      this.unread ??= { register, seen, own: monitor.own(f, at, register) };
    }
    const known = this.#known[v].get(register);
    return known === undefined || known.has(monitor.stored(register, seen))
      ? PROPERTY.stale
      : PROPERTY.leak | PROPERTY.stale;
  }

  /**
   * Values that vCPU v's program and userspace can put into each watched register, and those of the start. A
   * register is missing whose value a debugger makes up, out of all that it was asked for before.
   */
  #valuesOf(v: number): ReadonlyMap<number, ReadonlySet<bigint>> {
    const { guests, users, initial, monitor, rules } = this.#model;
    const { w, vcpu, cpu } = this.#frame;
    w.fill(0);
    w.set(initial.vm, 0);
    w.set(
      initial.vcpus[v].subarray(0, rules.sizes.vcpu + rules.sizes.user),
      vcpu,
    );
    w.set(initial.cpus[0], cpu);
    const debugs = users[v].nodes.some((node) =>
      node.kind === "act" && node.action.kind === "debugger" &&
      "address" in node.action.request
    );
    const registers = this.watched.filter((register) =>
      !debugs || monitor.isAddress(register)
    );
    return new Map(registers.map((register) => {
      const values = new Set<bigint>();
      const add = (value: bigint) =>
        values.add(monitor.stored(register, value));
      add(0n);
      const seen = this.#frame.peek(register);
      if (seen !== undefined) add(seen);
      for (const node of guests[v].nodes) {
        if (node.kind !== "act" || node.action.op !== "write") continue;
        const { lo, hi } = node.action;
        if (node.action.register === register) add(join64(lo, hi));
      }
      for (const node of users[v].nodes) {
        if (node.kind !== "act") continue;
        const { action } = node;
        if (action.kind === "set" && action.register === register) {
          add(action.value);
        }
        if (action.kind === "guest-debug") {
          for (const one of action.request.registers) {
            if (one.register === register) add(one.value);
          }
        }
        if (action.kind === "debugger" && "address" in action.request) {
          if (monitor.isAddress(register)) add(action.request.address);
        }
      }
      return [register, values];
    }));
  }
}

/** Registers that programs of the model name, and whose last value can be followed. */
function watchedRegisters({ guests, users, monitor }: Model): number[] {
  const found = new Set<number>();
  for (const { nodes } of guests) {
    for (const node of nodes) {
      if (node.kind === "act" && node.action.register >= 0) {
        found.add(node.action.register);
      }
    }
  }
  for (const { nodes } of users) {
    for (const node of nodes) {
      if (node.kind === "act" && "register" in node.action) {
        found.add(node.action.register);
      }
    }
  }
  return [...found].filter((register) => monitor.follows(register)).sort((
    a,
    b,
  ) => a - b);
}
