/**
 * How a state is kept: the number of each component in a field of a word.
 *
 * Fields are as wide as there are components, so that a state takes two or three words, where a word for each number
 * would be five or more. No field is in two words. When a number does not fit its field, states are packed anew.
 *
 * @module
 */

/** What a state consists of. */
export interface StateShape {
  readonly vcpus: number;
  readonly cpus: number;
  /** The last number is that of the VM's block. */
  readonly vmVaries: boolean;
}

/** How many components there are of each kind; or the width of their fields in bits. */
export interface ByKind {
  readonly vcpu: number;
  readonly cpu: number;
  readonly vm: number;
}

/** Widest field; components stay far below. */
const BITS_MAX = 30;

const WORD_BITS = 32;

/** Where the fields of a state are. */
export class Packing {
  /** Words of a state. */
  readonly words: number;
  /** Numbers in a state: those of vCPUs, then of CPUs, then of the VM if that varies. */
  readonly width: number;
  /** By place in the state: the index of its word. */
  readonly wordOf: Int32Array;
  /** By place in the state: the lowest bit of its field. */
  readonly shiftOf: Int32Array;
  /** By place in the state: width of its field. */
  readonly bitsOf: Int32Array;

  /**
   * Fields of a width that is given: each in the first word that has room for it.
   *
   * @param bits width of fields
   */
  constructor(readonly shape: StateShape, readonly bits: ByKind) {
    const { vcpus, cpus, vmVaries } = shape;
    this.bitsOf = Int32Array.from([
      ...Array<number>(vcpus).fill(bits.vcpu),
      ...Array<number>(cpus).fill(bits.cpu),
      ...vmVaries ? [bits.vm] : [],
    ]);
    this.width = this.bitsOf.length;
    this.wordOf = new Int32Array(this.width);
    this.shiftOf = new Int32Array(this.width);
    const used: number[] = [];
    this.bitsOf.forEach((field, place) => {
      let word = used.findIndex((bits) => bits + field <= WORD_BITS);
      if (word < 0) word = used.push(0) - 1;
      this.wordOf[place] = word;
      this.shiftOf[place] = used[word];
      used[word] += field;
    });
    this.words = used.length;
  }

  /**
   * The packing of fewest words in which so many components have room, and of those with the most room for more.
   *
   * @param counts how many components there are
   */
  static of(shape: StateShape, counts: ByKind): Packing {
    let found = new Packing(shape, {
      vcpu: bitsFor(counts.vcpu),
      cpu: bitsFor(counts.cpu),
      vm: bitsFor(counts.vm),
    });
    const kinds = (["vcpu", "cpu", "vm"] as const).filter((kind) =>
      kind !== "vm" || shape.vmVaries
    );
    for (let grew = true; grew;) {
      grew = false;
      for (const kind of kinds) {
        const bits = { ...found.bits, [kind]: found.bits[kind] + 1 };
        if (bits[kind] > BITS_MAX) continue;
        const wider = new Packing(shape, bits);
        if (wider.words > found.words) continue;
        found = wider;
        grew = true;
      }
    }
    return found;
  }

  /** Whether so many components of each kind have room. */
  fits({ vcpu, cpu, vm }: ByKind): boolean {
    const { bits } = this;
    return vcpu <= 2 ** bits.vcpu && cpu <= 2 ** bits.cpu &&
      (!this.shape.vmVaries || vm <= 2 ** bits.vm);
  }

  /** Whether its fields are that wide. */
  isOf({ vcpu, cpu, vm }: ByKind): boolean {
    const { bits } = this;
    return vcpu === bits.vcpu && cpu === bits.cpu && vm === bits.vm;
  }

  /** Takes a state apart, into its numbers. */
  read(words: Int32Array, at: number, tuple: Int32Array): void {
    const { width, wordOf, shiftOf, bitsOf } = this;
    for (let i = 0; i < width; i++) {
      tuple[i] = (words[at + wordOf[i]] >>> shiftOf[i]) &
        ((1 << bitsOf[i]) - 1);
    }
  }

  /**
   * Puts a state together, of its numbers.
   *
   * @returns false if one of them has no room
   */
  write(tuple: Int32Array, words: Int32Array, at: number): boolean {
    const { width, wordOf, shiftOf, bitsOf } = this;
    for (let i = 0; i < this.words; i++) words[at + i] = 0;
    let beyond = 0;
    for (let i = 0; i < width; i++) {
      beyond |= tuple[i] >>> bitsOf[i];
      words[at + wordOf[i]] |= tuple[i] << shiftOf[i];
    }
    return beyond === 0;
  }
}

/** Bits of the largest of so many numbers from 0. */
function bitsFor(count: number): number {
  return WORD_BITS - Math.clz32(Math.max(1, count - 1));
}

/**
 * Packs states anew where they are, which may make them longer.
 *
 * @param words room for all of them in the new packing
 */
export function repack(
  words: Int32Array,
  count: number,
  from: Packing,
  to: Packing,
): void {
  const tuple = new Int32Array(from.width);
  const write = (s: number) => {
    from.read(words, s * from.words, tuple);
    to.write(tuple, words, s * to.words);
  };
  // Longer states reach past the place that they had, shorter ones end before it.
  if (to.words >= from.words) { for (let s = count - 1; s >= 0; s--) write(s); }
  else for (let s = 0; s < count; s++) write(s);
}
