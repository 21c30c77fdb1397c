/**
 * The steps of one vCPU with the CPU that it is on, remembered: the rules run once for each pair of blocks.
 *
 * A component is a run of words with a number in a pool. A vCPU's component is its block, its userspace's
 * block, its monitor and three words of the search; a CPU's is its block and the position of the host's
 * program on it; the VM's is its block.
 *
 * @module
 */
import type { Event } from "../events.ts";
import {
  beginRun,
  enterGuest,
  kickVcpu,
  RAN,
  runGuest,
  vcpuLoad,
  vcpuPut,
} from "../kvm_run.ts";
import type { Insn } from "../program.ts";
import {
  BEGUN,
  CPU_BASE,
  type Frame,
  type HostDebugRequest,
  MODE,
  VCPU_BASE,
} from "../rules.ts";
import { highWord, join64, lowWord, type Words } from "../word64.ts";
import { type Graph, optionsOf } from "./graph.ts";
import {
  type Model,
  PROPERTY,
  type Requirement,
  STEP,
  type StepKind,
  type UserAction,
} from "./model.ts";
import { type BlockPool, Pool } from "./pool.ts";
import type { Positions, Renaming } from "./symmetry.ts";

/** No component: a step of userspace needs no CPU, one of the host no vCPU. */
export const NONE = -1;

/** Words of the search behind a vCPU's monitor. */
const EXTRA = {
  /** Position in userspace's program. */
  user: 0,
  /** KVM_RUN is in progress. */
  inRun: 1,
  /** An instruction was begun and is not over. */
  middle: 2,
  words: 3,
} as const;

/** Numbers of a remembered successor. */
export const SUCCESSOR = {
  vcpu: 0,
  cpu: 1,
  vm: 2,
  /** Kind, 4 bits, and the node that acted. */
  action: 3,
  /** Bits of `PROPERTY`, and of `EXPECTED`. */
  broken: 4,
  words: 5,
} as const;

/** Bits above those of `PROPERTY`: the first `always expect` that does not hold. */
export const EXPECTED_SHIFT = 8;

/** A step's action as one number. */
export function actionOf(kind: StepKind, node: number): number {
  return kind | (node << 4);
}

/** Kind and node of an action. */
export function actionParts(
  action: number,
): { readonly kind: StepKind; readonly node: number } {
  return { kind: (action & 15) as StepKind, node: action >> 4 };
}

/** A guest program with what the search asks of it. */
interface GuestProgram {
  readonly graph: Graph<Insn>;
  readonly options: readonly (readonly number[])[];
  /** By position: the addresses at which its options are, the first option's first; empty behind the end. */
  readonly addresses: readonly (readonly bigint[])[];
  /** By position and address: the position that has only the options there. */
  readonly narrowed: readonly (readonly number[])[];
}

function addressOf({ addressLo, addressHi }: Insn): bigint {
  return join64(addressLo, addressHi);
}

/** Adds to a program a position for each address at which a choice can go on. */
function prepare(graph: Graph<Insn>): GuestProgram {
  const nodes = [...graph.nodes];
  const options = [...optionsOf(graph)];
  const addresses: bigint[][] = [];
  const narrowed: number[][] = [];
  for (let at = 0; at < graph.nodes.length; at++) {
    const groups = new Map<bigint, number[]>();
    let ends = false;
    for (const option of options[at]) {
      const node = nodes[option];
      if (node.kind !== "act") {
        ends = true;
        continue;
      }
      const address = addressOf(node.action);
      groups.set(address, [...groups.get(address) ?? [], option]);
    }
    addresses[at] = [...groups.keys()];
    if (groups.size < 2 && !(ends && groups.size === 1)) {
      narrowed[at] = [at];
      continue;
    }
    narrowed[at] = [...groups.values()].map((group) => {
      if (group.length === 1) return group[0];
      nodes.push({ kind: "choice", next: group });
      const added = nodes.length - 1;
      options[added] = group;
      addresses[added] = [
        addressOf((nodes[group[0]] as { action: Insn }).action),
      ];
      narrowed[added] = [added];
      return added;
    });
  }
  return {
    graph: { nodes, start: graph.start },
    options,
    addresses,
    narrowed,
  };
}

/** The VM block changed, which only a search that was told so may see. */
export class VmVaries extends Error {
  override name = "VmVaries";
}

/** What a result of a step is while its variants are compared. */
interface Outcome {
  readonly vcpu: Words;
  readonly cpu: Words;
  readonly vm: Words;
  readonly broken: number;
  readonly events: readonly Event[] | undefined;
  readonly unread: Unread | undefined;
}

/** The pools of components. */
export interface Pools {
  readonly vms: BlockPool;
  readonly vcpus: BlockPool;
  readonly cpus: BlockPool;
}

/** The remembered successors of pairs, for another thread to begin with. */
export interface Remembered {
  readonly list: Int32Array;
  readonly listEnd: number;
  readonly table: Int32Array;
  readonly pairs: number;
}

/** Pools, rules and what was remembered. */
export class Steps {
  vms: BlockPool;
  vcpus: BlockPool;
  cpus: BlockPool;
  /** Runs of `SUCCESSOR.words` numbers. */
  list: Int32Array = new Int32Array(1 << 12);
  /** By vCPU component: `MODE`. */
  mode: Int32Array = new Int32Array(256);
  /** By vCPU component: index of its CPU, if it is loaded. */
  where: Int32Array = new Int32Array(256);
  /** By vCPU component: userspace can act on it now. */
  userActs: Int32Array = new Int32Array(256);
  /** By CPU component: index + 1 of the vCPU loaded on it. */
  occupant: Int32Array = new Int32Array(64);
  /** By CPU component: the host's program there has not ended. */
  hostActs: Int32Array = new Int32Array(64);
  /** How often a rule ran. */
  ruleRuns = 0;
  /** The VM block differs from the first one somewhere. */
  vmVaries = false;

  readonly #model: Model;
  readonly #frame: Frame;
  readonly #w: Words;
  readonly #scratch: Frame;
  readonly #guests: readonly GuestProgram[];
  readonly #userOptions: readonly (readonly (readonly number[])[])[];
  readonly #hostOptions: readonly (readonly (readonly number[])[])[];
  /** Registers that the model's programs name and the monitor follows. */
  readonly #watched: readonly number[];
  /** By vCPU and register: values that its program or userspace can put there, and those of the start. */
  readonly #known: readonly ReadonlyMap<number, ReadonlySet<bigint>>[];
  readonly #rest: boolean;
  /** Components of vCPUs and CPUs up to here have `mode` and the like. */
  #noted = { vcpus: 0, cpus: 0 };
  #table = new Int32Array(1 << 12);
  #pairs = 0;
  #listEnd = 1;
  #warned = false;
  /** Events of the step that is being taken, while somebody asks for them. */
  #events: Event[] | undefined;
  #unread: Unread | undefined;
  readonly #at: {
    readonly vcpu: number;
    readonly monitor: number;
    readonly extra: number;
    readonly cpu: number;
    readonly host: number;
  };

  /**
   * @param model what to search
   * @param rest clear what no later step reads, so that states differ only where it matters
   * @param pools those that other threads have, if there are any
   */
  constructor(model: Model, rest: boolean, pools?: Pools) {
    this.#model = model;
    this.#rest = rest;
    const { sizes } = model.rules;
    const vcpu = sizes.vm;
    const monitor = vcpu + sizes.vcpu + sizes.user;
    const extra = monitor + model.monitor.words;
    const cpu = extra + EXTRA.words;
    const host = cpu + sizes.cpu;
    this.#at = { vcpu, monitor, extra, cpu, host };
    this.vms = pools?.vms ?? new Pool(sizes.vm);
    this.vcpus = pools?.vcpus ?? new Pool(cpu - vcpu);
    this.cpus = pools?.cpus ?? new Pool(sizes.cpu + 1);
    this.#w = new Int32Array(host + 1);
    this.#frame = this.#newFrame(this.#w);
    this.#scratch = this.#newFrame(new Int32Array(this.#w.length));
    if ((model.never & PROPERTY.warn) !== 0) {
      this.#frame.sink = {
        push: ({ kind }) => {
          if (kind === "warn") this.#warned = true;
        },
      };
    }
    this.#guests = model.guests.map(prepare);
    this.#userOptions = model.users.map((graph) => optionsOf(graph));
    this.#hostOptions = model.hosts.map((graph) => optionsOf(graph));
    this.#watched = watchedRegisters(model);
    this.#known = model.initial.vcpus.map((_, v) => this.#valuesOf(v));
  }

  /** The components of the start: VM, vCPUs, CPUs. */
  initial(): {
    readonly vm: number;
    readonly vcpus: readonly number[];
    readonly cpus: readonly number[];
    readonly broken: number;
  } {
    const { initial, rules, monitor, guests, users, hosts } = this.#model;
    const { sizes } = rules;
    const w = this.#w;
    const at = this.#at;
    w.set(initial.vm, 0);
    w.set(initial.cpus[0], at.cpu);
    const vm = this.vms.intern(w, 0);
    let broken = 0;
    const vcpus = initial.vcpus.map((block, v) => {
      w.fill(0, at.vcpu, at.cpu);
      w.set(block.subarray(0, sizes.vcpu + sizes.user), at.vcpu);
      w[at.vcpu + VCPU_BASE.next] = guests[v].start;
      w[at.extra + EXTRA.user] = users[v].start;
      for (const register of this.#watched) {
        const seen = this.#peek(register);
        if (seen === undefined) continue;
        monitor.accept(
          this.#frame,
          at.monitor,
          register,
          lowWord(seen),
          highWord(seen),
        );
      }
      this.#toFirstAddress(v);
      if (this.#rest) monitor.rest(this.#frame);
      broken ||= this.#expected("vcpu", v);
      return this.#internVcpu();
    });
    const cpus = initial.cpus.map((block, p) => {
      w.set(block, at.cpu);
      w[at.host] = hosts[p].start;
      broken ||= this.#expected("cpu", p);
      return this.#internCpu();
    });
    return { vm, vcpus, cpus, broken };
  }

  /** Where the successors of a pair begin in `list`; their number stands before them. */
  successors(vcpu: number, cpu: number, vm: number): number {
    const mask = this.#table.length / 4 - 1;
    let q = pairHash(vcpu, cpu, vm) & mask;
    const table = this.#table;
    for (;;) {
      const found = table[4 * q + 3];
      if (found === 0) break;
      if (
        table[4 * q] === vcpu && table[4 * q + 1] === cpu &&
        table[4 * q + 2] === vm
      ) return found;
      q = (q + 1) & mask;
    }
    return this.#remember(vcpu, cpu, vm);
  }

  /** What happens in the steps of a pair, by the order of `successors`. */
  explain(
    vcpu: number,
    cpu: number,
    vm: number,
  ): readonly Explained[] {
    const found: Found[] = [];
    const events: Event[] = [];
    const { sink } = this.#frame;
    this.#events = events;
    this.#frame.sink = {
      push: (event) => {
        events.push(event);
        sink?.push(event);
      },
    };
    try {
      this.#find(vcpu, cpu, vm, found);
    } finally {
      this.#events = undefined;
      this.#frame.sink = sink;
    }
    return found.map(({ events = [], unread }) => ({ events, unread }));
  }

  /** From here on components are those of other pools, which have the same ones under the same numbers. */
  usePools({ vms, vcpus, cpus }: Pools): void {
    this.vms = vms;
    this.vcpus = vcpus;
    this.cpus = cpus;
    this.catchUp();
  }

  /** Knows `mode` and the like of components that other threads have added up to now. */
  catchUp(): void {
    const w = this.#w;
    const at = this.#at;
    const noted = this.#noted;
    for (const pool of [this.vms, this.vcpus, this.cpus]) pool.catchUp();
    for (const { count } = this.vcpus; noted.vcpus < count; noted.vcpus++) {
      this.vcpus.load(noted.vcpus, w, at.vcpu);
      this.#noteVcpu(noted.vcpus);
    }
    for (const { count } = this.cpus; noted.cpus < count; noted.cpus++) {
      this.cpus.load(noted.cpus, w, at.cpu);
      this.#noteCpu(noted.cpus);
    }
  }

  /** What is remembered up to now. */
  get remembered(): Remembered {
    return {
      list: this.list,
      listEnd: this.#listEnd,
      table: this.#table,
      pairs: this.#pairs,
    };
  }

  /** Begins with what another thread remembers. */
  remember({ list, listEnd, table, pairs }: Remembered): void {
    this.list = list.slice();
    this.#listEnd = listEnd;
    this.#table = table.slice();
    this.#pairs = pairs;
  }

  /** Bytes of what is remembered. */
  get memoBytes(): number {
    return this.list.byteLength + this.#table.byteLength;
  }

  /** How many pairs were looked at. */
  get pairs(): number {
    return this.#pairs;
  }

  /** Bytes of pools and of what is remembered. */
  get bytes(): number {
    return this.vms.bytes + this.vcpus.bytes + this.cpus.bytes +
      this.memoBytes;
  }

  /** Words of components, for looking at a state: VM, vCPU with userspace, CPU, one after the other. */
  wordsOf(vm: number, vcpu: number, cpu: number): Words {
    const w = new Int32Array(this.#w.length);
    this.vms.load(vm, w, 0);
    this.vcpus.load(vcpu, w, this.#at.vcpu);
    this.cpus.load(cpu, w, this.#at.cpu);
    return w;
  }

  /** A frame over words as `wordsOf` gives them. */
  frameOf(w: Words): Frame {
    return this.#newFrame(w);
  }

  /** The instruction of a node of a vCPU's program. */
  insnAt(v: number, node: number): Insn | undefined {
    const found = this.#guests[v].graph.nodes[node];
    return found?.kind === "act" ? found.action : undefined;
  }

  /** The number of a vCPU's component under other names. */
  renamedVcpu(id: number, renaming: Renaming): number {
    const { monitor, rules } = this.#model;
    const w = this.#w;
    const at = this.#at;
    this.vcpus.load(id, w, at.vcpu);
    const index = at.vcpu + VCPU_BASE.index;
    const v = w[index];
    const to = renaming.vcpus[v];
    w[index] = to;
    const cpu = at.vcpu + VCPU_BASE.cpu;
    if (w[cpu] !== 0) w[cpu] = renaming.cpus[w[cpu] - 1] + 1;
    const { pages, slots } = renaming;
    const position = w[at.vcpu + VCPU_BASE.next];
    const there = this.#renamedPosition(v, to, position, renaming.guests[v]);
    const stands = this.#standsForChoice(v, position);
    const user = at.vcpu + rules.sizes.vcpu;
    renameAddresses(w, at.vcpu, monitor.addresses.vcpu, pages);
    renameAddresses(w, user, monitor.addresses.user, pages);
    renameAddresses(w, at.monitor, monitor.addresses.monitor, pages);
    w[at.vcpu + VCPU_BASE.next] = there;
    if (stands) this.#placeAt(this.#guests[to].addresses[there][0]);
    const acting = at.extra + EXTRA.user;
    w[acting] = renaming.users[v]?.get(w[acting]) ?? w[acting];
    if (slots) monitor.slots.exchangeVcpu(this.#frame, at.monitor, slots);
    return this.#internVcpu();
  }

  /** A position in vCPU v's program, where it is in that of vCPU `to`. */
  #renamedPosition(
    v: number,
    to: number,
    position: number,
    positions: Positions,
  ): number {
    if (positions === undefined) return position;
    const known = positions.get(position);
    if (known !== undefined) return known;
    const { graph, options } = this.#guests[v];
    // A position that programs were given for some ways of a choice: the one that has the same ways there.
    const { length } = this.#model.guests[v].nodes;
    if (position < length) return position;
    const wanted = new Set(
      options[position].map((node) => positions.get(node) ?? node),
    );
    const found = this.#guests[to].options.findIndex((ways, at) =>
      at >= length && ways.length === wanted.size &&
      ways.every((node) => wanted.has(node))
    );
    if (found < 0 || graph.nodes.length === length) {
      throw new RangeError("A choice has no counterpart");
    }
    return found;
  }

  /** The program counter stands for a choice that is open between several addresses. */
  #standsForChoice(v: number, position: number): boolean {
    const [first, ...others] = this.#guests[v].addresses[position];
    if (others.length === 0) return false;
    const { w } = this.#frame;
    const at = this.#at.vcpu + VCPU_BASE.pc;
    return w[at] === lowWord(first) && w[at + 1] === highWord(first);
  }

  #placeAt(address: bigint): void {
    const { w } = this.#frame;
    const at = this.#at.vcpu + VCPU_BASE.pc;
    w[at] = lowWord(address);
    w[at + 1] = highWord(address);
  }

  /** The number of a CPU's component under other names. */
  renamedCpu(id: number, renaming: Renaming): number {
    const w = this.#w;
    const { cpu, host } = this.#at;
    this.cpus.load(id, w, cpu);
    const index = cpu + CPU_BASE.index;
    const p = w[index];
    w[index] = renaming.cpus[p];
    const loaded = cpu + CPU_BASE.loaded;
    if (w[loaded] !== 0) w[loaded] = renaming.vcpus[w[loaded] - 1] + 1;
    const { addresses, slots } = this.#model.monitor;
    renameAddresses(w, cpu, addresses.cpu, renaming.pages);
    w[host] = renaming.hosts[p]?.get(w[host]) ?? w[host];
    if (renaming.slots) slots.exchangeCpu(this.#frame, renaming.slots);
    return this.#internCpu();
  }

  /** An instruction of the vCPU was begun and is not over. */
  isMiddle(vcpu: number): boolean {
    const { words, data } = this.vcpus;
    const { vcpu: at, extra } = this.#at;
    return data[vcpu * words + extra - at + EXTRA.middle] !== 0;
  }

  /** The first of the instructions that may be the next one. */
  firstOption(vcpu: number): number {
    const { words } = this.vcpus;
    const block = this.vcpus.data.subarray(vcpu * words, (vcpu + 1) * words);
    const { options } = this.#guests[block[VCPU_BASE.index]];
    return options[block[VCPU_BASE.next]][0];
  }

  /** All programs are over: this vCPU's and its userspace's. */
  isOver(vcpu: number): boolean {
    const { words } = this.vcpus;
    const { vcpu: at, extra } = this.#at;
    const block = this.vcpus.data.subarray(vcpu * words, (vcpu + 1) * words);
    const v = block[VCPU_BASE.index];
    const user = block[extra - at + EXTRA.user];
    return this.mode[vcpu] === MODE.out &&
      this.#ended(this.#guests[v].options[block[VCPU_BASE.next]], v) &&
      block[VCPU_BASE.inHandler] === 0 &&
      this.#userOptions[v][user].every((node) =>
        this.#model.users[v].nodes[node].kind === "end"
      );
  }

  #ended(options: readonly number[], v: number): boolean {
    return options.every((node) =>
      this.#guests[v].graph.nodes[node].kind === "end"
    );
  }

  // ---- Remembering ------------------------------------------------------------------------------------

  #remember(vcpu: number, cpu: number, vm: number): number {
    const found: Found[] = [];
    this.#find(vcpu, cpu, vm, found);
    const begin = this.#listEnd;
    const need = begin + 1 + found.length * SUCCESSOR.words;
    if (need > this.list.length) {
      let length = this.list.length;
      while (length < need) length *= 2;
      const list = new Int32Array(length);
      list.set(this.list);
      this.list = list;
    }
    let at = begin;
    this.list[at++] = found.length;
    for (const one of found) {
      this.list[at++] = one.vcpu;
      this.list[at++] = one.cpu;
      this.list[at++] = one.vm;
      this.list[at++] = one.action;
      this.list[at++] = one.broken;
    }
    this.#listEnd = at;
    this.#store(vcpu, cpu, vm, begin);
    return begin;
  }

  #find(vcpu: number, cpu: number, vm: number, found: Found[]): void {
    if (vcpu === NONE) this.#hostSteps(cpu, vm, found, NONE);
    else if (cpu === NONE) this.#userSteps(vcpu, vm, found);
    else this.#vcpuSteps(vcpu, cpu, vm, found);
  }

  #store(vcpu: number, cpu: number, vm: number, found: number): void {
    if (++this.#pairs > this.#table.length / 8) {
      const old = this.#table;
      this.#table = new Int32Array(old.length * 2);
      for (let q = 0; q < old.length; q += 4) {
        if (old[q + 3] !== 0) {
          this.#put(old[q], old[q + 1], old[q + 2], old[q + 3]);
        }
      }
    }
    this.#put(vcpu, cpu, vm, found);
  }

  #put(vcpu: number, cpu: number, vm: number, found: number): void {
    const table = this.#table;
    const mask = table.length / 4 - 1;
    let q = pairHash(vcpu, cpu, vm) & mask;
    while (table[4 * q + 3] !== 0) q = (q + 1) & mask;
    table[4 * q] = vcpu;
    table[4 * q + 1] = cpu;
    table[4 * q + 2] = vm;
    table[4 * q + 3] = found;
  }

  // ---- Steps ------------------------------------------------------------------------------------------

  #vcpuSteps(vcpu: number, cpu: number, vm: number, found: Found[]): void {
    const step = new Expansion(vcpu, cpu, vm, found);
    switch (this.mode[vcpu]) {
      case MODE.out:
        return this.#load(step);
      case MODE.loaded:
        return this.#inKernel(step);
      case MODE.guest:
        return this.#inGuest(step);
      default:
        throw new RangeError("A step ended between guest and kernel");
    }
  }

  /** KVM_RUN begins, if it is not in progress, and the vCPU is loaded. */
  #load(step: Expansion): void {
    const { rules, migrate, fail } = this.#model;
    this.#read(step);
    const { w } = this.#frame;
    const { vcpu, cpu, extra } = this.#at;
    const v = w[vcpu + VCPU_BASE.index];
    const p = w[cpu + CPU_BASE.index];
    const last = w[vcpu + VCPU_BASE.cpu];
    if (migrate === "none" && last !== 0 && last !== p + 1) return;
    const program = this.#guests[v];
    const fresh = w[extra + EXTRA.inRun] === 0;
    if (fail !== undefined && fresh && w[vcpu + VCPU_BASE.ranOnce] === 0) {
      const position = w[vcpu + VCPU_BASE.next];
      this.#variants(step, STEP.fail, NONE, position, (f) => {
        beginRun(rules, f, fail);
      });
      this.#read(step);
    }
    // An access that userspace completes is over: what comes after it may be a choice.
    const begun = fresh ? rules.begin(this.#frame, undefined) : BEGUN.fresh;
    if (begun < 0) return;
    const positions = begun === BEGUN.fresh
      ? [w[vcpu + VCPU_BASE.next]]
      : program.options[w[vcpu + VCPU_BASE.next]].map((node) =>
        this.#after(v, node)
      );
    const kind = begun === BEGUN.completedToUser ? STEP.complete : STEP.load;
    for (const position of new Set(positions)) {
      this.#variants(step, kind, NONE, position, (f) => {
        if (!fresh) {
          vcpuLoad(rules, f);
          return;
        }
        const begun = beginRun(rules, f, undefined);
        if (begun !== BEGUN.fresh) w[extra + EXTRA.middle] = 0;
        w[extra + EXTRA.inRun] = begun === BEGUN.completedToUser ? 0 : 1;
      });
    }
  }

  /** The position behind an instruction; the end stays where it is. */
  #after(v: number, node: number): number {
    const found = this.#guests[v].graph.nodes[node];
    return found.kind === "act" ? found.next : node;
  }

  /** Loaded, in the host kernel. */
  #inKernel(step: Expansion): void {
    const { rules, preempt } = this.#model;
    const { vcpu, extra } = this.#at;
    this.#read(step);
    const { w } = this.#frame;
    const position = w[vcpu + VCPU_BASE.next];
    this.#variants(step, STEP.enter, NONE, position, (f) => {
      enterGuest(rules, f);
    });
    this.#read(step);
    const mayLeave = preempt === "any" ||
      preempt === "between" && w[extra + EXTRA.middle] === 0;
    const userWaits = this.#userActs();
    if (mayLeave) {
      this.#variants(step, STEP.put, NONE, position, () => this.#put_(1));
    }
    if (userWaits) {
      this.#variants(step, STEP.return, NONE, position, () => this.#put_(0));
    }
    this.#hostSteps(step.cpu, step.vm, step.found, step.vcpu);
  }

  /** vcpu_put. @param inRun KVM_RUN stays in progress */
  #put_(inRun: number): void {
    vcpuPut(this.#model.rules, this.#frame);
    this.#w[this.#at.extra + EXTRA.inRun] = inRun;
  }

  #inGuest(step: Expansion): void {
    const { rules, preempt } = this.#model;
    const { vcpu, extra } = this.#at;
    this.#read(step);
    const { w } = this.#frame;
    const v = w[vcpu + VCPU_BASE.index];
    const program = this.#guests[v];
    const position = w[vcpu + VCPU_BASE.next];
    const mayInterrupt = preempt === "any" ||
      preempt === "between" && w[extra + EXTRA.middle] === 0;
    if (mayInterrupt) {
      this.#variants(step, STEP.interrupt, NONE, position, (f) => {
        kickVcpu(rules, f);
      });
    }
    const options = program.options[position];
    if (options.length === 1) {
      this.#instruction(step, v, options[0], position);
      return;
    }
    // What does not depend on the choice leaves it open.
    let first: readonly Found[] | undefined;
    const open = options.every((option) => {
      const found: Found[] = [];
      const inner = new Expansion(step.vcpu, step.cpu, step.vm, found);
      this.#instruction(inner, v, option, position);
      first ??= found;
      return found.every(({ isOpen, broken }) => isOpen && broken === 0) &&
        sameFound(found, first);
    });
    if (open) {
      for (const one of first!) {
        const { kind } = actionParts(one.action);
        step.found.push({ ...one, action: actionOf(kind, NONE) });
      }
      return;
    }
    options.forEach((option) => {
      this.#instruction(step, v, option, option);
    });
  }

  /**
   * What the guest does next, if the instruction of a node is its program's next one.
   *
   * @param stays the position where it stays if it is not over
   */
  #instruction(
    step: Expansion,
    v: number,
    node: number,
    stays: number,
  ): void {
    const { rules, monitor } = this.#model;
    const { vcpu, extra, monitor: own } = this.#at;
    const program = this.#guests[v];
    const insn = this.insnAt(v, node) ?? null;
    const next = this.#after(v, node);
    const { w } = this.#frame;
    const after = insn === null ? [0n] : program.addresses[next];
    const targets = after.length > 0 ? after : [
      BigInt.asUintN(
        64,
        addressOf(insn!) + BigInt(insn!.lengthBytes),
      ),
    ];
    const results: { outcome: Outcome; over: boolean; idle: boolean }[] = [];
    for (const target of targets) {
      this.#read(step);
      // The choice is made: the program counter is where this option is.
      if (insn !== null) this.#toAddress(v, insn);
      w[vcpu + VCPU_BASE.next] = stays;
      const f = this.#frame;
      this.#pointNext(target);
      this.#warned = false;
      let broken = insn === null ? 0 : monitor.before(f, own, insn);
      const inHandler = w[vcpu + VCPU_BASE.inHandler] !== 0;
      this.ruleRuns++;
      const ran = runGuest(rules, f, insn);
      const over = (ran & RAN.complete) !== 0;
      const idle = (ran & RAN.drained) !== 0;
      if (idle) kickVcpu(rules, f);
      if (over) {
        if (insn?.op === "write" && !inHandler) monitor.wrote(f, own, insn);
        w[vcpu + VCPU_BASE.next] = next;
      } else if (insn !== null && !inHandler) {
        this.#backToFirst(v, stays, addressOf(insn));
      }
      w[extra + EXTRA.middle] = over || idle ? 0 : 1;
      if (idle || (ran & RAN.toUser) !== 0) this.#put_(0);
      if (over) this.#backToFirst(v, next, target);
      broken |= this.#check(v, true);
      if (targets.length === 1) {
        const action = actionOf(idle ? STEP.idle : STEP.instruction, node);
        this.#emitWords(step, this.#settle(broken), action, !over);
        return;
      }
      results.push({ outcome: this.#take(broken), over, idle });
    }
    const { over, idle } = results[0];
    const action = actionOf(idle ? STEP.idle : STEP.instruction, node);
    if (
      results.every(({ outcome }) => sameOutcome(outcome, results[0].outcome))
    ) {
      this.#emit(step, results[0].outcome, action, !over);
      return;
    }
    results.forEach(({ outcome, over }, k) => {
      // The step depends on where the program goes on: it goes on there.
      if (over) {
        outcome.vcpu[VCPU_BASE.next] = program.narrowed[next][k];
        this.#unFirst(outcome.vcpu, program.addresses[next][0], targets[k]);
      }
      this.#emit(step, outcome, action, false);
    });
  }

  /** The program counter, if it stands for the choice that is open, on an instruction. */
  #toAddress(v: number, insn: Insn): void {
    const { w } = this.#frame;
    const { vcpu } = this.#at;
    const position = w[vcpu + VCPU_BASE.next];
    const [first] = this.#guests[v].addresses[position] ?? [];
    if (first === undefined) return;
    const at = vcpu + VCPU_BASE.pc;
    if (w[at] !== lowWord(first) || w[at + 1] !== highWord(first)) return;
    w[at] = insn.addressLo;
    w[at + 1] = insn.addressHi;
  }

  /** The program counter at an address where a choice goes on stands for the choice. */
  #backToFirst(v: number, position: number, address: bigint): void {
    const [first] = this.#guests[v].addresses[position] ?? [];
    if (first === undefined || first === address) return;
    const { w } = this.#frame;
    const at = this.#at.vcpu + VCPU_BASE.pc;
    if (w[at] === lowWord(address) && w[at + 1] === highWord(address)) {
      w[at] = lowWord(first);
      w[at + 1] = highWord(first);
    }
  }

  /** The contrary, on a block of a result. */
  #unFirst(block: Words, first: bigint | undefined, address: bigint): void {
    if (first === undefined) return;
    const at = VCPU_BASE.pc;
    if (block[at] === lowWord(first) && block[at + 1] === highWord(first)) {
      block[at] = lowWord(address);
      block[at + 1] = highWord(address);
    }
  }

  #toFirstAddress(v: number): void {
    const { w } = this.#frame;
    const { vcpu } = this.#at;
    const [first] = this.#guests[v].addresses[w[vcpu + VCPU_BASE.next]];
    if (first === undefined) return;
    w[vcpu + VCPU_BASE.pc] = lowWord(first);
    w[vcpu + VCPU_BASE.pc + 1] = highWord(first);
  }

  /**
   * A step that is not an instruction. Where the program's next instruction is still open, and may be at
   * several addresses, it happens for each; if the address makes no difference the choice stays open.
   */
  #variants(
    step: Expansion,
    kind: StepKind,
    node: number,
    position: number,
    act: (f: Frame) => void,
  ): void {
    const { vcpu } = this.#at;
    const { w } = this.#frame;
    this.#read(step);
    const v = w[vcpu + VCPU_BASE.index];
    const program = this.#guests[v];
    const known = program.addresses[position];
    const first = known[0];
    if (known.length < 2) {
      w[vcpu + VCPU_BASE.next] = position;
      this.#pointNext(first ?? this.#behind(v));
      this.#warned = false;
      this.ruleRuns++;
      act(this.#frame);
      const settled = this.#settle(this.#check(v, step.cpu !== NONE));
      this.#emitWords(step, settled, actionOf(kind, node), true);
      return;
    }
    const targets = known;
    const results = targets.map((target) => {
      this.#read(step);
      w[vcpu + VCPU_BASE.next] = position;
      this.#pointNext(target);
      if (target !== first) this.#toPlace(first, target);
      this.#warned = false;
      this.ruleRuns++;
      act(this.#frame);
      if (target !== first) this.#backToFirst(v, position, target);
      return this.#take(this.#check(v, step.cpu !== NONE));
    });
    const action = actionOf(kind, node);
    if (results.every((one) => sameOutcome(one, results[0]))) {
      this.#emit(step, results[0], action, true);
      return;
    }
    results.forEach((one, k) => {
      one.vcpu[VCPU_BASE.next] = program.narrowed[position][k];
      this.#unFirst(one.vcpu, first, targets[k]);
      this.#emit(step, one, action, false);
    });
  }

  /** Where the program goes on: an entry may still have to complete the instruction before. */
  #pointNext(address: bigint): void {
    this.#frame.nextLo = lowWord(address);
    this.#frame.nextHi = highWord(address);
  }

  /** Behind the instruction that the program counter is at, where none comes after it. */
  #behind(v: number): bigint {
    const { w } = this.#frame;
    const at = this.#at.vcpu + VCPU_BASE.pc;
    const pc = join64(w[at], w[at + 1]);
    for (const node of this.#guests[v].graph.nodes) {
      if (node.kind === "act" && addressOf(node.action) === pc) {
        return BigInt.asUintN(64, pc + BigInt(node.action.lengthBytes));
      }
    }
    return pc;
  }

  #toPlace(first: bigint, target: bigint): void {
    const { w } = this.#frame;
    const at = this.#at.vcpu + VCPU_BASE.pc;
    if (w[at] === lowWord(first) && w[at + 1] === highWord(first)) {
      w[at] = lowWord(target);
      w[at + 1] = highWord(target);
    }
  }

  /** Userspace has something left to do with the vCPU whose words are there. */
  #userActs(): boolean {
    const { w } = this.#frame;
    const { vcpu, extra } = this.#at;
    const v = w[vcpu + VCPU_BASE.index];
    return this.#userOptions[v][w[extra + EXTRA.user]].some((node) =>
      this.#model.users[v].nodes[node].kind === "act"
    );
  }

  #userSteps(vcpu: number, vm: number, found: Found[]): void {
    const step = new Expansion(vcpu, NONE, vm, found);
    this.#read(step);
    const { w } = this.#frame;
    const { vcpu: block, extra } = this.#at;
    if (w[extra + EXTRA.inRun] !== 0) return;
    const v = w[block + VCPU_BASE.index];
    const position = w[block + VCPU_BASE.next];
    const graph = this.#model.users[v];
    for (const node of this.#userOptions[v][w[extra + EXTRA.user]]) {
      const one = graph.nodes[node];
      if (one.kind !== "act") continue;
      this.#variants(step, STEP.user, node, position, (f) => {
        this.#act(one.action, f);
        w[extra + EXTRA.user] = one.next;
      });
    }
  }

  /** An ioctl; a refused one changes nothing. */
  #act(action: UserAction, f: Frame): void {
    const { rules, monitor } = this.#model;
    switch (action.kind) {
      case "debugger":
        rules.debugger(f, action.request);
        return;
      case "guest-debug":
        rules.setGuestDebug(f, action.request);
        return;
      case "get":
        rules.userGet(f, action.register);
        return;
      case "set": {
        f.lo = lowWord(action.value);
        f.hi = highWord(action.value);
        if (rules.userSet(f, action.register) < 0) return;
        break;
      }
      case "init":
        if (rules.userInit(f) < 0) return;
        break;
      default:
        return action satisfies never;
    }
    for (const register of this.#watched) {
      if (action.kind === "set" && action.register !== register) continue;
      const seen = this.#peek(register);
      if (seen === undefined) continue;
      monitor.accept(
        f,
        this.#at.monitor,
        register,
        lowWord(seen),
        highWord(seen),
      );
    }
  }

  /** What the host kernel does with its own breakpoints on a CPU that is not in the guest. */
  #hostSteps(cpu: number, vm: number, found: Found[], vcpu: number): void {
    const { hosts, rules } = this.#model;
    const { w } = this.#frame;
    const at = this.#at;
    this.cpus.load(cpu, w, at.cpu);
    const p = w[at.cpu + CPU_BASE.index];
    const graph: Graph<HostDebugRequest> = hosts[p];
    for (const node of this.#hostOptions[p][w[at.host]]) {
      const one = graph.nodes[node];
      if (one.kind !== "act") continue;
      if (this.#events) this.#events.length = 0;
      this.vms.load(vm, w, 0);
      if (vcpu === NONE) w.fill(0, at.vcpu, at.cpu);
      else this.vcpus.load(vcpu, w, at.vcpu);
      this.cpus.load(cpu, w, at.cpu);
      this.#warned = false;
      this.ruleRuns++;
      rules.hostDebug(this.#frame, one.action);
      w[at.host] = one.next;
      const broken = this.#warnings() | this.#hostLost() |
        this.#expected("cpu", p);
      found.push({
        vcpu,
        cpu: this.#internCpu(),
        vm,
        action: actionOf(STEP.host, node),
        broken,
        isOpen: false,
        events: this.#events?.slice(),
        unread: this.#unread,
      });
    }
  }

  // ---- Checks -----------------------------------------------------------------------------------------

  #warnings(): number {
    return this.#warned ? PROPERTY.warn & this.#model.never : 0;
  }

  /** The properties after a step of a vCPU, which is where the words are. */
  #check(v: number, onCpu: boolean): number {
    const { monitor, never } = this.#model;
    const f = this.#frame;
    const { w } = f;
    const { vcpu, cpu } = this.#at;
    if (this.#rest) monitor.rest(f);
    const mode = w[vcpu + VCPU_BASE.mode];
    let broken = this.#warnings();
    if (mode === MODE.guest) {
      if ((never & (PROPERTY.leak | PROPERTY.stale)) !== 0) {
        for (const register of this.#watched) {
          broken |= this.#checkRead(v, register);
        }
      }
    } else if (onCpu) broken |= this.#hostLost();
    if (broken >>> EXPECTED_SHIFT === 0) broken |= this.#expected("vcpu", v);
    if (onCpu && broken >>> EXPECTED_SHIFT === 0) {
      broken |= this.#expected("cpu", w[cpu + CPU_BASE.index]);
    }
    return broken;
  }

  #hostLost(): number {
    const { monitor, never } = this.#model;
    if ((never & PROPERTY["host-lost"]) === 0) return 0;
    return monitor.hostLost(this.#frame) ? PROPERTY["host-lost"] : 0;
  }

  #checkRead(v: number, register: number): number {
    const { monitor } = this.#model;
    const seen = this.#peek(register);
    if (seen === undefined) return 0;
    const differs = monitor.compare(
      this.#frame,
      this.#at.monitor,
      register,
      lowWord(seen),
      highWord(seen),
    );
    if (differs === 0) return 0;
    if (this.#events) {
      const own = monitor.own(this.#frame, this.#at.monitor, register);
      this.#unread ??= { register, seen, own };
    }
    const known = this.#known[v].get(register);
    return known === undefined || known.has(monitor.stored(register, seen))
      ? PROPERTY.stale
      : PROPERTY.leak | PROPERTY.stale;
  }

  /** What the guest would read from a register; undefined if there is no value. */
  #peek(register: number): bigint | undefined {
    const scratch = this.#scratch;
    scratch.w.set(this.#w);
    const seen = this.#model.rules.peek(scratch, register);
    return seen.kind === "value" ? seen.value : undefined;
  }

  /** The first `always expect` about a vCPU or CPU that does not hold, as bits; 0 if all do. */
  #expected(of: Requirement["of"], index: number): number {
    const { always } = this.#model;
    for (let n = 0; n < always.length; n++) {
      const one = always[n];
      if (one.of !== of || one.index !== index) continue;
      this.#scratch.w.set(this.#w);
      if (!one.holds(this.#scratch)) return (n + 1) << EXPECTED_SHIFT;
    }
    return 0;
  }

  /**
   * Values that vCPU v's program and userspace can put into each watched register, and those of the start. A
   * register is missing whose value a debugger makes up, out of all that it was asked for before.
   */
  #valuesOf(v: number): ReadonlyMap<number, ReadonlySet<bigint>> {
    const { guests, users, initial, monitor, rules } = this.#model;
    const w = this.#w;
    w.fill(0);
    w.set(initial.vm, 0);
    w.set(
      initial.vcpus[v].subarray(0, rules.sizes.vcpu + rules.sizes.user),
      this.#at.vcpu,
    );
    w.set(initial.cpus[0], this.#at.cpu);
    const debugs = users[v].nodes.some((node) =>
      node.kind === "act" && node.action.kind === "debugger" &&
      "address" in node.action.request
    );
    const registers = this.#watched.filter((register) =>
      !debugs || monitor.isAddress(register)
    );
    return new Map(registers.map((register) => {
      const values = new Set<bigint>();
      const add = (value: bigint) =>
        values.add(monitor.stored(register, value));
      add(0n);
      const seen = this.#peek(register);
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

  // ---- Words and numbers --------------------------------------------------------------------------------

  #newFrame(w: Words): Frame {
    const f = this.#model.rules.frame(w);
    const { vcpu, cpu } = this.#at;
    f.vm = 0;
    f.vcpu = vcpu;
    f.user = vcpu + this.#model.rules.sizes.vcpu;
    f.cpu = cpu;
    f.sink = null;
    return f;
  }

  #read({ vm, vcpu, cpu }: Expansion): void {
    const w = this.#w;
    if (this.#events) this.#events.length = 0;
    this.#unread = undefined;
    this.vms.load(vm, w, 0);
    this.vcpus.load(vcpu, w, this.#at.vcpu);
    if (cpu === NONE) w.set(this.#model.initial.cpus[0], this.#at.cpu);
    else this.cpus.load(cpu, w, this.#at.cpu);
  }

  /** The step is over: where the vCPU was last matters no more once it may be loaded anywhere. */
  #settle(broken: number): Pick<Outcome, "broken" | "events" | "unread"> {
    const w = this.#w;
    const { vcpu } = this.#at;
    if (
      this.#rest && this.#model.migrate === "any" &&
      w[vcpu + VCPU_BASE.mode] === MODE.out
    ) w[vcpu + VCPU_BASE.cpu] = 0;
    return {
      events: this.#events?.slice(),
      unread: this.#unread,
      broken: broken & (this.#model.never | -(1 << EXPECTED_SHIFT)),
    };
  }

  #take(broken: number): Outcome {
    const w = this.#w;
    const { vcpu, cpu } = this.#at;
    return {
      ...this.#settle(broken),
      vm: w.slice(0, vcpu),
      vcpu: w.slice(vcpu, cpu),
      cpu: w.slice(cpu),
    };
  }

  #emit(
    step: Expansion,
    outcome: Outcome,
    action: number,
    isOpen: boolean,
  ): void {
    const w = this.#w;
    const { vcpu, cpu } = this.#at;
    w.set(outcome.vm, 0);
    w.set(outcome.vcpu, vcpu);
    w.set(outcome.cpu, cpu);
    this.#emitWords(step, outcome, action, isOpen);
  }

  /** The same, of the words as they are: where there are no variants to compare. */
  #emitWords(
    step: Expansion,
    { broken, events, unread }: Pick<Outcome, "broken" | "events" | "unread">,
    action: number,
    isOpen: boolean,
  ): void {
    const w = this.#w;
    const vm = this.vms.intern(w, 0);
    if (vm !== step.vm && !this.vmVaries) throw new VmVaries();
    step.found.push({
      vcpu: this.#internVcpu(),
      cpu: step.cpu === NONE ? NONE : this.#internCpu(),
      vm,
      action,
      broken,
      isOpen,
      events,
      unread,
    });
  }

  #internVcpu(): number {
    const id = this.vcpus.intern(this.#w, this.#at.vcpu);
    this.#noteVcpu(id);
    return id;
  }

  /** Of the component whose words are there. */
  #noteVcpu(id: number): void {
    const w = this.#w;
    const { vcpu, extra } = this.#at;
    while (id >= this.mode.length) {
      this.mode = doubled(this.mode);
      this.where = doubled(this.where);
      this.userActs = doubled(this.userActs);
    }
    this.mode[id] = w[vcpu + VCPU_BASE.mode];
    this.where[id] = w[vcpu + VCPU_BASE.cpu] - 1;
    this.userActs[id] = w[extra + EXTRA.inRun] === 0 && this.#userActs()
      ? 1
      : 0;
  }

  #internCpu(): number {
    const id = this.cpus.intern(this.#w, this.#at.cpu);
    this.#noteCpu(id);
    return id;
  }

  /** Of the component whose words are there. */
  #noteCpu(id: number): void {
    const w = this.#w;
    const { cpu, host } = this.#at;
    while (id >= this.occupant.length) {
      this.occupant = doubled(this.occupant);
      this.hostActs = doubled(this.hostActs);
    }
    this.occupant[id] = w[cpu + CPU_BASE.loaded];
    const p = w[cpu + CPU_BASE.index];
    this.hostActs[id] =
      this.#hostOptions[p][w[host]].some((node) =>
          this.#model.hosts[p].nodes[node].kind === "act"
        )
        ? 1
        : 0;
  }
}

/** A register that a guest would read something wrong from. */
export interface Unread {
  /** Id of the register. */
  readonly register: number;
  /** What the guest would read. */
  readonly seen: bigint;
  /** What was written last, as the architecture stores it. */
  readonly own: bigint;
}

/** What happened in a step. */
export interface Explained {
  readonly events: readonly Event[];
  readonly unread: Unread | undefined;
}

/** A successor before it is remembered. */
interface Found {
  readonly vcpu: number;
  readonly cpu: number;
  readonly vm: number;
  readonly action: number;
  readonly broken: number;
  /** The step left the program's next choice as it was. */
  readonly isOpen: boolean;
  /** What happened, where somebody asked. */
  readonly events: readonly Event[] | undefined;
  readonly unread: Unread | undefined;
}

/** What is being expanded. */
class Expansion {
  constructor(
    readonly vcpu: number,
    readonly cpu: number,
    readonly vm: number,
    readonly found: Found[],
  ) {}
}

/** The same states, whatever led to them. */
function sameFound(a: readonly Found[], b: readonly Found[]): boolean {
  return a.length === b.length &&
    a.every((one, i) =>
      one.vcpu === b[i].vcpu && one.cpu === b[i].cpu && one.vm === b[i].vm
    );
}

function sameOutcome(a: Outcome, b: Outcome): boolean {
  return a.broken === b.broken && sameWords(a.vcpu, b.vcpu) &&
    sameWords(a.cpu, b.cpu) && sameWords(a.vm, b.vm);
}

function sameWords(a: Words, b: Words): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Renames the pages of addresses in a block. */
function renameAddresses(
  w: Words,
  base: number,
  offsets: readonly number[],
  pages: ReadonlyMap<number, number>,
): void {
  if (pages.size === 0) return;
  for (const offset of offsets) {
    const at = base + offset;
    const page = (w[at + 1] >>> 0) * 0x10_0000 + (w[at] >>> 12);
    const to = pages.get(page);
    if (to === undefined) continue;
    w[at] = ((to % 0x10_0000) << 12) | (w[at] & 0xfff);
    w[at + 1] = Math.floor(to / 0x10_0000) | 0;
  }
}

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function pairHash(vcpu: number, cpu: number, vm: number): number {
  let h = Math.imul(vcpu, 0x9e3779b1) ^ Math.imul(cpu, 0x85ebca6b) ^
    Math.imul(vm, 0xc2b2ae35);
  h ^= h >>> 15;
  return h;
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
