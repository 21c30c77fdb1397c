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
import { UNMET, type Unmet } from "./unmet.ts";

const LBN = DBGBCR.word("LBN");
const BT = DBGBCR.word("BT");
const E = 1;

/** What keeps a breakpoint that can be linked to from matching: its enable, its type, or the current context. */
function targetUnmet(f: Arm64Frame, number: number): Unmet {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.bcr, number)];
  if ((control & E) === 0) return UNMET.linkEnable;
  const type = (control >>> BT.shift) & BT.mask;
  // Not a linked context type: no match, which is not unpredictable.
  if ((f.host.model.linkTypes >>> type & 1) === 0) return UNMET.linkType;
  return contextMatches(f, number, type) ? UNMET.none : UNMET.linkContext;
}

/** LBN, of either control register. */
export function linkedNumber(control: number): number {
  return (control >>> LBN.shift) & LBN.mask;
}

/**
 * What keeps that to which a breakpoint or watchpoint links from matching. The filters are the linking one's alone.
 *
 * @param control low word of the linking DBGBCR or DBGWCR: LBN is in the same bits
 * @param register id of the linking control register, for the event
 */
export function linkUnmet(
  f: Arm64Frame,
  control: number,
  register: number,
): Unmet {
  const lbn = linkedNumber(control);
  if (isContextAware(f, lbn)) return targetUnmet(f, lbn);
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
  return ignored ? UNMET.none : UNMET.linkMissing;
}
