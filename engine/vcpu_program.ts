/**
 * The program of one vCPU, and where its guest is in it.
 *
 * The index of the next instruction is a word of the vCPU's block: the functions that need it take a frame on that
 * vCPU.
 *
 * @module
 */
import { type Insn, type InsnParts, makeInsn } from "./program.ts";
import { type Frame, VCPU_BASE } from "./rules.ts";
import { get64, highWord, join64, lowWord } from "./word64.ts";

function addressOf({ addressLo, addressHi }: Insn): bigint {
  return join64(addressLo, addressHi);
}

function followingAddress(insn: Insn): bigint {
  return BigInt.asUintN(64, addressOf(insn) + BigInt(insn.lengthBytes));
}

/** Instructions in order, and those that are still to come. */
export class VcpuProgram {
  readonly #insns: Insn[];
  #origin: bigint | undefined;

  /**
   * @param insns copied
   * @param origin where userspace has set the PC, if there is no instruction there
   */
  constructor(insns: readonly Insn[], origin?: bigint) {
    this.#insns = [...insns];
    this.#origin = origin;
  }

  /** All instructions, executed or not. */
  get insns(): readonly Insn[] {
    return this.#insns;
  }

  /** Where userspace has set the PC, if the program has no instruction there: the next one appended is. */
  get origin(): bigint | undefined {
    return this.#origin;
  }

  /** Nothing is pending. */
  isAtEnd({ w, vcpu }: Frame): boolean {
    return w[vcpu + VCPU_BASE.next] === this.#insns.length;
  }

  /** Where the next instruction appended is, if it does not say so. */
  nextAddress({ w, vcpu }: Frame): bigint {
    if (this.#origin !== undefined) return this.#origin;
    const last = this.#insns.at(-1);
    return last === undefined
      ? get64(w, vcpu + VCPU_BASE.pc)
      : followingAddress(last);
  }

  /** Appends an instruction. */
  append(parts: InsnParts, address: bigint): Insn {
    const insn = makeInsn({
      ...parts,
      addressLo: lowWord(address),
      addressHi: highWord(address),
    });
    this.#insns.push(insn);
    this.#origin = undefined;
    return insn;
  }

  /** Replaces the instruction at an address. @returns false if there is none */
  patch(address: bigint, parts: InsnParts): boolean {
    const index = this.indexOf(address);
    if (index === undefined) return false;
    const { addressLo, addressHi } = this.#insns[index];
    this.#insns[index] = makeInsn({ ...parts, addressLo, addressHi });
    return true;
  }

  /** Index of the first instruction at an address. */
  indexOf(address: bigint): number | undefined {
    const index = this.#insns.findIndex((insn) => addressOf(insn) === address);
    return index < 0 ? undefined : index;
  }

  /** The guest goes on with the instruction at an address, if there is one. */
  moveTo({ w, vcpu }: Frame, address: bigint): void {
    const at = vcpu + VCPU_BASE.next;
    const isThere = (insn: Insn): boolean => addressOf(insn) === address;
    const ahead = this.#insns.findIndex((insn, i) =>
      i >= w[at] && isThere(insn)
    );
    const found = ahead >= 0 ? ahead : this.#insns.findLastIndex(isThere);
    // Elsewhere there is nothing to execute yet: what was pending is not executed.
    w[at] = found >= 0 ? found : this.#insns.length;
    this.#origin = found >= 0 ? undefined : address;
  }

  /** The next instruction is complete: on to the one after it, or where it branches. */
  advance({ w, vcpu }: Frame): void {
    const at = vcpu + VCPU_BASE.next;
    const branch = this.#insns[w[at]]?.branch ?? -1;
    w[at] = branch < 0 ? w[at] + 1 : branch;
  }

  /**
   * Sets the frame's next address to where the program goes on: an entry may still have to complete the instruction
   * before that, and another vCPU may have run since.
   */
  pointNext(f: Frame): void {
    const next = this.#insns[f.w[f.vcpu + VCPU_BASE.next]];
    const address = next === undefined ? this.nextAddress(f) : addressOf(next);
    f.nextLo = lowWord(address);
    f.nextHi = highWord(address);
  }

  /** The next instruction, null at the end; the frame's next address is that of the one after it. */
  nextInsn(f: Frame): Insn | null {
    const next = f.w[f.vcpu + VCPU_BASE.next];
    const insn = this.#insns[next];
    if (insn === undefined) return null;
    const after = this.#insns[insn.branch < 0 ? next + 1 : insn.branch];
    if (after !== undefined) {
      f.nextLo = after.addressLo;
      f.nextHi = after.addressHi;
    } else {
      const following = followingAddress(insn);
      f.nextLo = lowWord(following);
      f.nextHi = highWord(following);
    }
    return insn;
  }
}
