/**
 * Blocks: the runs of words that a VM, a vCPU and a physical CPU consist of.
 *
 * A block's definition names each field once; what comes out is an object of word offsets, so that a
 * rule reads `w[v + VCPU.dirty]` and costs an indexed load.
 *
 * @module
 */

/** How a field of a block is laid out. */
export interface FieldShape {
  /** Words that one element takes: 1 for a flag or small number, 2 for a 64-bit register. */
  readonly wordsEach: 1 | 2;
  /** Number of elements, 1 for a scalar. */
  readonly count: number;
}

/** One word: a flag, an enumeration, an index or a 32-bit register. */
export function word(): FieldShape {
  return { wordsEach: 1, count: 1 };
}

/** An array of single words. */
export function words(count: number): FieldShape {
  return { wordsEach: 1, count };
}

/** One 64-bit register: two words, low first. */
export function reg64(): FieldShape {
  return { wordsEach: 2, count: 1 };
}

/** An array of 64-bit registers. */
export function regs64(count: number): FieldShape {
  return { wordsEach: 2, count };
}

/** A block's fields as word offsets, plus `words`, its size. */
export type BlockOffsets<Name extends string> =
  & { readonly [K in Name]: number }
  & { readonly words: number };

/**
 * Lays the fields out one after the other.
 *
 * @param shapes the fields in order
 * @returns offsets from the start of the block, in words, and `words`, the whole size
 */
export function defineBlock<const S extends Record<string, FieldShape>>(
  shapes: S,
): BlockOffsets<Extract<keyof S, string>> {
  const offsets: Record<string, number> = {};
  let next = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    offsets[name] = next;
    next += shape.wordsEach * shape.count;
  }
  offsets.words = next;
  // Copied: an object filled by computed names is a dictionary to the JavaScript engine, and each access a look-up;
  // of a copy the offsets are constants.
  return Object.freeze({ ...offsets }) as BlockOffsets<
    Extract<keyof S, string>
  >;
}
