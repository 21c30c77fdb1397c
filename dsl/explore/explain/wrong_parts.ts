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
  type Rules,
  type ScheduleStep,
  VCPU_BASE,
} from "../../../engine/mod.ts";
import type { Instance } from "../model.ts";
import { frameOn, numberOf } from "./frames.ts";

/** The parts, before the last step of a schedule; none where the vCPU had left the guest: the CPU did not compare. */
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
  if (bare === undefined || !isInGuest) return [];
  return (hit.needed ?? []).flatMap(({ place, bits }) => {
    const id = arch.registers.find(place.name)?.id;
    if (id === undefined) return [];
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
