/**
 * The steps of one vCPU with the CPU that it is on, of its userspace, and of the host on a CPU: each pair of
 * components is expanded once, and remembered.
 *
 * @module
 */
import { CPU_BASE, type Frame, VCPU_BASE } from "../rules.ts";
import type { Words } from "../word64.ts";
import { Checks } from "./checks.ts";
import { classesOf } from "./classes.ts";
import { Components, type Pools } from "./components.ts";
import { type CountedPairs, type Coverage, Tried } from "./coverage.ts";
import { hostSteps } from "./host_steps.ts";
import type { Model } from "./model.ts";
import { EXTRA, NONE, PairFrame, RESTORE } from "./pair_frame.ts";
import { Programs } from "./programs.ts";
import type { Renaming } from "./renaming.ts";
import { restoreSteps } from "./restore_steps.ts";
import type { StepContext } from "./step_context.ts";
import { type Expansion, StepResults } from "./step_results.ts";
import {
  type Explained,
  type RememberedSuccessor,
  type Successor,
  SuccessorMemo,
} from "./successors.ts";
import { userSteps } from "./user_steps.ts";
import { vcpuSteps } from "./vcpu_steps.ts";

/** The components of a model's start. */
export interface InitialComponents {
  readonly vm: number;
  readonly vcpus: readonly number[];
  readonly cpus: readonly number[];
  /** Bits as in `SUCCESSOR.broken`. */
  readonly broken: number;
}

/** The steps of one model. */
export class Steps {
  /** The components of states. */
  readonly components: Components;
  /** What is remembered; `list` has the successors. */
  readonly memo: SuccessorMemo = new SuccessorMemo();
  /** What was tried, of pairs that are new. */
  readonly tried: Tried;
  /** Which pairs count once; undefined if each does. */
  classes: CountedPairs | undefined;
  readonly #context: StepContext;

  /**
   * @param model what to search
   * @param rest clear what no later step reads, so that states differ only where it matters
   * @param pools those that other threads have, if there are any
   */
  constructor(model: Model, rest: boolean, pools?: Pools) {
    const frame = new PairFrame(model);
    const programs = new Programs(model);
    const components = new Components(model, frame, programs, pools);
    const tried = new Tried(model);
    const checks = new Checks(model, frame, { rest, tried });
    const results = new StepResults(model, { frame, components, checks, rest });
    this.components = components;
    this.tried = tried;
    this.#context = {
      model,
      frame,
      programs,
      components,
      checks,
      results,
      tried,
    };
  }

  /** How often a step was tried. */
  get ruleRuns(): number {
    return this.#context.results.tries;
  }

  /** The VM block may change. */
  set vmVaries(varies: boolean) {
    this.#context.results.vmVaries = varies;
  }

  /** Bytes of pools and of what is remembered. */
  get bytes(): number {
    return this.components.bytes + this.memo.bytes;
  }

  /** The components of the start. */
  initial(): InitialComponents {
    const { model, frame, programs, components, checks } = this.#context;
    const { initial, monitor } = model;
    const { w } = frame;
    w.set(initial.vm, 0);
    w.set(initial.cpus[0], frame.cpu);
    const vm = components.internVm();
    let broken = 0;
    const vcpus = initial.vcpus.map((block, v) => {
      w.fill(0, frame.vcpu, frame.cpu);
      w.set(block, frame.vcpu);
      const guest = programs.guests[v];
      frame.position = guest.graph.start;
      w[frame.extra + EXTRA.user] = programs.users[v].graph.start;
      checks.accept();
      checks.startBare(v);
      guest.placeAt(w, frame.pc, frame.position);
      monitor.forgetExceptions(frame.f);
      checks.rest();
      broken ||= checks.expected("vcpu", v);
      return components.internVcpu();
    });
    const cpus = initial.cpus.map((block, p) => {
      w.set(block, frame.cpu);
      w[frame.host] = programs.hosts[p].graph.start;
      broken ||= checks.expected("cpu", p);
      return components.internCpu();
    });
    return { vm, vcpus, cpus, broken };
  }

  /**
   * Where the successors of a pair begin in `memo.list`; their number stands there, before them.
   *
   * @param vcpu component; `NONE` for the host
   * @param cpu component; `NONE` for userspace, `RESTORE` where the VM is saved and restored
   */
  successors(vcpu: number, cpu: number, vm: number): number {
    const known = this.memo.find(vcpu, cpu, vm);
    if (known !== 0) return known;
    this.tried.begin(this.classes?.take(vcpu, cpu, vm) ?? true);
    const found = this.#expanded(vcpu, cpu, vm);
    this.tried.end();
    return this.memo.add(vcpu, cpu, vm, found);
  }

  /**
   * What was tried.
   *
   * @param renamings what they turn into each other counts together
   */
  coverage(renamings: readonly Renaming[] = []): Coverage {
    const { guests, users, hosts } = this.#context.programs;
    const { tried } = this;
    const pairs = renamings.flatMap((renaming) =>
      ([
        ["guest", guests, renaming.guests, renaming.vcpus],
        ["user", users, renaming.users, renaming.vcpus],
        ["host", hosts, renaming.hosts, renaming.cpus],
      ] as const).flatMap(([actor, programs, positions, to]) =>
        programs.flatMap(({ graph }, index) =>
          graph.nodes.map((_, node) =>
            [
              tried.placeOf(actor, index, node),
              tried.placeOf(
                actor,
                to[index],
                positions[index]?.get(node) ?? node,
              ),
            ] as const
          ).filter(([at]) => at >= 0)
        )
      )
    );
    return tried.coverage(classesOf(pairs));
  }

  /** The successors of a pair as objects, by the order of `successors`. */
  successorsOf(
    vcpu: number,
    cpu: number,
    vm: number,
  ): readonly RememberedSuccessor[] {
    return this.memo.at(this.successors(vcpu, cpu, vm));
  }

  /** What happens in the steps of a pair, by the order of `successors`. */
  explain(vcpu: number, cpu: number, vm: number): readonly Explained[] {
    let found: readonly Successor[] = [];
    this.#context.results.explaining(() => {
      found = this.#expanded(vcpu, cpu, vm);
    });
    return found.map(({ explained }) => explained!);
  }

  /** Words of components, for looking at a state: VM, vCPU with userspace, CPU, one after the other. */
  wordsOf(vm: number, vcpu: number, cpu: number): Words {
    return this.components.wordsOf(vm, vcpu, cpu);
  }

  /** Where the block of a bare machine is in the words that `wordsOf` gives. */
  get bareAt(): number {
    return this.#context.frame.bare;
  }

  /** A frame over words as `wordsOf` gives them. */
  frameOf(w: Words): Frame {
    return this.#context.frame.over(w);
  }

  /** The programs. */
  get programs(): Programs {
    return this.#context.programs;
  }

  /** The number of a vCPU's component once its userspace is past an action that it has not done. */
  pastUser(id: number, node: number): number {
    const { frame, programs, components } = this.#context;
    const { w, vcpu, extra } = frame;
    components.vcpus.load(id, w, vcpu);
    w[extra + EXTRA.user] = programs.users[frame.vcpuIndex].after(node);
    return components.internVcpu();
  }

  /** The number of a CPU's component once the host is past an action that it has not done there. */
  pastHost(id: number, node: number): number {
    const { frame, programs, components } = this.#context;
    const { w, cpu, host } = frame;
    components.cpus.load(id, w, cpu);
    w[host] = programs.hosts[frame.cpuIndex].after(node);
    return components.internCpu();
  }

  /** The number of a vCPU's component under other names. */
  renamedVcpu(id: number, renaming: Renaming): number {
    const { model, frame, programs, components } = this.#context;
    const { monitor, rules } = model;
    const { f, w, vcpu, pc } = frame;
    components.vcpus.load(id, w, vcpu);
    const v = frame.vcpuIndex;
    const to = renaming.vcpus[v];
    w[vcpu + VCPU_BASE.index] = to;
    const cpu = vcpu + VCPU_BASE.cpu;
    if (w[cpu] !== 0) w[cpu] = renaming.cpus[w[cpu] - 1] + 1;
    const { pages, slots } = renaming;
    const { position } = frame;
    const stands = programs.guests[v].standsForChoice(w, pc, position);
    renameAddresses(w, vcpu, monitor.addresses.vcpu, pages);
    renameAddresses(
      w,
      vcpu + rules.sizes.vcpu,
      monitor.addresses.user,
      pages,
    );
    renameAddresses(w, frame.monitor, monitor.addresses.monitor, pages);
    const hasBare = frame.extra > frame.bare;
    if (hasBare) {
      renameAddresses(w, frame.bare, monitor.lockstep.addresses, pages);
    }
    frame.position = this.#renamedPosition(v, position, renaming);
    if (stands) programs.guests[to].placeAt(w, pc, frame.position);
    const acting = frame.extra + EXTRA.user;
    w[acting] = renaming.users[v]?.get(w[acting]) ?? w[acting];
    if (slots) {
      monitor.slots.exchangeVcpu(f, frame.monitor, slots);
      if (hasBare) monitor.slots.exchangeBare(f, frame.bare, slots);
    }
    return components.internVcpu();
  }

  /** The number of a CPU's component under other names. */
  renamedCpu(id: number, renaming: Renaming): number {
    const { model: { monitor }, frame, components } = this.#context;
    const { f, w, cpu, host } = frame;
    components.cpus.load(id, w, cpu);
    const p = frame.cpuIndex;
    w[cpu + CPU_BASE.index] = renaming.cpus[p];
    const loaded = cpu + CPU_BASE.loaded;
    if (w[loaded] !== 0) w[loaded] = renaming.vcpus[w[loaded] - 1] + 1;
    renameAddresses(w, cpu, monitor.addresses.cpu, renaming.pages);
    w[host] = renaming.hosts[p]?.get(w[host]) ?? w[host];
    if (renaming.slots) monitor.slots.exchangeCpu(f, renaming.slots);
    return components.internCpu();
  }

  /** A position in vCPU v's program, where it is in that of the vCPU that it is renamed to. */
  #renamedPosition(
    v: number,
    position: number,
    { guests: renamed, vcpus }: Renaming,
  ): number {
    const positions = renamed[v];
    if (positions === undefined) return position;
    const known = positions.get(position);
    if (known !== undefined) return known;
    const { guests } = this.#context.programs;
    return position < guests[v].ownCount
      ? position
      : guests[v].addedPositionIn(guests[vcpus[v]], position, positions);
  }

  #expanded(vcpu: number, cpu: number, vm: number): readonly Successor[] {
    const found: Successor[] = [];
    const step: Expansion = { vcpu, cpu, vm, found };
    const actor = vcpu === NONE
      ? hostSteps
      : cpu === RESTORE
      ? restoreSteps
      : cpu === NONE
      ? userSteps
      : vcpuSteps;
    actor(this.#context, step);
    return found;
  }
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
