/**
 * What a view has of a register, or of KVM's own state.
 *
 * @module
 */
import type { ViewValue } from "../../engine/mod.ts";
import type { Seen } from "../actions.ts";
import type { Session } from "./session.ts";

/** What is looked at, as messages name it: `hw@0 DBGBCR0_EL1`. */
export function subjectOf({ view, index, register, kvmName }: Seen): string {
  return `${view}@${index} ${kvmName ?? register!.name}`;
}

/** Looks at a view; changes nothing. */
export function viewed({ machine }: Session, seen: Seen): ViewValue {
  const { view, index, register, kvmName } = seen;
  return view === "kvm"
    ? machine.kvmView(index, kvmName!)
    : machine.view(view, index, register!.id);
}
