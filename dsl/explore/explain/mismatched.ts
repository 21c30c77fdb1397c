/**
 * The registers of the CPU by which an instruction matches otherwise than by the guest's own.
 *
 * @module
 */
import type {
  Architecture,
  ExceptionKind,
  RegisterInfo,
  ScheduleStep,
} from "../../../engine/mod.ts";
import { PROPERTY } from "../../../engine/explore/mod.ts";
import type { Chain } from "../../run/why_chain.ts";

/** The families of arm64's control registers, by the exception that they enable. */
const CONTROLS: Partial<Record<ExceptionKind, string>> = {
  breakpoint: "dbgbcr",
  watchpoint: "dbgwcr",
};

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
  if (noticed || !kinds.includes("missed") || exception === undefined) {
    return [];
  }
  const familyOf = (name: string) => arch.registers.find(name)?.family;
  const at = chain.find(
    0,
    (event) =>
      event.kind === "set" && event.from?.space === "program" &&
      event.from.index === vcpu && CONTROLS[exception] !== undefined &&
      familyOf(event.to.name) === CONTROLS[exception],
  );
  const event = at < 0 ? undefined : chain.event(at);
  const info = event?.kind === "set"
    ? arch.registers.find(event.to.name)
    : undefined;
  return info ? [info] : [];
}
