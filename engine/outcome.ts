/**
 * What a run did, as questions over its events.
 *
 * @module
 */
import type {
  AccessEvent,
  Event,
  ExceptionEvent,
  WarnEvent,
} from "./events.ts";

/** Exceptions that the guest took, in order. */
export function exceptionsTaken(
  events: readonly Event[],
): readonly ExceptionEvent[] {
  return events.filter((event) => event.kind === "exception");
}

/** Warnings that the kernel would have printed, in order. */
export function warnings(events: readonly Event[]): readonly WarnEvent[] {
  return events.filter((event) => event.kind === "warn");
}

/** How many exits accesses to registers made. */
export function trapCount(events: readonly Event[]): number {
  return events.filter((event) => event.kind === "trap").length;
}

/** The last guest access to a register, and whether it made an exit; undefined if there was none. */
export function lastAccess(
  events: readonly Event[],
): { readonly access: AccessEvent; readonly trapped: boolean } | undefined {
  let last: AccessEvent | undefined;
  let trapped = false;
  let pending = false;
  for (const event of events) {
    if (event.kind === "trap") pending = true;
    if (event.kind !== "access") continue;
    last = event;
    trapped = pending;
    pending = false;
  }
  return last && { access: last, trapped };
}

/**
 * What a person should see even if everything held: warnings, why the guest does not go on, what it lost in a restore,
 * and outcomes that the architecture leaves open.
 */
export function noticesOf(events: readonly Event[]): readonly Event[] {
  return events.filter(({ kind }) =>
    kind === "warn" || kind === "stopped" || kind === "lost" ||
    kind === "unpredictable"
  );
}
