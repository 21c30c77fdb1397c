/**
 * Partial order reduction for steps that cannot affect each other: from vcpu_load to vcpu_put is one step, to all
 * ends that a vCPU and a CPU, both free, can come to.
 *
 * Sound because of three facts, which a permanent test compares with the full search: a loaded vCPU alone
 * touches its CPU's registers, except for the host's program, which is part of the step; nothing else touches the
 * vCPU's; from any state in between, vcpu_put can be
 * reached or nothing more can happen; and every property is a question about one step of one vCPU. What all
 * vCPUs share must not change on the way, else `StepResults.emit()` throws `VmVaries` and the search begins again
 * without this.
 *
 * @module
 */
import { MODE } from "../rules.ts";
import type { Steps } from "./steps.ts";
import { SUCCESSOR } from "./successors.ts";

/** Remembers the ends by pair. */
export class Transactions {
  /** Runs of `SUCCESSOR.words` numbers, their number before them. */
  list: Int32Array = new Int32Array(1 << 12);
  #end = 1;
  readonly #known = new Map<number, number>();
  readonly #steps: Steps;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Where the ends of a pair begin in `list`. Each is an end, or a step that breaks something. */
  ends(vcpu: number, cpu: number, vm: number): number {
    const key = vcpu * 0x10_0000 + cpu;
    return this.#known.get(key) ?? this.#find(key, vcpu, cpu, vm);
  }

  #find(key: number, vcpu: number, cpu: number, vm: number): number {
    const steps = this.#steps;
    const seen = new Set<number>([key]);
    const queue: number[] = [vcpu, cpu];
    const found: number[] = [];
    for (let head = 0; head < queue.length; head += 2) {
      const at = steps.successors(queue[head], queue[head + 1], vm);
      const { list } = steps.memo;
      for (let j = 0; j < list[at]; j++) {
        const from = at + 1 + j * SUCCESSOR.words;
        const v = list[from + SUCCESSOR.vcpu];
        const c = list[from + SUCCESSOR.cpu];
        const broken = list[from + SUCCESSOR.broken];
        const next = v * 0x10_0000 + c;
        if (broken !== 0 || steps.components.mode[v] === MODE.out) {
          if (broken === 0 && seen.has(next)) continue;
          seen.add(next);
          for (let i = 0; i < SUCCESSOR.words; i++) found.push(list[from + i]);
          continue;
        }
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(v, c);
      }
    }
    const begin = this.#end;
    const need = begin + 1 + found.length;
    if (need > this.list.length) {
      const list = new Int32Array(2 * need);
      list.set(this.list);
      this.list = list;
    }
    this.list[begin] = found.length / SUCCESSOR.words;
    this.list.set(found, begin + 1);
    this.#end = need;
    this.#known.set(key, begin);
    return begin;
  }
}
