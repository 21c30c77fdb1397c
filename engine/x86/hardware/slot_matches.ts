/**
 * Which slots the instruction at the program counter matches, before it executes.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { FLAGS } from "../registers/rflags.ts";
import { dataSlots } from "./data_slots.ts";
import { type Access, accessesOf, repeats } from "./iteration.ts";
import { linearOf } from "./linear.ts";
import { ACCESS, codeMatches, enabledSlots } from "./match.ts";
import { abortsTransaction, hasTransactions } from "./transaction.ts";

/** Kinds of access of instructions that have one. */
const ACCESSES: Readonly<Partial<Record<Insn["op"], number>>> = {
  load: ACCESS.read,
  store: ACCESS.write,
  rmw: ACCESS.read | ACCESS.write,
  lock: ACCESS.read | ACCESS.write,
  movss: ACCESS.read,
  in: ACCESS.io,
  out: ACCESS.io,
};

const NONE: readonly Access[] = [];

/** What an instruction accesses, of a string instruction in its next iteration. */
export function accessesAt(
  { w, vcpu }: X86Frame,
  insn: Insn,
): readonly Access[] {
  if (repeats(insn)) {
    const isBegun = w[vcpu + VCPU.repeating] !== 0;
    const left = isBegun ? w[vcpu + VCPU.rcx] : insn.count;
    return left === 0 ? NONE : accessesOf(insn, left);
  }
  const access = ACCESSES[insn.op];
  // MOV SS from a register accesses nothing.
  if (access === undefined || insn.sizeBytes === 0) return NONE;
  const { lo, hi, sizeBytes, mmio } = insn;
  return [{
    lo,
    hi,
    sizeBytes,
    access,
    leaves: mmio || access === ACCESS.io,
  }];
}

/**
 * Enabled slots that an instruction matches, by the addresses at `dr` and a DR7; a transaction with any instruction that
 * it comes to.
 *
 * @param withEmulated also by accesses that KVM or userspace emulates
 */
export function slotMatches(
  f: X86Frame,
  insn: Insn,
  dr: number,
  dr7: number,
  withEmulated = false,
): number {
  const ranged = f.model.executeRange;
  let bits = 0;
  const inTransaction = hasTransactions(f) ? insn.members.slice(1) : [];
  for (const one of inTransaction) {
    const lo = linearOf(f, one.addressLo, one.code32);
    bits |= codeMatches(f.w, dr, dr7, lo, one.addressHi, ranged);
    if (abortsTransaction(one)) break;
    bits |= slotMatches(f, one, dr, dr7);
  }
  const { w, vcpu } = f;
  if ((w[vcpu + VCPU.rflags] & FLAGS.RF) === 0) {
    const lo = linearOf(f, insn.addressLo, insn.code32);
    bits |= codeMatches(w, dr, dr7, lo, insn.addressHi, ranged);
  }
  if (insn.sizeBytes === 0) return bits & enabledSlots(dr7);
  const all = accessesAt(f, insn);
  // An iteration that leaves for one of its accesses has none of them done.
  const isEmulated = all.some((one) => one.leaves);
  if (isEmulated && !withEmulated) return bits & enabledSlots(dr7);
  for (const one of all) bits |= dataSlots(f, { dr, dr7 }, one);
  return bits & enabledSlots(dr7);
}
