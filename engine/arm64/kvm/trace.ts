/**
 * Events of the arm64 rules: places, and values that moved.
 *
 * @module
 */
import type { Place, RuleId, SetCause, Space } from "../../events.ts";
import { CPU_BASE, VCPU_BASE } from "../../rules.ts";
import { join64 } from "../../word64.ts";
import type { Arm64Frame } from "../frame.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";

/** A place of the frame's vCPU, or of its CPU for the spaces that belong to one. */
export function placeOf(f: Arm64Frame, space: Space, name: string): Place {
  const physical = space === "cpu" || space === "host";
  const index = space === "vm"
    ? 0
    : physical
    ? f.w[f.cpu + CPU_BASE.index]
    : f.w[f.vcpu + VCPU_BASE.index];
  return { space, index, name };
}

/** A register's place. */
export function registerPlace(
  f: Arm64Frame,
  space: Space,
  register: number,
): Place {
  return placeOf(f, space, ARM64_REGISTERS.byId(register).name);
}

/** A value that moved: what a `set` event says, with the new value as words. */
export interface Move {
  readonly cause: SetCause;
  readonly to: Place;
  readonly from: Place | null;
  readonly rule: RuleId;
}

/**
 * Stores a 64-bit value and reports it if it changed. Call only with a sink; without one, store the words.
 *
 * @param at index of the low word
 */
export function store64(
  f: Arm64Frame,
  at: number,
  lo: number,
  hi: number,
  move: Move,
): void {
  const { w } = f;
  const old = join64(w[at], w[at + 1]);
  w[at] = lo;
  w[at + 1] = hi;
  const value = join64(lo, hi);
  if (old !== value) f.sink?.push({ kind: "set", old, new: value, ...move });
}

/** Stores a flag or small number of KVM's own state and reports it if it changed. */
export function storeKvm(
  f: Arm64Frame,
  at: number,
  value: number,
  name: string,
  rule: RuleId,
): void {
  const old = f.w[at];
  f.w[at] = value;
  if (f.sink && old !== value) {
    f.sink.push({
      kind: "set",
      cause: "decide",
      to: placeOf(f, "kvm", name),
      from: null,
      old: BigInt(old >>> 0),
      new: BigInt(value >>> 0),
      rule,
    });
  }
}

/** Reports what the kernel of the day would print. */
export function warn(f: Arm64Frame, message: string, rule: RuleId): void {
  f.sink?.push({
    kind: "warn",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    message,
    rule,
  });
}
