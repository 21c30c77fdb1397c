/**
 * Events of the arm64 rules: places, and values that moved.
 *
 * @module
 */
import { ERRNO } from "../../errno.ts";
import type { Place, RuleId, SetCause, Space } from "../../events.ts";
import { CPU_BASE, VCPU_BASE } from "../../rules.ts";
import { get64, join64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { KIND, type Kind, NUMBERED_MAX, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import type { KvmFrame } from "./kernel.ts";

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

/**
 * Converts the linked number of a control value in the transfer register to the physical one, and reports it if
 * it is another. Rules arm64:D15, arm64:D22.
 *
 * @param register the register that is written, by the writer's number
 * @param space whose operand the value is
 */
export function convertLink(
  f: KvmFrame,
  register: number,
  space: "program" | "user",
): void {
  const { lo, hi } = f;
  const kind = (register >> 4) as Kind;
  f.kernel.numbering.toHardware(f, kind);
  if (f.sink === null || lo === f.lo) return;
  f.sink.push({
    kind: "set",
    cause: "convert",
    to: registerPlace(f, space, register),
    from: null,
    old: join64(lo, hi),
    new: join64(f.lo, f.hi),
    rule: kind === KIND.bcr ? "arm64:D15" : "arm64:D22",
  });
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

/** Reports that an operation is refused. @returns the negated errno */
export function refuse(
  f: Arm64Frame,
  operation: string,
  { errno, why, rule }: {
    errno: keyof typeof ERRNO;
    why: string;
    rule: RuleId;
  },
): number {
  f.sink?.push({ kind: "refused", operation, errno, why, rule });
  return -ERRNO[errno];
}

/** Registers that exist once and that a reset changes, where the vCPU block has them. */
const RESET_ONCE: readonly (readonly [register: number, at: number])[] = [
  [REG.MDSCR_EL1, VCPU.mdscr],
  [REG.MDCCINT_EL1, VCPU.mdccint],
  [REG.CONTEXTIDR_EL1, VCPU.contextidr],
  [REG.OSLSR_EL1, VCPU.oslsr],
];

/** Runs a reset of the vCPU and reports what it changed. Rule arm64:A.15. */
export function reportReset(f: KvmFrame, reset: () => void): void {
  const { w, sink } = f;
  if (sink === null) return reset();
  const before = w.slice(f.vcpu, f.vcpu + VCPU.words);
  reset();
  const report = (register: number, at: number): void => {
    const old = get64(before, at);
    const value = get64(w, f.vcpu + at);
    if (old === value) return;
    sink.push({
      kind: "set",
      cause: "reset",
      to: registerPlace(f, "guest", register),
      from: null,
      old,
      new: value,
      rule: "arm64:A.15",
    });
  };
  for (let id = 0; id < NUMBERED_MAX; id++) report(id, VCPU.guest + 2 * id);
  for (const [register, at] of RESET_ONCE) report(register, at);
}
