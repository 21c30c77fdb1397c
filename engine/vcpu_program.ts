/**
 * The program of one vCPU, and where its guest is in it.
 *
 * The index of the next instruction is a word of the vCPU's block: the functions that need it take a frame on that
 * vCPU.
 *
 * @module
 */
import {
  addressOf,
  flat,
  followingAddress,
  type Insn,
  type InsnParts,
  isOpenTransaction,
  makeInsn,
} from "./program.ts";
import { type Frame, VCPU_BASE } from "./rules.ts";
import { get64, highWord, lowWord } from "./word64.ts";

/** A program as it was. Programs and marks share one array: each reads its own length of it. */
export interface ProgramMark {
  /** The instructions, perhaps with others after them. */
  readonly insns: readonly Insn[];
  /** How many are the program's. */
  readonly length: number;
  /** Where userspace had set the PC, if there was no instruction there. */
  readonly origin: bigint | undefined;
}

/** Instructions in order, and those that are still to come. */
export class VcpuProgram {
  /** Shared with marks, which never see what is appended. What is replaced is replaced in a copy. */
  #insns: Insn[];
  #length: number;
  #origin: bigint | undefined;

  /** @param insns copied */
  constructor(insns: readonly Insn[] = []) {
    this.#insns = [...insns];
    this.#length = insns.length;
  }

  /** The program that a mark was taken of, as it was then. */
  static from({ insns, length, origin }: ProgramMark): VcpuProgram {
    const program = new VcpuProgram();
    program.#insns = insns as Insn[];
    program.#length = length;
    program.#origin = origin;
    return program;
  }

  /** The program that a mark was taken of, with what was appended to it since. */
  static resumed(mark: ProgramMark, now: VcpuProgram): VcpuProgram {
    const program = VcpuProgram.from(mark);
    const last = program.#at(mark.length - 1);
    // What was appended to a transaction is in its XBEGIN.
    const kept = last && isOpenTransaction(last)
      ? mark.length - 1
      : mark.length;
    const appended = now.after(kept);
    if (appended.length === mark.length - kept) return program;
    program.#own();
    program.#insns.splice(kept, Infinity, ...appended);
    program.#length = program.#insns.length;
    program.#origin = undefined;
    return program;
  }

  /** The program as it is, without a copy. */
  mark(): ProgramMark {
    const length = this.#length;
    return { insns: this.#insns, length, origin: this.#origin };
  }

  /** All instructions, executed or not. */
  get insns(): readonly Insn[] {
    return this.#insns.length === this.#length
      ? this.#insns
      : this.#insns.slice(0, this.#length);
  }

  /** Instructions from an index on. */
  after(index: number): readonly Insn[] {
    return this.#insns.slice(index, this.#length);
  }

  /** Nothing is pending. */
  isAtEnd({ w, vcpu }: Frame): boolean {
    return w[vcpu + VCPU_BASE.next] === this.#length;
  }

  /** Where the next instruction appended is, if it does not say so. */
  nextAddress({ w, vcpu }: Frame): bigint {
    if (this.#origin !== undefined) return this.#origin;
    const last = this.#at(this.#length - 1);
    return last === undefined
      ? get64(w, vcpu + VCPU_BASE.pc)
      : followingAddress(last);
  }

  /**
   * Appends an instruction, to the transaction that is open if there is one that has not begun.
   *
   * @returns it, or the XBEGIN of the transaction, which has it now
   */
  append({ w, vcpu }: Frame, parts: InsnParts, address: bigint): Insn {
    const insn = makeInsn({
      ...parts,
      addressLo: lowWord(address),
      addressHi: highWord(address),
    });
    // Another program has appended to the array after this one's mark was taken.
    if (this.#insns.length > this.#length) this.#own();
    this.#origin = undefined;
    const last = this.#length - 1;
    const begin = this.#at(last);
    if (
      begin !== undefined && isOpenTransaction(begin) &&
      w[vcpu + VCPU_BASE.next] <= last
    ) {
      this.#own();
      const members = [...flat(begin), insn];
      return this.#insns[last] = { ...begin, members };
    }
    this.#insns.push(insn);
    this.#length++;
    return insn;
  }

  /** Replaces the instruction at an address. @returns false if there is none */
  patch(address: bigint, parts: InsnParts): boolean {
    const index = this.indexOf(address);
    if (index === undefined) return false;
    const { addressLo, addressHi } = this.#insns[index];
    this.#own();
    this.#insns[index] = makeInsn({ ...parts, addressLo, addressHi });
    return true;
  }

  /** Index of the first instruction at an address. */
  indexOf(address: bigint): number | undefined {
    const index = this.insns.findIndex((insn) => addressOf(insn) === address);
    return index < 0 ? undefined : index;
  }

  /** The guest goes on with the instruction at an address, if there is one. */
  moveTo({ w, vcpu }: Frame, address: bigint): void {
    const at = vcpu + VCPU_BASE.next;
    const isThere = (insn: Insn): boolean => addressOf(insn) === address;
    const { insns } = this;
    const ahead = insns.findIndex((insn, i) => i >= w[at] && isThere(insn));
    const found = ahead >= 0 ? ahead : insns.findLastIndex(isThere);
    // Elsewhere there is nothing to execute yet: what was pending is not executed.
    w[at] = found >= 0 ? found : insns.length;
    this.#origin = found >= 0 ? undefined : address;
  }

  /** The next instruction is complete: on to the one after it, or where it branches. */
  advance({ w, vcpu }: Frame): void {
    const at = vcpu + VCPU_BASE.next;
    const branch = this.#at(w[at])?.branch ?? -1;
    w[at] = branch < 0 ? w[at] + 1 : branch;
  }

  /**
   * Sets the frame's next address to where the program goes on: an entry may still have to complete the instruction
   * before that, and another vCPU may have run since.
   */
  pointNext(f: Frame): void {
    const next = this.#at(f.w[f.vcpu + VCPU_BASE.next]);
    const address = next === undefined ? this.nextAddress(f) : addressOf(next);
    f.nextLo = lowWord(address);
    f.nextHi = highWord(address);
  }

  /** The next instruction, null at the end; the frame's next address is that of the one after it. */
  nextInsn(f: Frame): Insn | null {
    const next = f.w[f.vcpu + VCPU_BASE.next];
    const insn = this.#at(next);
    if (insn === undefined) return null;
    const after = this.#at(insn.branch < 0 ? next + 1 : insn.branch);
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

  #at(index: number): Insn | undefined {
    return index < this.#length ? this.#insns[index] : undefined;
  }

  /** From now on the array is this program's alone. */
  #own(): void {
    this.#insns = this.#insns.slice(0, this.#length);
  }
}
