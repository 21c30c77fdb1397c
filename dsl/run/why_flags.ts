/**
 * Which instruction a change of RFLAGS is by, which no event says.
 *
 * @module
 */
import type { Insn, SetEvent } from "../../engine/mod.ts";

/** RFLAGS.TF and IF. */
const TRAP_FLAG = 0x100n;
const INTERRUPT_FLAG = 0x200n;

/** An instruction that changes RFLAGS by itself can have made one value of the other. */
export function leavesFlags(
  { op, lo, maskLo }: Insn,
  { old, new: flags }: SetEvent,
): boolean {
  const changed = old ^ flags;
  const isSet = (flag: bigint): boolean => (flags & flag) !== 0n;
  switch (op) {
    case "popf":
      return (changed & INTERRUPT_FLAG) === 0n &&
        (lo !== 0) === isSet(TRAP_FLAG);
    case "sti":
    case "cli":
      return (changed & TRAP_FLAG) === 0n &&
        (op === "sti") === isSet(INTERRUPT_FLAG);
    case "iret": {
      const popped = BigInt(maskLo) & (TRAP_FLAG | INTERRUPT_FLAG);
      return (changed & ~popped & (TRAP_FLAG | INTERRUPT_FLAG)) === 0n &&
        ((BigInt(lo) ^ flags) & popped) === 0n;
    }
    default:
      return false;
  }
}
