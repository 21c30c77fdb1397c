/**
 * How the handling of an exit ends for the instruction that exited: the program's, or one of the modelled
 * handler's own.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { HANDLED, type Handled } from "../../rules.ts";
import { VCPU } from "../blocks.ts";
import { handlerGot } from "../guest/handler.ts";
import { reportAccess } from "../hardware/reported_access.ts";
import type { KvmFrame } from "./kernel.ts";

/** The exit was caused by an instruction of the handler. */
export function byHandler(f: KvmFrame): boolean {
  return f.w[f.vcpu + VCPU.inHandler] !== 0;
}

/** Moves RIP past the instruction (skip_emulated_instruction()); the handler's own progress is its step, which `readDone` advances. */
export function movePast(f: KvmFrame): void {
  if (byHandler(f)) return;
  f.w[f.vcpu + VCPU.pc] = f.nextLo;
  f.w[f.vcpu + VCPU.pc + 1] = f.nextHi;
}

/** What the next KVM_RUN completes, and where that ends. */
export function awaitUser(f: KvmFrame, completion: number): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.completion] = completion;
  w[vcpu + VCPU.completionFrom] = w[vcpu + VCPU.pc];
  w[vcpu + VCPU.completionFrom + 1] = w[vcpu + VCPU.pc + 1];
  w[vcpu + VCPU.completionRip] = f.nextLo;
  w[vcpu + VCPU.completionRip + 1] = f.nextHi;
}

/** A read that KVM did for the guest: its value is in the frame. */
export function accessDone(f: KvmFrame, insn: Insn | null): void {
  if (insn?.code32) f.hi = 0;
  if (byHandler(f)) handlerGot(f);
  else if (insn !== null) reportAccess(f, insn, "kvm");
}

/** Result of an exit whose instruction KVM completed. */
export function completed(f: KvmFrame, toUser: boolean): Handled {
  if (byHandler(f)) return toUser ? HANDLED.userPending : HANDLED.again;
  return toUser ? HANDLED.userDone : HANDLED.done;
}

/** Result of an exit by a trap: the instruction had completed if the exit says so. */
export function afterTrap(f: KvmFrame, toUser: boolean): Handled {
  if (f.w[f.vcpu + VCPU.exitDone] !== 0) {
    return toUser ? HANDLED.userDone : HANDLED.done;
  }
  return toUser ? HANDLED.userPending : HANDLED.again;
}
