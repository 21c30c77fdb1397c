/**
 * What performing a case gives: the fields of a recording's lines.
 *
 * @module
 */
import type { Event } from "../../engine/mod.ts";

/** Fields of one line, in the order in which a recorder writes them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A value as recordings write it. */
export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/**
 * What the reads of a run read, by index of the op.
 *
 * @param indexOf index of the op at an address; -1 if there is none
 */
export function readsOf(
  events: readonly Event[],
  indexOf: (pc: bigint) => number,
): ReadonlyMap<number, bigint> {
  const values = new Map<number, bigint>();
  for (const event of events) {
    if (event.kind !== "access" || event.access !== "read") continue;
    if (event.by === "undef" || event.by === "fault") continue;
    const at = indexOf(event.pc);
    if (at >= 0) values.set(at, event.value);
  }
  return values;
}
