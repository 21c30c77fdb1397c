/**
 * Random choices from a seed.
 *
 * @module
 */

/** A generator of 32-bit numbers (mulberry32), and choices made of them. */
export class Dice {
  #state: number;

  /** @param seed any whole number; `salt` makes another sequence of the same seed */
  constructor(seed: number, salt = 0) {
    this.#state =
      (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(salt + 1, 0x85eb_ca6b)) | 0;
    for (let n = 0; n < 4; n++) this.#next();
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A number from 0 to below a limit. */
  below(limit: number): number {
    return this.#next() % limit;
  }

  /** From a to b, both included. */
  between(a: number, b: number): number {
    return a + this.below(b - a + 1);
  }

  /** True with a chance of one in n. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  /** One of some things. */
  pick<T>(things: readonly T[]): T {
    return things[this.below(things.length)];
  }

  /** One of some functions, each as likely as its weight, and what it gives. */
  weighted<T>(choices: readonly (readonly [number, () => T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      left -= weight;
      if (left < 0) return make();
    }
    throw new RangeError("no choice");
  }

  /** 64 random bits. */
  word(): bigint {
    return BigInt(this.#next()) << 32n | BigInt(this.#next());
  }

  /** Some of the bits of a mask, mostly few or nearly all. */
  bits(mask: bigint): bigint {
    return this.weighted([
      [3, () => 0n],
      [3, () => mask],
      [3, () => mask & (1n << BigInt(this.below(64)))],
      [3, () => this.word() & mask],
      [2, () => this.word() & this.word() & mask],
    ]);
  }
}
