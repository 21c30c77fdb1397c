/**
 * What statements of the form `WORD [@v] [option=value …]` do: an entry for each row that has it.
 *
 * @module
 */
import type { Machine } from "../../engine/mod.ts";
import type { ActionOf } from "../actions.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";

/** Does it. Throws `Problem` if it cannot be done now. */
type Operation = (
  machine: Machine,
  action: ActionOf<"vcpu-operation">,
  span: Span,
) => void;

/** By the statement's word. */
export const VCPU_OPERATIONS: Readonly<Record<string, Operation>> = {
  interrupt: (machine, { vcpu }, span) =>
    mustBeLoaded(machine.interrupt(vcpu), vcpu, span),
  put: (machine, { vcpu }, span) => mustBeLoaded(machine.put(vcpu), vcpu, span),
};

function mustBeLoaded(isDone: boolean, vcpu: number, span: Span): void {
  if (isDone) return;
  fail({
    code: "not-possible",
    span,
    message: `vCPU ${vcpu} is not loaded on a CPU`,
    hint: "`run stop=exit` or `run stop=guest` leaves it loaded",
  });
}
