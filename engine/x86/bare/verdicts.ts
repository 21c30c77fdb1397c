/**
 * What a comparison of the CPU means for a breakpoint of a machine without a hypervisor: what the CPU found.
 *
 * @module
 */
import type {
  CpuComparison,
  UnmetQuestion,
  Verdict,
} from "../../comparison.ts";
import { gap } from "../../comparison.ts";
import { placeIn } from "../../moves.ts";
import { get64, highWord, lowWord } from "../../word64.ts";
import type { X86Frame } from "../frame.ts";
import { comparedBytes, physical, slotUnmet } from "../hardware/comparisons.ts";
import { UNMET } from "../hardware/unmet.ts";

function ofSlot(f: X86Frame, number: number, c: CpuComparison): Verdict {
  const own = physical(f);
  const aimed = get64(f.w, own.dr + 2 * number);
  const bytes = comparedBytes(f, own.dr7, number, c.access);
  const unmet = slotUnmet(f, own, number, {
    lo: lowWord(c.address),
    hi: highWord(c.address),
    sizeBytes: c.sizeBytes,
    access: c.access,
  });
  return {
    unmet: c.unmet,
    aim: placeIn(f, "cpu", `DR${number}`),
    gapBytes: unmet === UNMET.none
      ? 0n
      : gap(c, aimed & ~BigInt(bytes - 1), bytes),
    suits: unmet !== UNMET.type,
  };
}

/** What a comparison means for a question; undefined if it has nothing to do with it. Nothing exits. */
export function verdict(
  f: X86Frame,
  { subject, owner, number }: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  if (owner === "user") return undefined;
  switch (subject) {
    case "breakpoint":
      return c.number === number ? ofSlot(f, number, c) : undefined;
    case "watchpoint":
      return c.unit === "watchpoint" && c.number === number
        ? ofSlot(f, number, c)
        : undefined;
    case "step":
      return c.unit === "step"
        ? { aim: undefined, gapBytes: 0n, suits: true, unmet: c.unmet }
        : undefined;
    case "exit":
    case "trap":
      return undefined;
    default:
      return subject satisfies never;
  }
}
