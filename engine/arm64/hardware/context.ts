/**
 * Comparison of a context-aware breakpoint with the context that the CPU is in. Rule arm64:A/11.
 *
 * @module
 */
import { CPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { KIND } from "../registers/ids.ts";
import { bankAt } from "./register_file.ts";

/** VMID of the modelled VM. */
export const VMID = 1;

/** Bits of the comparison, from BT[3:1]: what is compared. */
const COMPARES_VMID = 0b100;

/** The VMID that a breakpoint names, of 16 bits: each CPU that compares VMIDs has VHE, which they came with. */
function namedVmid(bvrHi: number): number {
  return bvrHi & 0xffff;
}

/**
 * True if a breakpoint's value is that of the current context, at EL0 or EL1 of a guest.
 *
 * @param type BT of a context type; its bit 0, linked, does not matter
 */
export function contextMatches(
  f: Arm64Frame,
  number: number,
  type: number,
): boolean {
  const { w } = f;
  const at = bankAt(f.cpu + CPU.hw, KIND.bvr, number);
  const lo = w[at];
  const hi = w[at + 1];
  const el1 = lo === w[f.cpu + CPU.contextidr];
  switch (type >>> 1) {
    case 0b001:
    case 0b011:
      return el1;
    case COMPARES_VMID:
      return namedVmid(hi) === VMID;
    case COMPARES_VMID | 1:
      return el1 && namedVmid(hi) === VMID;
    case 0b110: {
      const half = f.host.model.contextEl2Half === "low" ? lo : hi;
      return half === w[f.cpu + CPU.contextidrEl2];
    }
    case 0b111:
      return el1 && hi === w[f.cpu + CPU.contextidrEl2];
    default:
      return false;
  }
}
