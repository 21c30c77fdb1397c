/**
 * What a comparison of the CPU means for a breakpoint or watchpoint of a machine without a hypervisor: what the CPU
 * found.
 *
 * @module
 */
import {
  type CpuComparison,
  gap,
  type UnmetQuestion,
  type Verdict,
} from "../../comparison.ts";
import { get64 } from "../../word64.ts";
import { CPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { bankAt } from "../hardware/register_file.ts";
import { noSuchNumber, unitRegisters } from "../hardware/units.ts";
import { registerPlace } from "../moves.ts";
import { KIND, numberedId } from "../registers/ids.ts";

/** A verdict where no address plays a part. */
const PLAIN = { aim: undefined, gapBytes: 0n, suits: true } as const;

function ofSlot(
  f: Arm64Frame,
  subject: "breakpoint" | "watchpoint",
  number: number,
  c: CpuComparison,
): Verdict | undefined {
  if (c.unit !== subject) return undefined;
  const { control, value } = unitRegisters(subject);
  const count = control === KIND.bcr ? f.host.brps : f.host.wrps;
  if (number >= count) {
    // Once for each access.
    const unmet = noSuchNumber(subject, "the machine", count);
    return c.number === 0 ? { ...PLAIN, unmet } : undefined;
  }
  if (c.number !== number) return undefined;
  const aimed = get64(f.w, bankAt(f.cpu + CPU.hw, value, number));
  return {
    unmet: c.unmet,
    aim: registerPlace(f, "cpu", numberedId(value, number)),
    gapBytes: c.isThere ? 0n : gap(c, aimed),
    suits: true,
  };
}

/** What a comparison means for a question; undefined if it has nothing to do with it. Nothing exits. */
export function verdict(
  f: Arm64Frame,
  { subject, owner, number }: UnmetQuestion,
  c: CpuComparison,
): Verdict | undefined {
  if (owner === "user") return undefined;
  switch (subject) {
    case "breakpoint":
    case "watchpoint":
      return ofSlot(f, subject, number, c);
    case "step":
      return c.unit === "step" ? { ...PLAIN, unmet: c.unmet } : undefined;
    case "exit":
    case "trap":
      return undefined;
    default:
      return subject satisfies never;
  }
}
