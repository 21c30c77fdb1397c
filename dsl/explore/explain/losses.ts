/**
 * Why a restore has lost something.
 *
 * @module
 */
import type { Architecture, LostEvent } from "../../../engine/mod.ts";
import type { Chain } from "../../run/why_chain.ts";

/** The newest event of what came before the step that an event belongs to; the event itself if there is none. */
export function newestBefore(chain: Chain, at: number): number {
  return newestOther(chain, at, chain.cause(at));
}

/** The newest event of a step of the schedule, or of one before it. */
export function newestUntil(chain: Chain, step: number): number {
  let index = -1;
  const found = chain.find(0, () => {
    const cause = chain.cause(++index);
    return typeof cause !== "number" || cause <= step;
  });
  return Math.max(0, found);
}

/** The newest event at or before `from` that something else caused; `from` if there is none. */
export function newestOther(
  chain: Chain,
  from: number,
  cause: unknown,
): number {
  let index = from - 1;
  const found = chain.find(from, () => chain.cause(++index) !== cause);
  return Math.max(from, found);
}

/**
 * Follows the loss to the restore, to how the value came to be there, and to what was queued when the VM was saved.
 */
export function followLoss(
  arch: Architecture,
  chain: Chain,
  { what, vcpu, old, new: now }: LostEvent,
): void {
  const at = chain.find(
    0,
    (one) => one.kind === "lost" && one.what === what && one.vcpu === vcpu,
  );
  chain.add(at);
  const info = arch.registers.find(what);
  if (info === undefined) return;
  // Of the VMCS and the VMCB there is one.
  const spaces = info.isMsr === true
    ? ["vmcs", "vmcb"] as const
    : ["guest"] as const;
  for (const space of spaces) {
    chain.follow({ space, index: vcpu, name: info.name }, at, old ^ now);
  }
  const queued = chain.find(
    newestBefore(chain, at),
    (one) => one.kind === "inject" && one.vcpu === vcpu,
  );
  if (queued >= 0) chain.add(queued);
}
