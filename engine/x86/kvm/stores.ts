/**
 * Stores of the emulator where nothing answers.
 *
 * @module
 */
import { VCPU } from "../blocks.ts";
import { FLAGS } from "../registers/rflags.ts";
import type { KvmFrame } from "./kernel.ts";
import { mmioExit } from "./user_exits.ts";

/** The instruction is finished before userspace hears of its store, without the step that might be due. Rule x86:D27. */
export function finishStore(f: KvmFrame): void {
  f.w[f.vcpu + VCPU.shadow] = 0;
  f.kernel.setFlags(f, f.kernel.getFlags(f) & ~FLAGS.RF);
}

/**
 * The store of a read-modify-write whose load userspace has answered: an exit of its own, at the same address.
 *
 * Rule x86:D48.
 */
export function storeExit(f: KvmFrame): void {
  const { w, vcpu } = f;
  mmioExit(
    f,
    w[vcpu + VCPU.ioAddress],
    w[vcpu + VCPU.ioAddress + 1],
    w[vcpu + VCPU.ioSize],
    true,
  );
  finishStore(f);
}
