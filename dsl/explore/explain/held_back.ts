/**
 * A debug exception that no exit shows, since userspace's guest debug takes those of the guest: what turned it on.
 *
 * @module
 */
import type { Architecture, Place, ScheduleStep } from "../../../engine/mod.ts";
import type { Chain } from "../../run/why_chain.ts";
import { flagsOf } from "./phrases.ts";

/** A change of what decides: its place in the record, and the bits that count. */
export interface HoldingBack {
  readonly at: number;
  readonly bits: bigint;
}

/**
 * The changes that keep the guest from an exception of its own while userspace debugs it: the flags of guest_debug, and
 * where debug exceptions are routed by a register of the CPU, KVM's value for that.
 *
 * @returns none if userspace does not debug the vCPU, or an exit has the exception
 */
export function holdingBack(
  arch: Architecture,
  chain: Chain,
  { noticed, events, vcpu }: ScheduleStep,
): readonly HoldingBack[] {
  const exits = events.some(({ kind }) =>
    kind === "exit" || kind === "user-exit"
  );
  if (vcpu === undefined || exits || noticed?.allowance !== "debugged") {
    return [];
  }
  const of = (name: string): Place => ({ space: "kvm", index: vcpu, name });
  const debug = of("guest_debug");
  const { traps } = arch.deciders;
  return [
    ...flagsOf(arch, debug).map(({ bit }) => ({
      at: chain.lastFlip(0, debug, bit),
      bits: bit,
    })),
    ...traps === undefined ? [] : [{
      at: chain.lastFlip(0, of(traps.kvm), traps.routes),
      bits: traps.routes,
    }],
  ].filter(({ at, bits }) => {
    const event = at < 0 ? undefined : chain.event(at);
    return event?.kind === "set" && (event.new & bits) !== 0n;
  });
}
