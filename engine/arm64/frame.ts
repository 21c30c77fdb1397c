/**
 * What an arm64 step works on: the blocks, and the physical machine that does not change.
 *
 * @module
 */
import type { BreakpointOwner } from "../events.ts";
import type { Frame } from "../rules.ts";
import type { Words } from "../word64.ts";
import type { HardwareModel } from "./hardware/models.ts";

/**
 * Outcomes of a link to a breakpoint that is missing or not context-aware, which the architecture leaves
 * open. Rule arm64:A/12.
 *
 * - `never`: the linking breakpoint or watchpoint does not match
 * - `ignore-link`: it matches as if it were not linked
 * - `other`: it links to the lowest context-aware breakpoint
 */
export const UNPREDICTABLE = ["never", "ignore-link", "other"] as const;

/** One of `UNPREDICTABLE`. */
export type Unpredictable = typeof UNPREDICTABLE[number];

/** The physical machine. Counts, not field values. */
export interface Arm64Host {
  /** Breakpoints. */
  readonly brps: number;
  /** Context-aware breakpoints, the highest-numbered ones. */
  readonly ctx: number;
  /** Watchpoints. */
  readonly wrps: number;
  /** The host kernel runs at EL2, with VHE. Rule arm64:E/1.7. */
  readonly vhe: boolean;
  /** What of it is not just the architecture. */
  readonly model: HardwareModel;
  /** What CONSTRAINED UNPREDICTABLE cases come to. */
  readonly unpredictable: Unpredictable;
}

/** A frame with the physical machine. */
export interface Arm64Frame extends Frame {
  /** The machine. */
  readonly host: Arm64Host;
  /** Whose the physical breakpoints and watchpoints are, for the event of a hit. */
  ownerOf(f: Arm64Frame): BreakpointOwner;
}

/**
 * A frame on words, where no block of them is chosen yet: all frames have the same properties in the same order.
 *
 * @param kernel undefined without a hypervisor
 */
export function arm64Frame<Kernel>(
  w: Words,
  { bare, host, kernel, ownerOf }:
    & Pick<Arm64Frame, "bare" | "host" | "ownerOf">
    & {
      readonly kernel: Kernel;
    },
): Arm64Frame & { readonly kernel: Kernel } {
  return {
    w,
    vm: 0,
    vcpu: 0,
    user: 0,
    cpu: 0,
    lo: 0,
    hi: 0,
    nextLo: 0,
    nextHi: 0,
    sink: null,
    bare,
    host,
    kernel,
    ownerOf,
  };
}
