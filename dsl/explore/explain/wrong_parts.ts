/**
 * What the guest has otherwise than the bare machine beside it, of what an exception of that depends on.
 *
 * @module
 */
import {
  type Found,
  type Frame,
  MODE,
  type Part,
  type Place,
  type Rules,
  type ScheduleStep,
  type SetEvent,
  VCPU_BASE,
} from "../../../engine/mod.ts";
import type { Chain } from "../../run/why_chain.ts";
import type { Instance } from "../model.ts";
import { frameOn, numberOf } from "./frames.ts";

/** The parts, before the last step of a schedule; none of the CPU's where the vCPU had left the guest: it did not compare. */
export function wrongParts(
  { model: { rules }, arch }: Instance,
  { before, schedule }: Found,
  { cpu }: ScheduleStep,
  vcpu: number,
): Part[] {
  if (before === undefined) return [];
  const own = schedule.toReversed().filter((one) => one.vcpu === vcpu);
  const hit = own.flatMap(({ bareEvents }) => bareEvents.toReversed()).find(
    ({ kind }) => kind === "hit" || kind === "raise",
  );
  if (hit === undefined || !("needed" in hit)) return [];
  const { f, bare } = frameOn(rules, before, vcpu, cpu);
  const isInGuest = f.w[f.vcpu + VCPU_BASE.mode] === MODE.guest;
  if (bare === undefined) return [];
  return (hit.needed ?? []).flatMap(({ place, bits }) => {
    const id = arch.registers.find(place.name)?.id;
    if (id === undefined || place.space === "cpu" && !isInGuest) return [];
    const read = place.space === "cpu"
      ? rules.cpuView(copyOf(rules, f), id)
      : rules.peek(copyOf(rules, f), id);
    const seen = numberOf(read);
    const wanted = numberOf(arch.lockstep.value(f, bare, id));
    if (seen === undefined || wanted === undefined) return [];
    const differ = (seen ^ wanted) & bits;
    return differ === 0n ? [] : [{ place, bits: differ }];
  });
}

/** Index of the newest event after which bits of a place were as they were seen; 0 if they were never. */
export function whenSeen(
  chain: Chain,
  place: Place,
  bits: bigint,
  seen: bigint,
): number {
  const newest = chain.lastFlip(0, place, bits);
  let at = newest;
  while (at >= 0) {
    const { old, new: now } = chain.event(at) as SetEvent;
    if ((now & bits) === (seen & bits)) return at === newest ? 0 : at;
    if ((old & bits) === (seen & bits)) return at + 1;
    at = chain.lastFlip(at + 1, place, bits);
  }
  return 0;
}

/**
 * The newest event of a chain with which KVM has put some of the bits that are wrong into the guest's register, wherever
 * they were seen; what the guest wrote itself is not wrong.
 *
 * @returns -1 if there is none
 */
export function wrongWrite(
  chain: Chain,
  { name }: Place,
  bits: bigint,
  from: number,
): number {
  const found = chain.places().filter((at) => {
    const event = chain.event(at);
    return at >= from && event.kind === "set" && event.to.space === "guest" &&
      event.to.name === name && event.from?.space !== "program" &&
      ((event.old ^ event.new) & bits) !== 0n;
  });
  return found.length === 0 ? -1 : Math.min(...found);
}

/** A frame on a copy of the words, which views may change. */
function copyOf(rules: Rules, f: Frame): Frame {
  const copy = rules.frame(f.w.slice());
  copy.vm = f.vm;
  copy.vcpu = f.vcpu;
  copy.user = f.user;
  copy.cpu = f.cpu;
  copy.sink = null;
  return copy;
}
