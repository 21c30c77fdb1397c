/**
 * Storing a value and saying so: the only way in which rules change a register that a view shows.
 *
 * @module
 */
import type { Place, RuleId, SetCause, Space } from "../events.ts";
import type { Frame } from "../rules.ts";
import { get64, join64 } from "../word64.ts";
import { CPU, VCPU } from "./blocks.ts";
import { SLOTS } from "./registers/ids.ts";

/** Where a value goes, where from, and by which rule: a constant of the rule that moves it. */
export interface Move {
  readonly cause: SetCause;
  readonly to: readonly [space: Space, name: string];
  /** Null where the rule made the value. */
  readonly from: readonly [space: Space, name: string] | null;
  readonly rule: RuleId;
}

/** A place by its space: `cpu` and `host` are counted by physical CPU. */
function place(f: Frame, [space, name]: readonly [Space, string]): Place {
  const physical = space === "cpu" || space === "host";
  const index = space === "vm"
    ? 0
    : physical
    ? f.w[f.cpu + CPU.index]
    : f.w[f.vcpu + VCPU.index];
  return { space, index, name };
}

/** Stores a small value or a 32-bit register. A value that does not change is no event. */
export function setWord(f: Frame, at: number, value: number, move: Move): void {
  const old = f.w[at];
  f.w[at] = value;
  if (f.sink === null || old === value) return;
  f.sink.push({
    kind: "set",
    cause: move.cause,
    to: place(f, move.to),
    from: move.from === null ? null : place(f, move.from),
    old: BigInt(old >>> 0),
    new: BigInt(value >>> 0),
    rule: move.rule,
  });
}

/** Stores a 64-bit value. */
export function setPair(
  f: Frame,
  at: number,
  lo: number,
  hi: number,
  move: Move,
): void {
  const { w } = f;
  if (f.sink !== null && (w[at] !== lo || w[at + 1] !== hi)) {
    f.sink.push({
      kind: "set",
      cause: move.cause,
      to: place(f, move.to),
      from: move.from === null ? null : place(f, move.from),
      old: get64(w, at),
      new: join64(lo, hi),
      rule: move.rule,
    });
  }
  w[at] = lo;
  w[at + 1] = hi;
}

/** Copies a whole set DR0 to DR3; the places are named by the move's stems, `DR` or `eff_db`. */
export function copySet(
  f: Frame,
  to: number,
  from: number,
  move: Move,
): void {
  const { w } = f;
  if (f.sink !== null) {
    const [space, stem] = move.to;
    for (let n = 0; n < SLOTS; n++) {
      const old = get64(w, to + 2 * n);
      const value = get64(w, from + 2 * n);
      if (old === value) continue;
      f.sink.push({
        kind: "set",
        cause: move.cause,
        to: place(f, [space, `${stem}${n}`]),
        from: move.from === null
          ? null
          : place(f, [move.from[0], `${move.from[1]}${n}`]),
        old,
        new: value,
        rule: move.rule,
      });
    }
  }
  w.copyWithin(to, from, from + 2 * SLOTS);
}

/** A move by slot, for one register of a set. */
export function bySlot(make: (slot: number) => Move): readonly Move[] {
  return [0, 1, 2, 3].map(make);
}

/** Says which DR accesses exit, and reports it if that is another answer. */
export function setDrAccesses(f: Frame, accesses: number, rule: RuleId): void {
  const at = f.vcpu + VCPU.vmDrAccesses;
  const old = f.w[at];
  f.w[at] = accesses;
  if (f.sink === null || (old !== 0) === (accesses !== 0)) return;
  f.sink.push({
    kind: "set",
    cause: "decide",
    to: place(f, ["kvm", "dr_intercept"]),
    from: null,
    old: old === 0 ? 0n : 1n,
    new: accesses === 0 ? 0n : 1n,
    rule,
  });
}

/** Reports a change of a register that has no KVM copy: RFLAGS, CR4. */
export function reportOwn(
  f: Frame,
  { register, from, old, value, rule }: {
    readonly register: "RFLAGS" | "CR4";
    readonly from: "program" | "user";
    readonly old: number;
    readonly value: number;
    readonly rule: RuleId;
  },
): void {
  if (f.sink === null || old === value) return;
  f.sink.push({
    kind: "set",
    cause: "write",
    to: place(f, ["guest", register]),
    from: place(f, [from, register]),
    old: BigInt(old >>> 0),
    new: BigInt(value >>> 0),
    rule,
  });
}
