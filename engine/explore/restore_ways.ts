/**
 * The VM is saved and restored as a whole: what that does to each vCPU, put together.
 *
 * @module
 */
import { MODE } from "../rules.ts";
import { RESTORE } from "./pair_frame.ts";
import type { Steps } from "./steps.ts";
import { SUCCESSOR } from "./successors.ts";

/**
 * The ways in which a VM can be saved and restored in a state: of each, where the successor of each vCPU is in the list of
 * steps. None while a vCPU is loaded.
 *
 * @param vcpuOf component of each vCPU
 */
export function restoreWays(
  steps: Steps,
  vcpuOf: (v: number) => number,
  vcpus: number,
  vm: number,
): readonly (readonly number[])[] {
  let ways: number[][] = [[]];
  for (let v = 0; v < vcpus; v++) {
    if (steps.components.mode[vcpuOf(v)] !== MODE.out) return [];
  }
  for (let v = 0; v < vcpus && ways.length > 0; v++) {
    const at = steps.successors(vcpuOf(v), RESTORE, vm);
    const count = steps.memo.list[at];
    ways = ways.flatMap((way) =>
      Array.from(
        { length: count },
        (_, j) => [...way, at + 1 + j * SUCCESSOR.words],
      )
    );
  }
  return ways;
}

/** Where the first successor of a way is that breaks something; undefined if none does. */
export function brokenIn(
  list: Int32Array,
  way: readonly number[],
): number | undefined {
  return way.find((at) => list[at + SUCCESSOR.broken] !== 0);
}
