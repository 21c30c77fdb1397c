/**
 * Storing a value and reporting it: the way in which the rules of both architectures change a value that a view
 * shows. The move is a constant of the rule, so that nothing is allocated when there is no sink.
 *
 * @module
 */
import type { Place, RuleId, SetCause, Space } from "./events.ts";
import { CPU_BASE, type Frame, VCPU_BASE } from "./rules.ts";
import { get64, join64 } from "./word64.ts";

/** A place by its space and name; its index is that of the frame's vCPU or CPU. */
export type NamedPlace = readonly [space: Space, name: string];

/** Why a value moves, and between which places. */
export interface Route {
  /** Why it moves. */
  readonly cause: SetCause;
  /** Where to. */
  readonly to: NamedPlace;
  /** Null where the rule made the value. */
  readonly from: NamedPlace | null;
}

/** A route that always has the same rule. */
export interface Move extends Route {
  /** The rule. */
  readonly rule: RuleId;
}

/** A place of the frame; with SVM the VMCB is where rules of both vendors name the VMCS. */
export function placeIn(f: Frame, named: Space, name: string): Place {
  const space = named === "vmcs" && f.vendor === "svm" ? "vmcb" : named;
  const physical = space === "cpu" || space === "host";
  const index = space === "vm"
    ? 0
    : physical
    ? f.w[f.cpu + CPU_BASE.index]
    : f.w[f.vcpu + VCPU_BASE.index];
  return { space, index, name };
}

/** Reports that a value has moved, unless it is what was there. */
export function report(f: Frame, old: bigint, value: bigint, move: Move): void;
/** The same by a rule that depends on the kernel. */
export function report(
  f: Frame,
  old: bigint,
  value: bigint,
  route: Route,
  rule: RuleId,
): void;
export function report(
  f: Frame,
  old: bigint,
  value: bigint,
  move: Route & { readonly rule?: RuleId },
  rule: RuleId = move.rule!,
): void {
  if (f.sink === null || old === value) return;
  const { cause, to, from } = move;
  f.sink.push({
    kind: "set",
    cause,
    to: placeIn(f, to[0], to[1]),
    from: from && placeIn(f, from[0], from[1]),
    old,
    new: value,
    rule,
  });
}

/** `report` of a word, unsigned. */
export function reportWord(
  f: Frame,
  old: number,
  value: number,
  move: Move,
): void {
  if (f.sink === null || old === value) return;
  report(f, BigInt(old >>> 0), BigInt(value >>> 0), move);
}

/** Stores a small value or a 32-bit register, and reports it if it changed. */
export function setWord(f: Frame, at: number, value: number, move: Move): void;
/** The same by a rule that depends on the kernel. */
export function setWord(
  f: Frame,
  at: number,
  value: number,
  route: Route,
  rule: RuleId,
): void;
export function setWord(
  f: Frame,
  at: number,
  value: number,
  move: Route & { readonly rule?: RuleId },
  rule: RuleId = move.rule!,
): void {
  const old = f.w[at];
  f.w[at] = value;
  if (f.sink === null || old === value) return;
  report(f, BigInt(old >>> 0), BigInt(value >>> 0), move, rule);
}

/** Stores a 64-bit value, and reports it if it changed. */
export function setPair(
  f: Frame,
  at: number,
  lo: number,
  hi: number,
  move: Move,
): void;
/** The same by a rule that depends on the kernel. */
export function setPair(
  f: Frame,
  at: number,
  lo: number,
  hi: number,
  route: Route,
  rule: RuleId,
): void;
export function setPair(
  f: Frame,
  at: number,
  lo: number,
  hi: number,
  move: Route & { readonly rule?: RuleId },
  rule: RuleId = move.rule!,
): void {
  const { w } = f;
  if (f.sink !== null && (w[at] !== lo || w[at + 1] !== hi)) {
    report(f, get64(w, at), join64(lo, hi), move, rule);
  }
  w[at] = lo;
  w[at + 1] = hi;
}
