/**
 * Which bits of a register a guest of arm64 can rely on: those that it has, and of a control register LBN only where it
 * names a context-aware breakpoint of the guest's. Another number reads back as the machine likes. Rule arm64:A/12.
 *
 * @module
 */
import { lowWord } from "../../word64.ts";
import type { Arm64Frame } from "../frame.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { KIND, NUMBERED_MAX, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { guestCounts } from "./machine.ts";

/** Bits that are compared of each kind of numbered register, low word. Rules arm64:A/3 to arm64:A/5. */
export const KEPT = [0x00ff_e1e7, ~3, 0x1f1f_ffff, ~3] as const;

/** MDE, KDE and SS. */
export const MDSCR_KEPT = 0xa001;

const LBN = DBGBCR.word("LBN");
export const LBN_BITS = LBN.mask << LBN.shift;

/** Bits of a control register that are compared, given what was written. */
export function controlBits(
  f: Arm64Frame,
  kind: number,
  written: number,
): number {
  const { brps, ctx } = guestCounts(f);
  const link = (written >>> LBN.shift) & LBN.mask;
  const valid = link < brps && link >= brps - ctx;
  return valid ? KEPT[kind] : KEPT[kind] & ~LBN_BITS;
}

/**
 * Bits of any register that are compared.
 *
 * @param written the value that was written
 */
export function comparedBits(
  f: Arm64Frame,
  register: number,
  written: bigint,
): bigint {
  if (register >= NUMBERED_MAX) {
    if (register === REG.MDSCR_EL1) return BigInt(MDSCR_KEPT);
    const { layout } = ARM64_REGISTERS.byId(register);
    return ~(layout.res0 | layout.res1);
  }
  const kind = register >> 4;
  if (kind === KIND.bvr || kind === KIND.wvr) return ~3n;
  return BigInt(controlBits(f, kind, lowWord(written)));
}
