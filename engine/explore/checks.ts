/**
 * What is checked at each step: the properties that `never` names, and each `always expect`.
 *
 * @module
 */
import { Beside, type Difference, type GuestDid } from "../bare/beside.ts";
import type { Event, ExceptionKind } from "../events.ts";
import { type Insn, writesRegister } from "../program.ts";
import { MODE, VCPU_BASE } from "../rules.ts";
import { highWord, join64, lowWord } from "../word64.ts";
import { type Tried, WHOLE } from "./coverage.ts";
import type { Model, Requirement } from "./model.ts";
import type {
  LostRegister,
  Mismatch,
  Noticed,
  Unread,
  WrongRead,
} from "./monitor.ts";
import type { PairFrame } from "./pair_frame.ts";
import {
  asksBare,
  propertiesOf,
  PROPERTY,
  type PropertyCheck,
} from "./properties.ts";
import { EXPECTED_SHIFT } from "./successors.ts";

/** Most expectations that can be told apart in the bits above those of properties. */
const ALWAYS_MAX = (1 << (31 - EXPECTED_SHIFT)) - 1;

/** The checks of one kind, of the properties that are asked for. */
type Asked<When extends PropertyCheck["when"]> = readonly {
  readonly bit: number;
  readonly check: Extract<PropertyCheck, { readonly when: When }>;
}[];

function askedAt<When extends PropertyCheck["when"]>(
  never: number,
  when: When,
): Asked<When> {
  return propertiesOf(never).flatMap(({ name, check }) =>
    check.when === when
      ? [{
        bit: PROPERTY[name],
        check: check as Asked<When>[number]["check"],
      }]
      : []
  );
}

/** Checks on what the frame has. */
export class Checks {
  /** Registers that the model's programs name and the monitor follows. */
  readonly watched: readonly number[];
  /** The first register that read wrongly since `begin`, while steps are explained. */
  unread: Unread | undefined;
  /** The first register that the CPU did not hold as the host has set it since `begin`, while steps are explained. */
  lost: LostRegister | undefined;
  /** What the guest's handler does in the step, while steps are explained. */
  handler: string | undefined;
  /** What the guest could tell first since `begin`. */
  noticed: Noticed | undefined;
  /** Why the instruction of the step matches other slots of the CPU than of the guest, while steps are explained. */
  mismatch: Mismatch | undefined;
  /** The exception that the guest must take at the instruction of the step and misses, while steps are explained. */
  exception: ExceptionKind | undefined;
  /** What has happened on the bare machine since `begin`, while steps are explained. */
  bareEvents: Event[] = [];
  readonly #model: Model;
  readonly #frame: PairFrame;
  readonly #rest: boolean;
  readonly #tried: Tried;
  /** The host may have set something. */
  readonly #hasHost: boolean;
  readonly #atInstruction: Asked<"instruction">;
  readonly #atRead: Asked<"read">;
  readonly #onHost: Asked<"host">;
  readonly #onBare: Asked<"bare">;
  /** The bare machines, if a property asks for them. */
  readonly #beside: Beside | undefined;
  /** By vCPU and register: values that its program or userspace can put there, and those of the start. */
  readonly #known: readonly ReadonlyMap<number, ReadonlySet<bigint>>[];
  /** Properties that events since `begin` have broken. */
  #byEvents = 0;
  #explains = false;

  /**
   * @param rest clear what no later step reads
   * @param tried counts what there was to check
   * @throws {RangeError} if there are more expectations than the bits can tell apart
   */
  constructor(
    model: Model,
    frame: PairFrame,
    { rest, tried }: { readonly rest: boolean; readonly tried: Tried },
  ) {
    if (model.always.length > ALWAYS_MAX) {
      throw new RangeError(`There are more than ${ALWAYS_MAX} expectations`);
    }
    this.#model = model;
    this.#frame = frame;
    this.#rest = rest;
    this.#tried = tried;
    this.#hasHost = model.hosts.some(({ nodes }) => nodes.length > 1) ||
      model.initial.cpus.some((block) => {
        frame.w.set(block, frame.cpu);
        return model.monitor.hostHas(frame.f);
      });
    this.watched = watchedRegisters(model);
    const { never } = model;
    this.#atInstruction = askedAt(never, "instruction");
    this.#atRead = askedAt(never, "read");
    this.#onHost = askedAt(never, "host");
    this.#onBare = askedAt(never, "bare");
    const atEvent = askedAt(never, "event");
    const beside = asksBare(model)
      ? new Beside(model.monitor.lockstep, frame.f)
      : undefined;
    this.#beside = beside;
    if (atEvent.length > 0 || beside) {
      frame.f.sink = {
        push: (event) => {
          beside?.push(event);
          for (const { bit, check } of atEvent) {
            if (check.isBroken(event)) this.#byEvents |= bit;
          }
        },
      };
    }
    this.#known = model.initial.vcpus.map((_, v) => this.#valuesOf(v));
  }

  /** Steps are explained. */
  get explains(): boolean {
    return this.#explains;
  }

  set explains(explains: boolean) {
    this.#explains = explains;
    if (this.#beside) this.#beside.events = undefined;
  }

  #keepBareEvents(): void {
    this.bareEvents = [];
    if (this.#beside) this.#beside.events = this.bareEvents;
  }

  /** A step begins, on the frame as it is. */
  begin(): void {
    this.#byEvents = 0;
    if (this.#explains) this.#keepBareEvents();
    this.unread = undefined;
    this.handler = undefined;
    this.lost = undefined;
    this.noticed = undefined;
    this.mismatch = undefined;
    this.exception = undefined;
    this.#beside?.begin(this.#frame.f);
  }

  /** The bare machine of a vCPU as it is at the start of the search. */
  startBare(v: number): void {
    const block = this.#model.initial.bare?.[v];
    if (block === undefined) this.beginBare();
    else if (this.#beside) this.#frame.w.set(block, this.#frame.bare);
  }

  /** The bare machine holds what the guest's registers do now. */
  beginBare(): void {
    if (this.#beside === undefined) return;
    const { f, bare } = this.#frame;
    this.#model.monitor.lockstep.begin(
      f,
      bare,
      (register) => this.#model.rules.peek(this.#frame.scratch(), register),
    );
  }

  /** Userspace is about to write a register of the guest's, whose next instruction is given. */
  beforeWrite(insn: Insn | null): void {
    this.#beside?.raiseQueued(this.#frame.f, this.#frame.bare, insn);
  }

  /** Userspace has written a register of the guest's. */
  writeBare(register: number, lo: number, hi: number): void {
    if (this.#beside === undefined) return;
    const { f, bare } = this.#frame;
    this.#model.monitor.lockstep.write(f, bare, register, lo, hi);
  }

  /** Userspace has an exception injected. */
  injectBare(exception: "db" | "bp"): void {
    if (this.#beside === undefined) return;
    const { f, bare } = this.#frame;
    this.#model.monitor.lockstep.inject(f, bare, exception);
  }

  /**
   * After a step of the vCPU: the bare machine follows.
   *
   * @returns bits as in `SUCCESSOR.broken`
   */
  ofBare(v: number, did: GuestDid): number {
    if (this.#beside === undefined) return 0;
    const { f, bare } = this.#frame;
    const found = this.#beside.follow(f, bare, did).map((difference) =>
      this.#noticedBy(v, difference)
    );
    const broken = found.reduce((bits, one) => bits | this.#ofNoticed(one), 0);
    // It goes on from where the guest is.
    if (found.some(({ allowance }) => !allowance)) this.beginBare();
    return broken;
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

  /** The guest goes on: what it does, if steps are explained. */
  beforeGuest(): void {
    if (!this.#explains) return;
    this.handler = this.#model.monitor.handlerStep(this.#frame.f);
  }

  /** A choice of the program is made for the step: the bare machine begins at the same place. */
  placed(): void {
    this.#beside?.begin(this.#frame.f);
  }

  /** Before an instruction executes. @returns bits as in `SUCCESSOR.broken` */
  ofInstruction(insn: Insn): number {
    if (this.#atInstruction.length === 0) return 0;
    const { f, monitor } = this.#frame;
    const hits = this.#model.monitor.hits(f, monitor, insn);
    if (hits === undefined) return 0;
    let broken = 0;
    for (const { bit, check } of this.#atInstruction) {
      if (check.isBroken(hits)) broken |= bit;
    }
    if (this.#explains && (hits.own & ~hits.physical) !== 0) {
      this.exception = this.#model.monitor.exceptionOf(f, monitor, insn);
    }
    if (this.#explains && hits.own !== hits.physical) {
      this.mismatch = this.#model.monitor.mismatch?.(f, monitor, hits);
    }
    return broken;
  }

  /** Clears what no later step reads, where the search does that. */
  rest(): void {
    if (!this.#rest) return;
    const { monitor, always, finally: atEnd } = this.#model;
    monitor.rest(this.#frame.f, always.length + atEnd.length > 0);
  }

  /**
   * After a step of the vCPU, which is where the words are.
   *
   * @param onCpu the frame has a CPU
   * @returns bits as in `SUCCESSOR.broken`
   */
  ofVcpu(v: number, onCpu: boolean): number {
    const { monitor } = this.#model;
    const { f, w, vcpu } = this.#frame;
    monitor.forgetExceptions(f);
    this.rest();
    let broken = this.#byEvents;
    if (w[vcpu + VCPU_BASE.mode] === MODE.guest) {
      if (this.#onBare.length > 0) broken |= this.#ofBareReads(v);
      if (this.#atRead.length > 0) {
        for (const register of this.watched) {
          broken |= this.#ofRead(v, register);
        }
      }
    } else if (onCpu) {
      broken |= this.#ofHost();
      this.#noteHost();
    }
    if (broken >>> EXPECTED_SHIFT === 0) broken |= this.expected("vcpu", v);
    if (onCpu && broken >>> EXPECTED_SHIFT === 0) {
      broken |= this.expected("cpu", this.#frame.cpuIndex);
    }
    return broken;
  }

  /** After a step of the host on the CPU. */
  ofCpu(): number {
    return this.#byEvents | this.#ofHost() |
      this.expected("cpu", this.#frame.cpuIndex);
  }

  /** Whether the host has set something on a CPU that a vCPU has used. */
  #noteHost(): void {
    if (!this.#hasHost || !this.#tried.isFirst(WHOLE.hostHeld)) return;
    if (this.#model.monitor.hostHas(this.#frame.f)) {
      this.#tried.count(WHOLE.hostHeld);
    }
  }

  /** The first `always expect` about a vCPU or CPU that does not hold, as bits; 0 if all do. */
  expected(of: Requirement["of"], index: number): number {
    const { always } = this.#model;
    for (let n = 0; n < always.length; n++) {
      const one = always[n];
      if (one.of !== of || one.index !== index) continue;
      const isAsked = WHOLE.asked + n;
      if (
        this.#tried.isFirst(isAsked) &&
        one.isThere(this.#frame.scratch(), this.#frame.bare)
      ) this.#tried.count(isAsked);
      if (!one.holds(this.#frame.scratch(), this.#frame.bare)) {
        return (n + 1) << EXPECTED_SHIFT;
      }
    }
    return 0;
  }

  /** A difference as a kind of what a guest notices. */
  #noticedBy(v: number, difference: Difference): Noticed {
    if (difference.kind !== "read") return difference;
    const { register, seen } = difference;
    const known = this.#known[v].get(register);
    const isKnown = known === undefined ||
      known.has(this.#model.monitor.stored(register, seen));
    return { ...difference, kind: isKnown ? "stale" : "leak" };
  }

  #ofNoticed(noticed: Noticed): number {
    let broken = 0;
    for (const { bit, check } of this.#onBare) {
      if (check.isBroken(noticed)) broken |= bit;
    }
    if (broken !== 0 && this.#explains) this.noticed ??= noticed;
    return broken;
  }

  /** Watched registers that would read as another value than on the bare machine. */
  #ofBareReads(v: number): number {
    const { monitor } = this.#model;
    const { lockstep } = monitor;
    const { f, w, bare } = this.#frame;
    // What is on its way to the guest may change registers when it comes.
    if (lockstep.pending(f, true) !== undefined || lockstep.due(w, bare)) {
      return 0;
    }
    let broken = 0;
    for (const register of this.watched) {
      const seen = this.#frame.peek(register);
      const own = lockstep.value(f, bare, register);
      if (seen === undefined || own.kind !== "value") continue;
      this.#tried.count(WHOLE.read);
      if (monitor.isSame(f, register, own.value, seen)) continue;
      const read = { kind: "read", register, seen, own: own.value } as const;
      broken |= this.#ofNoticed(this.#noticedBy(v, read));
    }
    if (broken !== 0 && this.#model.acceptsFailures) this.beginBare();
    return broken;
  }

  /** What of the host's is not in the CPU while the host runs on it, as `Monitor.hostLost()` finds them. */
  #ofHost(): number {
    if (this.#onHost.length === 0) return 0;
    const lost = this.#model.monitor.hostLost(this.#frame.f);
    if (lost === undefined) return 0;
    if (this.#explains) this.lost ??= lost;
    let broken = 0;
    for (const { bit, check } of this.#onHost) {
      if (check.isBroken(lost)) broken |= bit;
    }
    return broken;
  }

  /** Whether a watched register would read otherwise than it was written, as `Monitor` tells. */
  #ofRead(v: number, register: number): number {
    const { monitor } = this.#model;
    const { f, monitor: at } = this.#frame;
    const seen = this.#frame.peek(register);
    if (seen === undefined) return 0;
    this.#tried.count(WHOLE.read);
    const leaked = monitor.leaked?.(f, at, register);
    if (
      leaked === undefined &&
      monitor.matches(f, at, register, lowWord(seen), highWord(seen))
    ) return 0;
    const known = this.#known[v].get(register);
    const read: WrongRead = {
      register,
      seen: leaked ?? seen,
      own: monitor.own(f, at, register),
      ...leaked !== undefined && { isActedOn: true },
      isKnown: leaked === undefined &&
        (known === undefined || known.has(monitor.stored(register, seen))),
    };
    if (this.#explains) this.unread ??= read;
    let broken = 0;
    for (const { bit, check } of this.#atRead) {
      if (check.isBroken(read)) broken |= bit;
    }
    if (broken !== 0 && this.#model.acceptsFailures) this.accept(register);
    return broken;
  }

  /**
   * Values that vCPU v's program and userspace can put into each watched register, and those of the start. A
   * register is left out if a debugger computes its value from all its requests.
   */
  #valuesOf(v: number): ReadonlyMap<number, ReadonlySet<bigint>> {
    const { guests, users, initial, monitor } = this.#model;
    const { w, vcpu, cpu } = this.#frame;
    w.set(initial.vm, 0);
    w.set(initial.vcpus[v], vcpu);
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
        if (node.kind !== "act" || !writesRegister(node.action)) continue;
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
function watchedRegisters({ guests, users, hosts, monitor }: Model): number[] {
  const found = new Set<number>();
  for (const { nodes } of guests) {
    for (const node of nodes) {
      if (node.kind === "act" && node.action.register >= 0) {
        found.add(node.action.register);
      }
    }
  }
  for (const { nodes } of [...users, ...hosts]) {
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
