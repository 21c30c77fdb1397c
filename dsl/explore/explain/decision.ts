/**
 * A decision that led to a failure.
 *
 * @module
 */
import type { RuleId } from "../../../engine/mod.ts";

/** One decision of the kernel, or of the CPU, in a step of a schedule. */
export interface Decision {
  /** Number of the step, from 1; 0 for what stands before the block. */
  readonly step: number;
  /** The kernel's function, without parentheses; null where it is the CPU's, or not known. */
  readonly function: string | null;
  /** The function's file, or the manual's section that has the rule. */
  readonly file: string;
  /** What it did, in phrases that go on after the function's name. */
  readonly did: readonly string[];
  /** What it left as an earlier step had made it, in phrases. */
  readonly left: readonly string[];
  /** The rules that it follows, at least one. */
  readonly rules: readonly {
    readonly id: RuleId;
    /** What the rule says. */
    readonly sentence: string;
  }[];
}
