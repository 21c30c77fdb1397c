/**
 * What the steps of a pair lead to: each is tried on the frame and put among the successors.
 *
 * @module
 */
import type { Event } from "../events.ts";
import { MODE, VCPU_BASE } from "../rules.ts";
import type { Words } from "../word64.ts";
import type { Checks } from "./checks.ts";
import type { Components } from "./components.ts";
import type { Model } from "./model.ts";
import { NONE, type PairFrame } from "./pair_frame.ts";
import type { Explained, Successor } from "./successors.ts";

/** The VM block changed, which only a search that expects it may see. */
export class VmVaries extends Error {
  override name = "VmVaries";
}

/** Components that a step is tried with. */
export interface Pair {
  /** vCPU component; `NONE` for the host. */
  readonly vcpu: number;
  /** CPU component; `NONE` for userspace, `RESTORE` where the VM is saved and restored. */
  readonly cpu: number;
  readonly vm: number;
}

/** A pair that is expanded. */
export interface Expansion extends Pair {
  /** Its successors up to now. */
  readonly found: Successor[];
}

/** What a step came to, while the frame still has it. */
export type Settled = Pick<Successor, "broken" | "explained">;

/** The same, with a copy of the words, while variants of the step are compared. */
export interface StepResult extends Settled {
  readonly vcpu: Words;
  readonly cpu: Words;
  readonly vm: Words;
}

/** The same words and the same properties broken. */
export function sameResult(a: StepResult, b: StepResult): boolean {
  return a.broken === b.broken && sameWords(a.vcpu, b.vcpu) &&
    sameWords(a.cpu, b.cpu) && sameWords(a.vm, b.vm);
}

function sameWords(a: Words, b: Words): boolean {
  return a === b || hasWords(a, 0, b);
}

/** Words have others in them, from an offset on. */
function hasWords(w: Words, at: number, others: Words): boolean {
  for (let i = 0; i < others.length; i++) {
    if (w[at + i] !== others[i]) return false;
  }
  return true;
}

/** Tries steps. */
export class StepResults {
  /** How often a step was tried. */
  tries = 0;
  /** The VM block differs from the first one somewhere. */
  vmVaries = false;
  readonly #model: Model;
  readonly #rest: boolean;
  readonly #frame: PairFrame;
  readonly #components: Components;
  readonly #checks: Checks;
  /** Events of the step that is tried, while steps are explained. */
  #events: Event[] | undefined;
  /** The words as a pair begins, and the pair: many steps begin with it. */
  readonly #begun: Words;
  #pair: Pair = { vm: NONE, vcpu: NONE, cpu: NONE };

  /** @param rest clear what no later step reads */
  constructor(
    model: Model,
    { frame, components, checks, rest }: {
      readonly frame: PairFrame;
      readonly components: Components;
      readonly checks: Checks;
      readonly rest: boolean;
    },
  ) {
    this.#model = model;
    this.#rest = rest;
    this.#frame = frame;
    this.#components = components;
    this.#checks = checks;
    this.#begun = new Int32Array(frame.w.length);
  }

  /** Carries something out, with what happens in each step recorded. */
  explaining(act: () => void): void {
    const events: Event[] = [];
    const { f } = this.#frame;
    const { sink } = f;
    this.#events = events;
    this.#checks.explains = true;
    f.sink = {
      push: (event) => {
        events.push(event);
        sink?.push(event);
      },
    };
    try {
      act();
    } finally {
      this.#events = undefined;
      this.#checks.explains = false;
      f.sink = sink;
    }
  }

  /** Fills the frame with a pair; nothing has happened yet. */
  begin(pair: Pair): void {
    if (this.#events) this.#events.length = 0;
    const { vm, vcpu, cpu } = pair;
    const { w } = this.#frame;
    const last = this.#pair;
    if (last.vm === vm && last.vcpu === vcpu && last.cpu === cpu) {
      w.set(this.#begun);
    } else {
      this.#components.load(vm, vcpu, cpu);
      this.#begun.set(w);
      this.#pair = { vm, vcpu, cpu };
    }
    this.#checks.begin();
  }

  /**
   * The step is over. Where the vCPU was last does not matter once it may be loaded anywhere.
   *
   * @param broken bits as in `SUCCESSOR.broken`
   */
  settle(broken: number): Settled {
    const { w, vcpu } = this.#frame;
    if (
      this.#rest && this.#model.migrate === "any" &&
      w[vcpu + VCPU_BASE.mode] === MODE.out
    ) w[vcpu + VCPU_BASE.cpu] = 0;
    return {
      explained: this.#explained(),
      broken,
    };
  }

  /**
   * The same, with the frame's words.
   *
   * @param like another result: the words are its own where they are equal
   */
  take(broken: number, like?: StepResult): StepResult {
    const { w, vcpu, cpu } = this.#frame;
    const settled = this.settle(broken);
    if (
      like && hasWords(w, 0, like.vm) && hasWords(w, vcpu, like.vcpu) &&
      hasWords(w, cpu, like.cpu)
    ) return { ...like, ...settled };
    return {
      ...settled,
      vm: w.slice(0, vcpu),
      vcpu: w.slice(vcpu, cpu),
      cpu: w.slice(cpu),
    };
  }

  /** Puts what was taken among the successors. */
  emitTaken(
    step: Expansion,
    result: StepResult,
    action: number,
    isOpen: boolean,
  ): void {
    const { w, vcpu, cpu } = this.#frame;
    w.set(result.vm, 0);
    w.set(result.vcpu, vcpu);
    w.set(result.cpu, cpu);
    this.emit(step, result, action, isOpen);
  }

  /**
   * Puts what the frame has among the successors; throws {VmVaries} if what all vCPUs share changed in a search that
   * relies on it.
   *
   * @param action as `actionOf` gives it
   * @param isOpen the step left the program's next choice as it was
   */
  emit(
    step: Expansion,
    { broken, explained }: Settled,
    action: number,
    isOpen: boolean,
  ): void {
    const components = this.#components;
    const { vcpu, cpu, w } = this.#frame;
    // Comparing is cheaper than looking for the number of what stayed as it was.
    const vm = this.#isAsBegun(0, vcpu) ? step.vm : components.internVm();
    if (vm !== step.vm && !this.vmVaries) throw new VmVaries();
    step.found.push({
      vcpu: step.vcpu === NONE ? NONE : components.internVcpu(),
      cpu: step.cpu < 0
        ? NONE
        : this.#isAsBegun(cpu, w.length)
        ? step.cpu
        : components.internCpu(),
      vm,
      action,
      broken,
      isOpen,
      explained,
    });
  }

  /** Words of the frame are those that the pair began with. */
  #isAsBegun(from: number, to: number): boolean {
    const { w } = this.#frame;
    const begun = this.#begun;
    for (let i = from; i < to; i++) if (w[i] !== begun[i]) return false;
    return true;
  }

  #explained(): Explained | undefined {
    const events = this.#events;
    if (events === undefined) return undefined;
    const {
      unread,
      handler,
      lost,
      noticed,
      mismatch,
      exception,
      bareEvents,
    } = this.#checks;
    return {
      events: events.slice(),
      bareEvents,
      handler,
      unread,
      lost,
      noticed,
      mismatch,
      exception,
    };
  }
}
