/**
 * What the restores of a machine have lost.
 *
 * @module
 */
import type { Machine } from "../engine/mod.ts";

/** Each loss as a register with the value before and after, latest restore first. */
export function lost({ journal }: Machine): string[] {
  return [...journal.chapters()].flatMap(({ events }) => events).flatMap((
    event,
  ) =>
    event.kind === "lost"
      ? [
        `${event.what} 0x${event.old.toString(16)} 0x${event.new.toString(16)}`,
      ]
      : []
  );
}
