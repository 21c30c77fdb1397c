/**
 * Links from an address breakpoint or a watchpoint to a context-aware breakpoint. Rule arm64:A/12.
 *
 * @module
 */
import { CPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { KIND } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { contextMatches } from "./context.ts";
import { bankAt, isContextAware } from "./register_file.ts";
import { reportUnpredictable } from "./report.ts";

const LBN = DBGBCR.word("LBN");
const BT = DBGBCR.word("BT");
const E = 1;

/** True if the breakpoint can be linked to, is enabled, and its context is the current one. */
function targetMatches(f: Arm64Frame, number: number): boolean {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.bcr, number)];
  if ((control & E) === 0) return false;
  const type = (control >>> BT.shift) & BT.mask;
  // Not a linked context type: no match, which is not unpredictable.
  if ((f.host.model.linkTypes >>> type & 1) === 0) return false;
  return contextMatches(f, number, type);
}

/**
 * True if what a breakpoint or watchpoint links to matches. The filters are the linking one's alone.
 *
 * @param control low word of the linking DBGBCR or DBGWCR: LBN is in the same bits
 * @param register id of the linking control register, for the event
 */
export function linkMatches(
  f: Arm64Frame,
  control: number,
  register: number,
): boolean {
  const lbn = (control >>> LBN.shift) & LBN.mask;
  if (isContextAware(f, lbn)) return targetMatches(f, lbn);
  const ignored = f.host.unpredictable === "ignore-link";
  if (f.sink !== null) {
    reportUnpredictable(f, {
      what: `${
        ARM64_REGISTERS.byId(register).name
      } links to breakpoint ${lbn}, ${
        lbn < f.host.brps ? "which is not context-aware" : "which is not there"
      }`,
      outcome: ignored ? "it matches as if not linked" : "it never matches",
      rule: "arm64:A/12.2",
    });
  }
  return ignored;
}
