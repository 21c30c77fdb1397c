/**
 * What there is not on a machine without a hypervisor.
 *
 * @module
 */
import type { Action, Seen } from "../actions.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";

/** What an action needs that only a hypervisor gives; undefined if nothing. */
function missing(action: Action): string | undefined {
  const ofView = ({ view }: Pick<Seen, "view">): string | undefined =>
    view === "kvm" ? "there is no view `kvm`" : undefined;
  switch (action.kind) {
    case "user":
      return "a vCPU has no userspace";
    case "host-debug":
      return "there is no host kernel with breakpoints of its own";
    case "why":
      return ofView(action.seen);
    case "why-not": {
      const { owner, subject } = action.question;
      if (subject === "exit" || subject === "trap") return "nothing exits";
      return owner === "user" ? "a vCPU has no userspace" : undefined;
    }
    case "expect":
    case "property":
      return action.expected.kind === "view"
        ? ofView(action.expected.seen)
        : undefined;
    case "show":
      return action.views.map(({ name }) => ofView({ view: name })).find((
        why,
      ) => why !== undefined);
    default:
      return undefined;
  }
}

/**
 * Rejects what needs a hypervisor.
 *
 * @throws {Problem} if the action does
 */
export function refuseWithoutHypervisor(action: Action, span: Span): void {
  const why = missing(action);
  if (why === undefined) return;
  fail({
    code: "not-possible",
    span,
    message: `\`kernel bare\` is a machine without a hypervisor: ${why}`,
    hint: "name a kernel, or leave the line out",
  });
}
