/**
 * What can be reached in a model, by the plainest search that there is.
 *
 * @module
 */
import type { Model } from "../../engine/explore/model.ts";
import { NONE, RESTORE } from "../../engine/explore/pair_frame.ts";
import type { Steps } from "../../engine/explore/steps.ts";
import type { RememberedSuccessor } from "../../engine/explore/successors.ts";
import { MODE } from "../../engine/rules.ts";

/** Most states of a model that is compared. */
export const STATES_MAX = 1400;

/** What can be reached, by the plainest search that there is. */
export interface Reached {
  /** By state: numbers of vCPU components, of CPU components, and of the VM's. */
  readonly states: readonly (readonly number[])[];
  /** Pairs with their VM that have successors to be known, as in `Steps.successors`. */
  readonly pairs: readonly (readonly [v: number, c: number, vm: number])[];
}

/** @returns undefined if something breaks, or there is too much */
export function reach(model: Model, steps: Steps): Reached | undefined {
  const { vcpus, cpus } = model;
  const start = steps.initial();
  if (start.broken !== 0) return undefined;
  const states = [[...start.vcpus, ...start.cpus, start.vm]];
  const known = new Set([`${states[0]}`]);
  const pairs = new Map<string, readonly [number, number, number]>();
  for (let head = 0; head < states.length; head++) {
    if (states.length > STATES_MAX) return undefined;
    const state = states[head];
    const vm = state[vcpus + cpus];
    const moves: [v: number, p: number][] = [];
    const { mode, occupant, where } = steps.components;
    for (let v = 0; v < vcpus; v++) {
      const id = state[v];
      const isOut = mode[id] === MODE.out;
      if (isOut) moves.push([v, NONE]);
      for (let p = 0; p < cpus; p++) {
        const isThere = isOut
          ? occupant[state[vcpus + p]] === 0
          : where[id] === p;
        if (isThere) moves.push([v, p]);
      }
    }
    for (let p = 0; p < cpus; p++) {
      if (occupant[state[vcpus + p]] === 0) moves.push([NONE, p]);
    }
    for (const [v, p] of moves) {
      const vid = v === NONE ? NONE : state[v];
      const cid = p === NONE ? NONE : state[vcpus + p];
      const list = steps.successorsOf(vid, cid, vm);
      if (list.length > 0) pairs.set(`${vid} ${cid} ${vm}`, [vid, cid, vm]);
      for (const { vcpu, cpu, vm, broken } of list) {
        if (broken !== 0) return undefined;
        const next = [...state];
        if (v !== NONE) next[v] = vcpu;
        if (p !== NONE) next[vcpus + p] = cpu;
        next[vcpus + cpus] = vm;
        if (known.has(`${next}`)) continue;
        known.add(`${next}`);
        states.push(next);
      }
    }
    if (model.restores === undefined) continue;
    const isAnyLoaded = state.slice(0, vcpus).some((id) =>
      mode[id] !== MODE.out
    );
    if (isAnyLoaded) continue;
    // All of them together, in each way.
    let ways: RememberedSuccessor[][] = [[]];
    for (let v = 0; v < vcpus; v++) {
      const list = steps.successorsOf(state[v], RESTORE, vm);
      ways = ways.flatMap((way) => list.map((one) => [...way, one]));
    }
    for (const way of ways) {
      if (way.some(({ broken }) => broken !== 0)) return undefined;
      const next = [...way.map(({ vcpu }) => vcpu), ...state.slice(vcpus)];
      if (known.has(`${next}`)) continue;
      known.add(`${next}`);
      states.push(next);
    }
  }
  return { states, pairs: [...pairs.values()] };
}
