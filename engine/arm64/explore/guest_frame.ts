/**
 * A frame to try things on: the guest is about to execute an instruction.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { VCPU_BASE } from "../../rules.ts";
import type { Words } from "../../word64.ts";
import { guestHost } from "../bare/machine.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame, Arm64Host } from "../frame.ts";
import { borrowLevel } from "../hardware/exception_level.ts";
import { OSLK } from "../kvm/os_lock.ts";
import { NUMBERED_MAX } from "../registers/ids.ts";
import { OWN } from "./own_registers.ts";

/** Words to try things on. */
let scratch: Words = new Int32Array(0);

/**
 * A frame on a copy, without a sink, about to execute an instruction.
 *
 * @param insn null at the program's end
 */
export function tryFrame(
  f: Arm64Frame,
  insn: Insn | null,
  host: Arm64Host,
): Arm64Frame {
  if (scratch.length !== f.w.length) scratch = new Int32Array(f.w.length);
  scratch.set(f.w);
  const copy = { ...f, w: scratch, host, sink: null };
  if (insn === null) return copy;
  scratch[f.vcpu + VCPU_BASE.pc] = insn.addressLo;
  scratch[f.vcpu + VCPU_BASE.pc + 1] = insn.addressHi;
  if (insn.level >= 0) borrowLevel(copy, insn.level);
  return copy;
}

/** A frame about to execute an instruction, whose CPU has the guest's registers as it wrote them. */
export function guestFrame(
  f: Arm64Frame,
  at: number,
  insn: Insn | null,
): Arm64Frame {
  const { w } = f;
  const own = tryFrame(f, insn, guestHost(f));
  const hw = f.cpu + CPU.hw;
  own.w.set(w.subarray(at + OWN.bank, at + OWN.bank + 2 * NUMBERED_MAX), hw);
  own.w[f.cpu + CPU.mdscr] = w[at + OWN.mdscr];
  own.w[f.cpu + CPU.mdcr] = 0;
  if (f.bare === undefined) {
    own.w[f.cpu + CPU.osLock] = w[f.vcpu + VCPU.oslsr] & OSLK;
  }
  return own;
}
