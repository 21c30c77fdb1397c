/**
 * Carries actions out on a session's machine: what a scenario and the interactive view share.
 *
 * @module
 */
import { COSTS, type Machine, type UserResult } from "../../engine/mod.ts";
import type {
  Action,
  ActionOf,
  KernelTerm,
  ShownView,
  UserOperation,
} from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { fail, Problem } from "../problem.ts";
import { kernelsText } from "../kernels_text.ts";
import { covers } from "../resolve/kernel_terms.ts";
import type { Scope } from "../resolve/scope.ts";
import type { Failure, Output } from "../result.ts";
import type { Span } from "../source.ts";
import { buildTable, TABLE_VIEWS, type TableView } from "../table.ts";
import { errnoText } from "../values.ts";
import { checkExpectation } from "./expectations.ts";
import type { LastOperation, Session } from "./session.ts";
import { VCPU_OPERATIONS } from "./vcpu_operations.ts";
import { explainHappening, explainValue } from "./why.ts";
import { explainUnmet } from "./why_not.ts";

/** What one action led to. */
export interface Executed {
  /** What it printed. */
  readonly outputs: readonly Output[];
  /** What failed. */
  readonly failures: readonly Failure[];
}

/**
 * Carries out one action.
 *
 * @param span the statement
 * @param scope names that `let` and `for` bound; `let` adds to it
 * @returns what it printed, and what failed; on a failure of kind `error` nothing was changed by it
 */
export function perform(
  session: Session,
  action: Action,
  span: Span,
  scope: Scope,
): Executed {
  const outputs: Output[] = [];
  const failures: Failure[] = [];
  session.beginStatement();
  if (session.hasMachine) session.machine.journal.begin(span);
  try {
    new Performance(session, span, scope, outputs, failures).act(action);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failures.push(failureOf(error.diagnostic));
  }
  if (session.settings.trace && session.hasMachine) {
    const events = session.machine.journal.current();
    if (events.length > 0) outputs.unshift({ kind: "trace", span, events });
  }
  return { outputs, failures };
}

/** A refused user operation that nothing answered, as a failure; undefined if there is none. */
export function unanswered({ lastOperation }: Session): Failure | undefined {
  if (!lastOperation || lastOperation.answered) return undefined;
  return lastOperation.result.result === 0
    ? undefined
    : refusedFailure(lastOperation);
}

/** A mistake as a failure: the scenario ends with it. */
export function failureOf(diagnostic: Diagnostic): Failure {
  return {
    diagnostic,
    kind: "error",
    expected: undefined,
    found: undefined,
    order: Infinity,
  };
}

/** A diagnostic with the values that names had. */
export function noted(diagnostic: Diagnostic, values: string): Diagnostic {
  const { notes = [], span } = diagnostic;
  return {
    ...diagnostic,
    notes: [...notes, { span, message: `with ${values}` }],
  };
}

/** Why the kernel refused the current operation, with the rule; undefined if it did not, or no event tells. */
function whyRefused(
  { journal }: Machine,
  { result }: UserResult,
): string | undefined {
  if (result === 0) return undefined;
  const event = journal.current().findLast(({ kind }) => kind === "refused");
  return event?.kind === "refused" ? `${event.why} (${event.rule})` : undefined;
}

function refusedFailure(
  { span, result, why, values, order }: LastOperation,
): Failure {
  const errno = errnoText(result.result);
  // A debugger's own refusals: it had no register left, or none that covers the range.
  const byDebugger = result.operation.startsWith("debug ") &&
    result.operation !== "debug raw";
  const diagnostic: Diagnostic = {
    code: "refused",
    span,
    message: `${
      byDebugger ? "the debugger could not do" : "the kernel refused"
    } \`${result.operation}\`: ${errno}${why === undefined ? "" : `, ${why}`}`,
    hint: `add \`expect error ${errno}\` if this is meant`,
  };
  return {
    kind: "expectation",
    diagnostic: values === undefined ? diagnostic : noted(diagnostic, values),
    expected: "success",
    found: errno,
    order,
  };
}

/** A failure of an expectation that is only for some kernels, with a note that says which. */
function forKernels(failure: Failure, on: readonly KernelTerm[]): Failure {
  const { diagnostic } = failure;
  const message = `expected of these kernels only: ${kernelsText(on)}`;
  return {
    ...failure,
    diagnostic: {
      ...diagnostic,
      notes: [...diagnostic.notes ?? [], { span: diagnostic.span, message }],
    },
  };
}

/** One action that is being carried out. */
class Performance {
  constructor(
    readonly session: Session,
    readonly span: Span,
    readonly scope: Scope,
    readonly outputs: Output[],
    readonly failures: Failure[],
  ) {}

  act(action: Action): void {
    const { session, span } = this;
    switch (action.kind) {
      case "arch":
        return session.setArch(action);
      case "kernel":
        return session.setKernel(action);
      case "host":
        return session.setHost(action);
      case "let":
        return this.scope.define({ text: action.name, span }, action.value);
      case "set":
        return this.#operate((machine) => machine.set(action.counts));
      case "host-debug":
        return this.#operate((machine) =>
          machine.hostDebug(action.cpu, action.request)
        );
      case "guest": {
        const { parts, address } = action.instruction;
        const insn = session.machine.append(action.vcpu, parts, address);
        return session.wrote(insn, span);
      }
      case "handler":
        return session.machine.setHandler(action.vcpu, action.mode);
      case "run":
        return this.#run(action);
      case "vcpu-operation":
        return VCPU_OPERATIONS[action.word](session.machine, action, span);
      case "user":
        return this.#operate((machine) =>
          this.#user(machine, action.vcpu, action.operation)
        );
      case "expect":
        return this.#expect(action);
      case "show":
        return this.#show(action);
      case "show-map":
        this.outputs.push({
          kind: "map",
          span,
          map: session.machine.numberMap(0),
        });
        return;
      case "show-cost":
        return this.#showCost();
      case "why":
        this.outputs.push(explainValue(session, action.seen, span));
        return;
      case "why-happened":
        this.outputs.push(explainHappening(session, action, span));
        return;
      case "why-not":
        this.outputs.push(explainUnmet(session, action, span));
        return;
      case "choose":
      case "preempt":
      case "migrate":
      case "fail":
      case "never":
      case "property":
      case "bound":
        throw new RangeError(`${action.kind} is of an explore block`);
      default:
        return action satisfies never;
    }
  }

  /** A user operation: remembers its result, and fails for one before it that nothing answered. */
  #operate(operation: (machine: Machine) => UserResult): void {
    const { session, span, scope } = this;
    const failure = unanswered(session);
    if (failure) this.failures.push(failure);
    session.setOperation(undefined);
    const { machine } = session;
    machine.journal.begin(span);
    const result = operation(machine);
    session.setOperation({
      span,
      result,
      why: whyRefused(machine, result),
      answered: false,
      // Only a refusal that nothing answers tells them.
      values: result.result === 0 ? undefined : scope.describe(),
      order: session.order,
    });
  }

  #user(machine: Machine, v: number, operation: UserOperation): UserResult {
    switch (operation.kind) {
      case "get": {
        const { register, as } = operation;
        return this.#named(
          as,
          machine.userGet(v, register, this.#registerName(register)),
        );
      }
      case "set": {
        const { register, value } = operation;
        const name = this.#registerName(register);
        return machine.userSet(v, register, value, name);
      }
      case "set-pc":
        return machine.userSetPc(v, operation.value);
      case "init":
        return machine.userInit(v);
      case "check":
        return this.#named(
          operation.as,
          machine.checkExtension(operation.capability),
        );
      case "debugger":
        return machine.debugger(v, operation.request);
      case "guest-debug":
        return machine.setGuestDebug(v, operation.request);
      default:
        return operation satisfies never;
    }
  }

  #registerName(id: number): string {
    return this.session.arch.registers.byId(id).name;
  }

  #named(name: string | undefined, result: UserResult): UserResult {
    if (name !== undefined) this.session.nameRead(name, this.span, result);
    return result;
  }

  #run({ vcpu, options }: ActionOf<"run">): void {
    const { machine } = this.session;
    if (options.fail && machine.ranOnce(vcpu)) {
      fail({
        code: "not-possible",
        span: this.span,
        message:
          `\`fail=${options.fail}\` has no effect: vCPU ${vcpu} has completed its first-run initialisation`,
      });
    }
    machine.journal.begin(this.span);
    machine.run(vcpu, options);
  }

  #expect({ expected, on }: ActionOf<"expect">): void {
    const { session, span } = this;
    if (!covers(on, session.profile)) return;
    session.countExpectation(on.length > 0 ? { span, on } : undefined);
    const unmet = checkExpectation(session, expected, span);
    if (unmet === undefined) return;
    const failure = { ...unmet, order: session.order };
    this.failures.push(on.length > 0 ? forKernels(failure, on) : failure);
  }

  #showCost(): void {
    const { machine } = this.session;
    this.outputs.push({
      kind: "cost",
      span: this.span,
      costs: Array.from(
        { length: machine.vcpus },
        (_, v) =>
          Object.fromEntries(
            COSTS.map((name) => [name, machine.cost(v, name)]),
          ) as Record<typeof COSTS[number], number>,
      ),
    });
  }

  #show({ views, registers }: ActionOf<"show">): void {
    const { machine, arch } = this.session;
    const last = (holds: (view: ShownView) => boolean) =>
      views.findLast((view) => view.index !== undefined && holds(view))?.index;
    const kvm = views.filter(({ name }) => name === "kvm");
    const vcpu = last(({ name }) => name !== "cpu" && name !== "kvm") ??
      kvm.find(({ index }) => index !== undefined)?.index ?? 0;
    const shown = [
      ...new Set(
        views.map(({ name }) => name).filter((name) => name !== "kvm"),
      ),
    ] as TableView[];
    shown.sort((a, b) => TABLE_VIEWS.indexOf(a) - TABLE_VIEWS.indexOf(b));
    const table = buildTable(arch, machine, {
      vcpu,
      cpu: last(({ name }) => name === "cpu") ?? machine.cpuOf(vcpu),
      views: shown,
      patterns: registers,
      kvm: [...new Set(kvm.map(({ index }) => index ?? vcpu))],
    });
    this.outputs.push({ kind: "table", span: this.span, table });
  }
}
