/**
 * Events of the hardware. Each makes objects only where they are read.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { VCPU_BASE } from "../../rules.ts";
import type { Arm64Frame } from "../frame.ts";

/** Something that the architecture leaves open. */
export interface Open {
  /** What the guest relies on, in one phrase. */
  readonly what: string;
  /** The outcome on this machine. */
  readonly outcome: string;
  /** The rule that leaves it open. */
  readonly rule: RuleId;
}

/** The guest relies on something that the architecture leaves open. */
export function reportUnpredictable(
  f: Arm64Frame,
  { what, outcome, rule }: Open,
): void {
  f.sink?.push({
    kind: "unpredictable",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    what,
    outcome,
    rule,
  });
}
