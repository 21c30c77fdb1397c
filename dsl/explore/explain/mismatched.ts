/**
 * The registers of the CPU by which an instruction matches otherwise than by the guest's own.
 *
 * @module
 */
import type {
  Architecture,
  Event,
  RegisterInfo,
  ScheduleStep,
} from "../../../engine/mod.ts";
import { PROPERTY } from "../../../engine/explore/mod.ts";
import type { Chain } from "../../run/why_chain.ts";

/**
 * The registers in which the CPU differs, where that breaks one of the properties; where the architecture has no
 * mismatch, the control register that the guest wrote last for the exception that it misses.
 *
 * @param properties bits of `PROPERTY`
 */
export function mismatched(
  arch: Architecture,
  chain: Chain,
  { mismatch, exception, noticed, vcpu }: ScheduleStep,
  properties: number,
): readonly RegisterInfo[] {
  const kinds = (["missed", "stray"] as const).filter((kind) =>
    (properties & PROPERTY[kind]) !== 0
  );
  if (mismatch !== undefined) {
    return kinds.flatMap((kind) => {
      const wrong = mismatch[kind];
      return wrong ? [arch.registers.byId(wrong.register)] : [];
    });
  }
  const family = exception && arch.deciders.controls[exception];
  if (noticed || !kinds.includes("missed") || family === undefined) return [];
  const writtenIn = (event: Event) =>
    event.kind === "set" && event.from?.space === "program" &&
      event.from.index === vcpu
      ? arch.registers.find(event.to.name)
      : undefined;
  const at = chain.find(0, (event) => writtenIn(event)?.family === family);
  return at < 0 ? [] : [writtenIn(chain.event(at))!];
}
