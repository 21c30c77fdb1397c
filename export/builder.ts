/**
 * Builds a case while a scenario runs.
 *
 * @module
 */
import {
  type Action,
  type ActionOf,
  actionText,
  type ActionWatch,
  positionAt,
  type Span,
  textOf,
  type Watched,
} from "../dsl/mod.ts";
import type { Machine } from "../engine/mod.ts";
import type { CaseState, LastRun, Named } from "./case_state.ts";
import { checksOf } from "./checks.ts";
import { ARM64_TARGET } from "./arm64.ts";
import type { Check, Fields, Left, RecordedCase } from "./recorded_case.ts";
import { Inexpressible, PLACED, type Target } from "./target.ts";
import { X86_TARGET } from "./x86.ts";

/** The program that is loaded on a vCPU. */
interface OpenProgram {
  /** Instructions of the step that loaded it; more can follow while the guest has not come to its end. */
  readonly ops: Fields[];
}

/** A vCPU whose run has ended where userspace sees no end. */
interface Preempted {
  readonly vcpu: number;
  /** Physical CPU of the run. */
  readonly cpu: number;
  /** Index of the instruction that is next. */
  readonly next: number;
  /** The run ended after an exit that KVM handled, which that instruction made. */
  readonly hasExited: boolean;
}

/** Statements in which nothing is done: they ask, or say what follows. */
const QUIET: ReadonlySet<string> = new Set([
  "arch",
  "guest",
  "kernel",
  "let",
  "require",
  "show",
  "show-cost",
  "show-map",
  "why",
  "why-happened",
  "why-not",
]);

/** Builds the case of one scenario from its actions, one by one. */
export class CaseBuilder implements ActionWatch, CaseState {
  readonly steps: Fields[] = [];
  readonly checks: Check[] = [];
  readonly left: Left[] = [];
  readonly named = new Map<string, Named>();
  /** Programs that were open when the VM was saved, by its name. */
  readonly #saved = new Map<string, ReadonlyMap<number, OpenProgram>>();
  /** Reads that wait for the run that executes them, by name. */
  readonly #waiting = new Map<string, { vcpu: number; op: number }>();
  readonly #pending = new Map<number, Fields[]>();
  readonly #open = new Map<number, OpenProgram>();
  /** The run that has ended where userspace sees no end. */
  #preempted: Preempted | undefined;
  /** Why nothing more can be expressed. */
  #ended: string | undefined;
  #scenario: Watched | undefined;
  #vcpus = 1;
  #counts: Record<string, number> = {};
  #pinned = 0;
  lastRun: LastRun | undefined;
  /** Step of the last operation of userspace, if it was expressed. */
  lastOperation: number | undefined;

  get target(): Target {
    return this.#scenario!.arch.name === "arm64" ? ARM64_TARGET : X86_TARGET;
  }

  before(action: Action, span: Span, scenario: Watched): void {
    this.#scenario = scenario;
    if (this.#ended !== undefined) return;
    this.#trying(action, span, () => {
      switch (action.kind) {
        case "guest":
          this.#append(action, scenario);
          break;
        case "run":
          this.#run(action, scenario);
          break;
        case "user":
          this.lastOperation = undefined;
          if (action.operation.kind !== "debugger") {
            this.#user(action, scenario);
          }
          break;
        case "set": {
          const { vcpus: _, ...rest } = action.counts;
          if (Object.keys(rest).length === 0) break;
          this.lastOperation = this.add(this.target.set(rest, scenario));
          break;
        }
      }
    });
  }

  after(
    action: Action,
    span: Span,
    scenario: Watched,
    hasFailed: boolean,
  ): void {
    this.#scenario = scenario;
    if (this.#ended !== undefined) {
      if (action.kind === "expect") this.#leave(span, this.#ended, true);
      return;
    }
    this.#trying(
      action,
      span,
      () => this.#done(action, span, scenario, !hasFailed),
    );
  }

  /** What was built. */
  result(name: string, source: string): RecordedCase | undefined {
    const scenario = this.#scenario;
    if (scenario === undefined) return undefined;
    const { profile, vendor } = scenario.kernelChoice;
    return {
      name,
      source,
      arch: scenario.arch.name,
      vcpus: this.#vcpus,
      counts: this.#counts,
      model: scenario.host.model,
      profile,
      vendor,
      steps: this.steps.map((step) =>
        step.program === undefined ? step : this.target.finish(step)
      ),
      checks: this.checks,
      left: this.left,
    };
  }

  /** Adds a step. @returns its index */
  add(step: Fields): number {
    return this.steps.push(step) - 1;
  }

  /** The vCPU has a program that has not come to its end, and KVM_RUN would go on with it. */
  isRunning(vcpu: number): boolean {
    // Userspace can let it go on with another program.
    if (this.#preempted?.vcpu === vcpu && !this.#pending.has(vcpu)) {
      return false;
    }
    return this.#open.has(vcpu) || (this.#pending.get(vcpu) ?? []).length > 0;
  }

  /** Adds a run of a program of its own, which leaves nothing open. */
  addRun(vcpu: number, ops: readonly Fields[], scenario: Watched): number {
    if (this.#open.has(vcpu)) this.#ended = "the guest's program was left";
    return this.add(
      this.target.run(vcpu, ops, { scenario, cpu: this.#pinned }),
    );
  }

  /** Builds a statement's part; where that cannot be exported, notes the reason. */
  #trying(action: Action, span: Span, run: () => void): void {
    try {
      this.#checkPreempted(action);
      run();
    } catch (error) {
      if (!(error instanceof Inexpressible)) throw error;
      if (error.endsCase) {
        this.#ended = `after line ${lineOf(span)}: ${error.message}`;
      }
      this.#leave(span, error.message, action.kind === "expect");
    }
  }

  /** Between two halves of one KVM_RUN nothing can be done that userspace does. */
  #checkPreempted(action: Action): void {
    if (this.#preempted === undefined) return;
    const { vcpu } = this.#preempted;
    const isSame = action.kind === "run" && action.vcpu === vcpu;
    const isFree = action.kind === "expect" || QUIET.has(action.kind);
    const looks = action.kind === "expect" &&
      action.expected.kind === "view" && action.expected.seen.view === "user";
    if (isSame || isFree && !looks) return;
    const isUsers = looks || action.kind === "user" && action.vcpu === vcpu;
    if (isUsers) {
      this.#openWindow(this.#preempted, !looks);
      return;
    }
    throw new Inexpressible(
      "it happens where KVM_RUN does not return to userspace",
      true,
    );
  }

  /** KVM_RUN returns to userspace between an exit and the entry after it, since the guest has asked for that before. */
  #openWindow(
    { vcpu, next, hasExited }: Preempted,
    endsCase: boolean,
  ): void {
    const { window: request, opensWindow } = this.target;
    const { machine } = this.#scenario!;
    if (!hasExited || request === undefined || !opensWindow(machine, vcpu)) {
      throw new Inexpressible(
        "it happens where KVM_RUN does not return to userspace",
        endsCase,
      );
    }
    const ops = this.#open.get(vcpu)?.ops ?? this.#pending.get(vcpu) ?? [];
    ops.splice(next, 0, request);
    for (const [name, waiting] of this.#waiting) {
      if (waiting.vcpu !== vcpu || waiting.op < next) continue;
      this.#waiting.set(name, { vcpu, op: waiting.op + 1 });
    }
    this.#preempted = undefined;
    this.#runRecorded(vcpu, this.#scenario!);
  }

  #leave(span: Span, why: string, isExpectation: boolean): void {
    this.left.push({
      line: lineOf(span),
      text: textOf(span).replaceAll(/\s+/g, " "),
      why,
      isExpectation,
    });
  }

  #append({ vcpu, instruction }: ActionOf<"guest">, scenario: Watched): void {
    const address = instruction.address ?? scenario.machine.nextAddress(vcpu);
    const op = this.target.instruction(instruction.parts, address, scenario);
    const open = this.#open.get(vcpu);
    const ops = open?.ops ?? this.#pending.get(vcpu) ?? [];
    if (!open) this.#pending.set(vcpu, ops);
    const { name } = instruction.parts;
    if (name !== undefined) {
      this.#waiting.set(name, { vcpu, op: ops.length });
    }
    if (ops.some(({ pc }) => pc === op.pc)) {
      throw new Inexpressible(
        "the guest executes two instructions at one address",
        true,
      );
    }
    ops.push(op);
    if (instruction.address !== undefined) PLACED.add(op);
    if (open) this.#checkOne(ops);
  }

  #run({ vcpu, options }: ActionOf<"run">, scenario: Watched): void {
    const { cpu, steps, attempts, stop = "put", ...rest } = options;
    if (Object.values(rest).some((value) => value !== undefined)) {
      throw new Inexpressible(
        "KVM_RUN returns where no exit to userspace is",
        true,
      );
    }
    if (cpu !== undefined && cpu !== this.#pinned) {
      if (this.#preempted !== undefined) {
        throw new Inexpressible("the vCPU moves inside one KVM_RUN", true);
      }
      this.#pinned = cpu;
      const pin = this.target.pin(cpu);
      if (pin) this.add(pin);
    }
    // Preempted, and nothing but the next run follows: userspace sees one KVM_RUN.
    if (steps !== undefined || attempts !== undefined || stop !== "put") {
      const hasExited = false;
      this.#preempted = { vcpu, cpu: this.#pinned, next: 0, hasExited };
      this.lastRun = undefined;
      return;
    }
    this.#preempted = undefined;
    this.#runRecorded(vcpu, scenario);
  }

  /** KVM_RUN of the program that is loaded, or of what is pending. */
  #runRecorded(vcpu: number, scenario: Watched): void {
    const open = this.#open.get(vcpu);
    const cpuNow = this.#pinned;
    if (open) {
      this.lastRun = {
        step: this.add(this.target.resume(vcpu, cpuNow)),
        vcpu,
      };
      return;
    }
    const ops = this.#pending.get(vcpu) ?? [];
    this.#checkOne(ops);
    this.#pending.delete(vcpu);
    this.#open.set(vcpu, { ops });
    const step = this.add(
      this.target.run(vcpu, ops, { scenario, cpu: cpuNow }),
    );
    this.lastRun = { step, vcpu };
  }

  #checkOne(ops: readonly Fields[]): void {
    const why = this.target.whyNotOne(ops);
    if (why !== undefined) throw new Inexpressible(why, true);
  }

  #user({ vcpu, operation }: ActionOf<"user">, scenario: Watched): void {
    if (operation.kind === "save") {
      const { name, vmm } = operation;
      const isDefault = vmm === scenario.arch.vmms[0];
      this.lastOperation = this.add({
        op: "save",
        name,
        ...(isDefault ? {} : { vmm }),
      });
      this.#saved.set(name, new Map(this.#open));
      return;
    }
    if (operation.kind === "restore") {
      if (Object.keys(operation.counts).length > 0) {
        throw new Inexpressible("the recorder has one machine", true);
      }
      this.#restore(operation.name);
      return;
    }
    const { steps, named } = this.target.user(vcpu, operation, scenario);
    for (const step of steps) this.lastOperation = this.add(step);
    if (named && this.lastOperation !== undefined) {
      const { as, field, index } = named;
      this.named.set(as, { step: this.lastOperation, field, index });
    }
  }

  /** Programs go on from where they were: the guest's memory has them. */
  #restore(name: string): void {
    const open = this.#saved.get(name);
    const isChanged = [...this.#pending.values()].some(({ length }) =>
      length > 0
    );
    if (open === undefined || isChanged) {
      throw new Inexpressible(
        "instructions that no run has loaded are not saved",
        true,
      );
    }
    this.lastOperation = this.add({ op: "restore", name });
    this.#open.clear();
    for (const [vcpu, program] of open) this.#open.set(vcpu, program);
  }

  /** Exports a statement that was carried out, or refuses it: what happens inside the host kernel cannot be exported. */
  #done(action: Action, span: Span, scenario: Watched, isMet: boolean): void {
    if (QUIET.has(action.kind)) return;
    switch (action.kind) {
      case "host":
        this.#counts = { ...this.#counts, ...action.counts };
        delete this.#counts.cpus;
        return;
      case "set": {
        const { vcpus = 1 } = action.counts;
        this.#vcpus = Math.max(this.#vcpus, vcpus);
        return;
      }
      case "run":
        return this.#ran(action, scenario);
      case "user":
        if (action.operation.kind === "debugger") {
          this.lastOperation = this.add(
            this.target.guestDebug(
              action.vcpu,
              scenario.machine.debuggerState(action.vcpu),
              scenario,
            ),
          );
        }
        return;
      case "expect":
        for (const check of checksOf(action, scenario, this)) {
          this.checks.push({
            ...check,
            isMet,
            line: lineOf(span),
            text: textOf(span).replaceAll(/\s+/g, " "),
          });
        }
        return;
      case "handler":
        if (action.mode === "skip") return;
        throw new Inexpressible(
          `the recorder's handler does not \`${action.mode}\``,
          true,
        );
      default:
        throw new Inexpressible(
          `\`${
            actionText(action, scenario.arch).split(" ")[0]
          }\` happens inside the host kernel`,
          true,
        );
    }
  }

  /** Index of the next instruction, in the program that a case has. */
  #indexOf(vcpu: number, machine: Machine): number {
    const ops = this.#open.get(vcpu)?.ops ?? this.#pending.get(vcpu) ?? [];
    return ops.length - machine.pendingInsns(vcpu).length;
  }

  #ran({ vcpu }: ActionOf<"run">, { machine }: Watched): void {
    if (this.#preempted !== undefined) {
      const last = machine.journal.sinceRun().findLast(({ kind }) =>
        kind === "exit" || kind === "enter"
      );
      this.#preempted = {
        ...this.#preempted,
        next: this.#indexOf(vcpu, machine),
        hasExited: last?.kind === "exit" && last.why !== "interrupt",
      };
      return;
    }
    const { step } = this.lastRun!;
    for (const [name, { vcpu: of, op }] of this.#waiting) {
      if (of !== vcpu || !machine.reads.has(name)) continue;
      this.named.set(name, { step, field: "got", index: op });
      this.#waiting.delete(name);
    }
    const exit = machine.lastRun?.exit;
    if (exit === "preempted") {
      throw new Inexpressible("the guest does not exit", true);
    }
    if (exit !== "idle") return;
    const ops = this.#open.get(vcpu)?.ops ?? [];
    this.#open.delete(vcpu);
    const end = this.target.endOf(ops);
    if (ops.some(({ pc }) => pc === end)) {
      throw new Inexpressible("the end of the program has no room", true);
    }
  }
}

function lineOf(span: Span): number {
  return positionAt(span.source, span.start).line;
}
