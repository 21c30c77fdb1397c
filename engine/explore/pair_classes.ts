/**
 * Pairs that count once in coverage: equal ones that several threads come to, and those that renamings turn into each
 * other.
 *
 * @module
 */
import type { CountedPairs } from "./coverage.ts";
import { NONE } from "./pair_frame.ts";
import { type BlockPool, Pool } from "./pool.ts";
import type { Symmetry } from "./symmetry.ts";

/** A pair: vCPU, CPU, VM. */
const WORDS = 3;

/** The pairs that have counted. */
export class PairClasses implements CountedPairs {
  /** They, a block each. */
  readonly pool: BlockPool;
  readonly #symmetry: Symmetry | undefined;
  readonly #pair: [number, number] = [0, 0];
  readonly #words = new Int32Array(WORDS);

  /** @param pool the one that other threads have, if there are any */
  constructor(
    symmetry: Symmetry | undefined,
    pool: BlockPool = new Pool(WORDS),
  ) {
    this.#symmetry = symmetry;
    this.pool = pool;
  }

  take(vcpu: number, cpu: number, vm: number): boolean {
    const pair = this.#pair;
    pair[0] = vcpu;
    pair[1] = cpu;
    if (vcpu === NONE) {
      pair[1] = Math.min(cpu, ...this.#symmetry?.cpusLike(cpu) ?? []);
    } else this.#symmetry?.leastPair(vcpu, cpu, pair);
    const words = this.#words;
    words[0] = pair[0];
    words[1] = pair[1];
    words[2] = vm;
    return this.pool.add(words, 0);
  }
}
