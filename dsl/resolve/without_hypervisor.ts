/**
 * What there is not on a machine without a hypervisor.
 *
 * @module
 */
import type { ViewName } from "../../engine/mod.ts";
import type { Expected } from "../action_parts.ts";
import type { Action } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { Problem } from "../problem.ts";
import type { Span } from "../source.ts";
import { coversBare } from "./kernel_terms.ts";

const NO_USERSPACE = "a vCPU has no userspace";
const NO_EXIT = "nothing exits";

/** Views of which there is nothing to see. */
function ofView(view: ViewName): string | undefined {
  switch (view) {
    case "kvm":
    case "hw":
      return `there is no view \`${view}\``;
    case "user":
      return NO_USERSPACE;
    default:
      return undefined;
  }
}

/** What an expectation asks a hypervisor about. */
function ofExpected(expected: Expected): string | undefined {
  switch (expected.kind) {
    case "view":
      return ofView(expected.seen.view);
    case "exit":
      return ["idle", "preempted"].includes(expected.reason)
        ? undefined
        : NO_EXIT;
    case "trap":
    case "no-trap":
    case "traps":
    case "cost":
      return NO_EXIT;
    case "warning":
      return "no kernel prints a warning";
    default:
      return undefined;
  }
}

/** What an action needs that only a hypervisor gives; undefined if nothing. */
function missing(action: Action): string | undefined {
  switch (action.kind) {
    case "user":
      return NO_USERSPACE;
    case "host-debug":
      return "there is no host kernel with breakpoints of its own";
    case "fail":
      return "KVM_RUN has nothing to initialise";
    case "run":
      return action.options.fail && "KVM_RUN has nothing to initialise";
    case "why":
      return ofView(action.seen.view);
    case "why-happened":
      return action.what === "exit" || action.what === "trap"
        ? NO_EXIT
        : undefined;
    case "why-not": {
      const { owner, subject } = action.question;
      if (subject === "exit" || subject === "trap") return NO_EXIT;
      return owner === "user" ? NO_USERSPACE : undefined;
    }
    case "expect":
    case "property":
      // It can be for other kernels.
      return coversBare(action.on) ? ofExpected(action.expected) : undefined;
    case "require": {
      const { required } = action;
      if (required.kind === "kernel") return undefined;
      return required.kind === "capability"
        ? NO_USERSPACE
        : ofExpected(required);
    }
    case "show":
      return action.views.map(({ name }) => ofView(name))
        .find((why) => why !== undefined);
    case "show-cost":
      return NO_EXIT;
    default:
      return undefined;
  }
}

/** An action needs a hypervisor where there is none. */
export class HypervisorNeeded extends Problem {
  /**
   * The action's mistake, if the text itself says that there is none.
   *
   * @param reason why it is left out, if another kernel was asked for than the text names; one line
   */
  constructor(diagnostic: Diagnostic, readonly reason: string) {
    super(diagnostic);
  }
}

/** What is wrong with an action on a machine without a hypervisor; undefined if nothing is. */
export function hypervisorNeeded(
  action: Action,
  span: Span,
): HypervisorNeeded | undefined {
  const why = missing(action);
  return why === undefined ? undefined : new HypervisorNeeded({
    code: "not-possible",
    span,
    message: `\`kernel bare\` is a machine without a hypervisor: ${why}`,
    hint: "name a kernel, or leave the line out",
  }, `requires a hypervisor: without one ${why}`);
}

/**
 * Rejects what needs a hypervisor.
 *
 * @throws {HypervisorNeeded} if the action does
 */
export function refuseWithoutHypervisor(action: Action, span: Span): void {
  const needed = hypervisorNeeded(action, span);
  if (needed) throw needed;
}
