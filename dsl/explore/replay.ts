/**
 * From the steps of a schedule to the actions that repeat it.
 *
 * @module
 */
import { type ErrnoName, type ScheduleStep } from "../../engine/mod.ts";
import { STEP } from "../../engine/explore/mod.ts";
import type { Action, ActionOf, RunChoice, UserOperation } from "../actions.ts";
import type { Instance } from "./model.ts";
import { operationOf } from "./schedule.ts";

/** One `run` that is being put together. */
interface OpenRun {
  readonly vcpu: number;
  readonly cpu: number | undefined;
  attempts: number;
  /** Instructions that came to their end. */
  steps: number;
  /** The last attempt ended one. */
  atEnd: boolean;
  /** Attempts of the last one. */
  tries: number;
  /** The vCPU is in the guest. */
  inGuest: boolean;
  /** It entered, and did nothing since. */
  entered: boolean;
  /** KVM may have decided on a change of the guest's state that it has not applied. */
  owes: boolean;
}

/** Puts the actions of a schedule together from its steps. */
export class Replay {
  readonly actions: Action[] = [];
  /** What is expected at the end is expected before the last run on a machine without a hypervisor. */
  endsEarlierOnBare = false;
  readonly #instance: Instance;
  /** vCPUs that userspace debugs. */
  readonly #debugged = new Set<number>();
  #run: OpenRun | undefined;
  /** The last action is a run that stops at an exit, which a `put` makes a plain one. */
  #stopped: ActionOf<"run"> | undefined;
  /** How often the VM was saved. */
  #saves = 0;

  /** Begins with nothing done. */
  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** True if a run counts tries of an instruction, which kernels need different numbers of. */
  get countsTries(): boolean {
    return this.actions.some((action) =>
      action.kind === "run" && (action.options.attempts ?? 0) > 0
    );
  }

  /**
   * Takes the next step.
   *
   * @param isOwnRun the last instruction is a run of its own, so that what it leads to can be expected
   */
  step(step: ScheduleStep, isOwnRun: boolean): void {
    const { kind, vcpu, cpu } = step;
    if (this.#run && this.#run.vcpu !== vcpu) this.close();
    switch (kind) {
      case STEP.load:
        if (isOwnRun) {
          this.close();
          this.#pushRun(vcpu!, { cpu });
          return;
        }
        // KVM_RUN has returned by itself.
        if (this.#run) this.#pushOpen(this.#run, undefined);
        this.#run = opened(vcpu!, cpu);
        return;
      case STEP.enter:
        if (isOwnRun) {
          this.#ownEntry(vcpu!);
          return;
        }
        this.#run ??= opened(vcpu!, undefined);
        this.#run.inGuest = true;
        this.#run.entered = true;
        this.#run.owes = false;
        return;
      case STEP.fail:
        this.close();
        this.#pushRun(vcpu!, { cpu, fail: this.#instance.model.fail });
        return;
      case STEP.complete:
        this.close();
        this.#pushRun(vcpu!, { cpu });
        return;
      case STEP.instruction:
        if (isOwnRun) this.#ownRun(step);
        else this.#instruction(step);
        return;
      case STEP.interrupt:
        this.#interrupt(vcpu!);
        return;
      case STEP.put:
        if (this.#run?.owes && this.#commits) this.close();
        this.#put(vcpu!);
        return;
      case STEP.return:
        this.#return(vcpu!);
        return;
      case STEP.idle: {
        const where = this.#run?.cpu;
        this.#run = undefined;
        this.#pushRun(vcpu!, { cpu: where });
        return;
      }
      case STEP.user: {
        const operation = operationOf(step);
        this.#noteDebugging(vcpu!, operation);
        this.#push({ kind: "user", vcpu: vcpu!, operation });
        this.#answer(step);
        return;
      }
      case STEP.host: {
        this.close();
        const request = step.hostRequest!;
        this.#push({ kind: "host-debug", cpu: cpu!, request });
        this.#answer(step);
        return;
      }
      case STEP.restore: {
        this.close();
        const name = `saved${++this.#saves}`;
        const vmm = this.#instance.model.restores!;
        for (
          const operation of [
            { kind: "save", name, vmm },
            { kind: "restore", name, counts: {} },
          ] as const
        ) this.#push({ kind: "user", vcpu: 0, operation });
        return;
      }
      default:
        return kind satisfies never;
    }
  }

  /** Another vCPU, userspace or host acts: the vCPU is left where it is. */
  close(): void {
    if (!this.#run) return;
    const run = this.#run;
    this.#run = undefined;
    this.#pushOpen(run, run.inGuest ? "guest" : "exit");
  }

  #ownRun(step: ScheduleStep): void {
    this.close();
    // A data breakpoint of x86 is a trap: its exception comes after the instruction.
    const insn = step.insn;
    const isTrap = this.#instance.arch.name === "x86" &&
      insn !== undefined && insn.op !== "exec";
    const isNoticed = step.noticed?.exception !== undefined;
    const returns = step.events.some(({ kind }) => kind === "user-exit");
    const isHit = step.events.some(({ kind }) => kind === "hit");
    if (isTrap && !isNoticed && isHit && !step.isMiddle) {
      // What an earlier instruction raises under another kernel comes before this one, and does not count.
      this.#pushRun(step.vcpu!, { steps: 1, stop: "guest" });
      this.#pushRun(step.vcpu!, {});
      return;
    }
    // One of the same kind that the guest takes after the instruction does not count.
    const endsThere = isNoticed
      ? step.noticed!.isBefore === true && !returns
      : !isTrap;
    this.#pushRun(step.vcpu!, endsThere ? { steps: 1 } : {});
    // Userspace emulates the access, and the exception comes after that.
    if (!isNoticed || !returns) return;
    // Without a hypervisor it comes in the run of the access.
    const exception = step.noticed!.exception!;
    this.#push({
      kind: "expect",
      expected: step.noticed!.kind === "stray"
        ? { kind: "no-exception" }
        : { kind: "exception", exception, fields: [] },
      on: [{ kind: "name", name: "bare" }],
    });
    this.#pushRun(step.vcpu!, {});
    this.endsEarlierOnBare = true;
  }

  /** The exception is recorded when its handler returns. */
  #ownEntry(vcpu: number): void {
    const run = this.#run;
    const isBegun = run !== undefined && run.attempts === 0 && !run.inGuest;
    if (isBegun) this.#run = undefined;
    else this.close();
    this.#pushRun(vcpu, isBegun ? { cpu: run.cpu } : {});
  }

  #instruction({ vcpu, isMiddle, events }: ScheduleStep): void {
    this.#run ??= opened(vcpu!, undefined);
    const run = this.#run;
    run.attempts++;
    run.tries = run.atEnd ? 1 : run.tries + 1;
    run.entered = false;
    run.atEnd = !isMiddle;
    if (run.atEnd) run.steps++;
    run.inGuest = !events.some(({ kind }) => kind === "exit");
    run.owes = !run.inGuest;
    if (!events.some(({ kind }) => kind === "user-exit")) return;
    this.#run = undefined;
    this.#pushOpen(run, undefined);
  }

  #operate(word: string, vcpu: number): void {
    this.#push({ kind: "vcpu-operation", word, vcpu, options: {} });
  }

  #interrupt(vcpu: number): void {
    const run = this.#run;
    // What the entry loads counts, though nothing is executed.
    if (!run || run.entered) {
      this.close();
      this.#operate("interrupt", vcpu);
      return;
    }
    this.#run = undefined;
    if (run.tries > 1 && run.atEnd) {
      // With stop=exit it would stop at the exit of the first try.
      this.#pushOpen(run, "guest");
      this.#operate("interrupt", vcpu);
      return;
    }
    this.#stopped = this.#pushOpen(run, "exit");
  }

  /** KVM_RUN returns: a `put` would not be the same. */
  #return(vcpu: number): void {
    if (this.#run || this.#stopped || !this.#commits) this.#put(vcpu);
    else this.#pushRun(vcpu, { attempts: 0 });
  }

  /** Kernels of the architecture may change the guest's state when KVM_RUN returns. */
  get #commits(): boolean {
    return this.#instance.model.rules.commit !== undefined;
  }

  #put(vcpu: number): void {
    const run = this.#run;
    if (run) {
      this.#run = undefined;
      this.#pushOpen(run, undefined);
      return;
    }
    const stopped = this.#stopped;
    if (!stopped) {
      this.#operate("put", vcpu);
      return;
    }
    this.actions.pop();
    this.#pushRun(stopped.vcpu, { ...stopped.options, stop: undefined });
  }

  /** What this kernel refuses is meant to be refused; another may accept it. */
  #answer({ events }: ScheduleStep): void {
    const refusal = events.find((event) => event.kind === "refused");
    if (refusal === undefined) return;
    const { profile } = this.#instance.session.kernelChoice;
    this.#push({
      kind: "expect",
      expected: { kind: "error", errno: refusal.errno as ErrnoName },
      on: [{ kind: "name", name: profile }],
    });
  }

  #pushOpen(
    run: OpenRun,
    stop: "guest" | "exit" | undefined,
  ): ActionOf<"run"> {
    const { vcpu, cpu, steps, attempts } = run;
    const isExact = stop !== "exit" || run.tries === 1;
    if (!run.atEnd || steps === 0 || !isExact) {
      return this.#pushRun(vcpu, { cpu, attempts, stop });
    }
    if (!this.#debugged.has(vcpu)) {
      return this.#pushRun(vcpu, { cpu, steps, stop });
    }
    // Under another kernel KVM_RUN may return after each: the next run goes on there.
    for (let n = 1; n < steps; n++) {
      const first = n === 1 ? cpu : undefined;
      this.#pushRun(vcpu, { cpu: first, steps: 1, stop: "guest" });
    }
    const only = steps === 1 ? cpu : undefined;
    return this.#pushRun(vcpu, { cpu: only, steps: 1, stop });
  }

  #noteDebugging(vcpu: number, operation: UserOperation): void {
    if (operation.kind === "guest-debug") this.#debugged.add(vcpu);
    if (operation.kind !== "debugger") return;
    if (operation.request.action === "off") this.#debugged.delete(vcpu);
    else this.#debugged.add(vcpu);
  }

  #pushRun(
    vcpu: number,
    { cpu, steps, attempts, stop, fail }: RunChoice,
  ): ActionOf<"run"> {
    const action: ActionOf<"run"> = {
      kind: "run",
      vcpu,
      options: { cpu, steps, attempts, stop, fail },
    };
    this.#push(action);
    return action;
  }

  #push(action: Action): void {
    this.actions.push(action);
    this.#stopped = undefined;
  }
}

function opened(vcpu: number, cpu: number | undefined): OpenRun {
  return {
    vcpu,
    cpu,
    attempts: 0,
    steps: 0,
    atEnd: true,
    tries: 0,
    inGuest: false,
    entered: false,
    owes: true,
  };
}
