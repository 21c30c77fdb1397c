/**
 * Moves of whole sets of debug registers, and of what is reported by another value than is stored.
 *
 * @module
 */
import type { RuleId } from "../events.ts";
import { type Move, report, reportWord, type Route } from "../moves.ts";
import type { Frame } from "../rules.ts";
import { get64 } from "../word64.ts";
import { VCPU } from "./blocks.ts";
import { SLOTS } from "./registers/ids.ts";
import { FLAGS } from "./registers/rflags.ts";

/** Copies a whole set DR0 to DR3; the places are named by the move's stems, `DR` or `eff_db`. */
export function copySet(
  f: Frame,
  to: number,
  from: number,
  move: Move,
): void {
  const { w } = f;
  if (f.sink !== null) {
    const { to: [space, stem], from: source, cause, rule } = move;
    for (let n = 0; n < SLOTS; n++) {
      report(f, get64(w, to + 2 * n), get64(w, from + 2 * n), {
        cause,
        to: [space, `${stem}${n}`],
        from: source && [source[0], `${source[1]}${n}`],
        rule,
      });
    }
  }
  w.copyWithin(to, from, from + 2 * SLOTS);
}

/** A move by slot, for one register of a set. */
export function bySlot(make: (slot: number) => Move): readonly Move[] {
  return [0, 1, 2, 3].map(make);
}

const INTERCEPT: Route = {
  cause: "decide",
  to: ["kvm", "dr_intercept"],
  from: null,
};

/** Decides which DR accesses exit, and reports it if that is another answer. */
export function setDrAccesses(f: Frame, accesses: number, rule: RuleId): void {
  const at = f.vcpu + VCPU.vmDrAccesses;
  const old = f.w[at];
  f.w[at] = accesses;
  report(f, old === 0 ? 0n : 1n, accesses === 0 ? 0n : 1n, INTERCEPT, rule);
}

/** Reports a move of RFLAGS in which TF changes; RF comes and goes with each instruction. */
export function reportTf(f: Frame, old: number, now: number, move: Move): void {
  if (((old ^ now) & FLAGS.TF) !== 0) reportWord(f, old, now, move);
}
