/**
 * What a view has of a register, or of KVM's own state.
 *
 * @module
 */
import type { ViewValue } from "../../engine/mod.ts";
import type { Seen } from "../action_parts.ts";
import type { Session } from "./session.ts";

/** Looks at a view; changes nothing. */
export function viewed({ machine }: Session, seen: Seen): ViewValue {
  const { view, index, register, kvmName } = seen;
  return view === "kvm"
    ? machine.kvmView(index, kvmName!)
    : machine.view(view, index, register!);
}
