/**
 * Which rule of the model made what was observed: so that a difference can name it.
 *
 * @module
 */
import type { Event, Machine, RuleId, SetCause, Space } from "../engine/mod.ts";

/** Copies of a register that a guest or its userspace can come to see. */
const SEEN: ReadonlySet<Space> = new Set(["guest", "cpu", "external"]);

/** Causes by which a value only moves from one copy to another, or is the host's. */
const MOVES: ReadonlySet<SetCause> = new Set([
  "load",
  "save",
  "restore",
  "sync",
  "force",
]);

function sets(event: Event, register: string): boolean {
  return event.kind === "set" && event.to.name === register &&
    SEEN.has(event.to.space) && !MOVES.has(event.cause);
}

/**
 * The rule of the last event that gave a register its value.
 *
 * @param events oldest first
 * @param until looks only at what came before this event
 */
export function ruleOfValue(
  events: readonly Event[],
  register: string,
  until?: Event,
): RuleId | undefined {
  const end = until === undefined ? events.length : events.indexOf(until);
  for (let i = end - 1; i >= 0; i--) {
    if (sets(events[i], register)) return events[i].rule;
  }
  return undefined;
}

/** The rule of the last event of the whole replay that gave a register its value. */
export function ruleOfKept(
  { journal }: Machine,
  register: string,
): RuleId | undefined {
  for (const { events } of journal.chapters()) {
    const rule = ruleOfValue(events, register);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** The rule by which the last ioctl was refused; undefined if it was not. */
export function ruleOfRefusal({ journal }: Machine): RuleId | undefined {
  const last = journal.current().at(-1);
  return last?.kind === "refused" ? last.rule : undefined;
}

/** The rule by which KVM_RUN returned: of its last exit to userspace, or else of its last exit from the guest. */
export function ruleOfReturn(events: readonly Event[]): RuleId | undefined {
  return events.findLast(({ kind }) => kind === "user-exit")?.rule ??
    events.findLast(({ kind }) => kind === "exit")?.rule;
}
