/** Questions over the events of a run, by events that are made up. */
import type { Event } from "./events.ts";
import {
  exceptionsTaken,
  lastAccess,
  noticesOf,
  trapCount,
  warnings,
} from "./outcome.ts";
import { assertEquals } from "@std/assert";

/** Events of some kinds, each with its place in place of what else it has. */
function eventsOf(...kinds: Event["kind"][]): Event[] {
  return kinds.map((kind, at) => ({ kind, at }) as unknown as Event);
}

/** Kinds of events: the place of the last access, and whether it trapped. */
const ACCESSES: readonly (readonly [
  kinds: readonly Event["kind"][],
  last: [at: number, trapped: boolean] | undefined,
])[] = [
  [[], undefined],
  [["trap"], undefined],
  [["access"], [0, false]],
  [["trap", "access"], [1, true]],
  [["trap", "enter", "access"], [2, true]],
  [["trap", "access", "access"], [2, false]],
  [["access", "trap", "access"], [2, true]],
  [["access", "trap"], [0, false]],
];

Deno.test("outcome: the last access trapped if a trap came since the one before it", () => {
  for (const [kinds, expected] of ACCESSES) {
    const found = lastAccess(eventsOf(...kinds));
    const at = found && (found.access as unknown as { at: number }).at;
    assertEquals(found && [at, found.trapped], expected);
  }
});

Deno.test("outcome: events of some kinds, in their order", () => {
  const events = eventsOf(
    "trap",
    "exception",
    "warn",
    "exception",
    "stopped",
    "lost",
    "trap",
    "unpredictable",
    "enter",
  );
  const places = (found: readonly Event[]) =>
    found.map((one) => events.indexOf(one));
  assertEquals(places(exceptionsTaken(events)), [1, 3]);
  assertEquals(places(warnings(events)), [2]);
  assertEquals(trapCount(events), 2);
  assertEquals(places(noticesOf(events)), [2, 4, 5, 7]);
});
