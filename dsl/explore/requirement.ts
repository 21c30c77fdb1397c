/**
 * What `always expect` and `finally expect` ask of a state.
 *
 * @module
 */
import type { Frame, Requirement, ViewValue } from "../../engine/mod.ts";
import type { ActionOf } from "../actions.ts";
import { compare } from "../resolve/expressions.ts";
import type { Session } from "../run/session.ts";
import { fieldSeen } from "../seen.ts";

/** What the search asks a view. What is not there yet is as expected. */
export function requirementOf(
  session: Session,
  { expected }: ActionOf<"property">,
): Requirement {
  const { seen, operator, value } = expected;
  const { view, index, register: id = -1, kvmName } = seen;
  const { arch, kernelChoice, host } = session;
  const field = fieldSeen(arch, seen);
  const rules = arch.createRules(kernelChoice, host);
  const ask: Readonly<
    Record<typeof view, (f: Frame, bare: number) => ViewValue>
  > = {
    guest: (f) => rules.peek(f, id),
    user: (f) => rules.userView(f, id),
    hw: (f) => rules.hwView(f, id),
    cpu: (f) => rules.cpuView(f, id),
    kvm: (f) => rules.kvmView(f, kvmName!),
    bare: (f, at) => arch.lockstep.value(f, at, id),
  };
  const look = ask[view];
  const part = (whole: bigint): bigint =>
    field ? field.layout.get(whole, field.field.name) : whole;
  return {
    of: view === "cpu" ? "cpu" : "vcpu",
    index,
    ofBare: view === "bare",
    isThere: (f, bare) => look(f, bare).kind !== "none",
    shown: (f, bare) => {
      const found = look(f, bare);
      return found.kind === "value" ? `${part(found.value)}` : found.kind;
    },
    holds: (f, bare) => {
      const found = look(f, bare);
      if (found.kind === "none") return true;
      if (value === "undef") {
        return (found.kind === "undef") === (operator === "==");
      }
      return found.kind === "value" &&
        compare(part(found.value), operator, value);
    },
  };
}
