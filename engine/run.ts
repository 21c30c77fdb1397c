/**
 * Runs: KVM_RUN of one vCPU on its program, to the end or to where a script says, and what makes a vCPU leave the
 * guest or its CPU.
 *
 * @module
 */
import type { BesideMachine } from "./bare/beside_machine.ts";
import {
  beginRun,
  enterGuest,
  kickVcpu,
  RAN,
  returnToUser,
  runGuest,
  vcpuLoad,
  vcpuPut,
} from "./kvm_run.ts";
import type { MachineWords } from "./machine_words.ts";
import { reportStopped } from "./reports.ts";
import {
  BEGUN,
  CPU_BASE,
  type ExitName,
  type FailPoint,
  type Frame,
  isCompleted,
  MODE,
  type Rules,
  VCPU_BASE,
} from "./rules.ts";
import type { VcpuProgram } from "./vcpu_program.ts";
import { get64 } from "./word64.ts";

/** Guest steps without progress after which a run is called stuck: KVM re-enters for ever. */
const NO_PROGRESS_MAX = 256;

/** How a run goes. */
export interface RunOptions {
  /** Physical CPU. If left out, the one that the vCPU ran on last, or CPU 0 before its first run. */
  readonly cpu?: number;
  /** Guest instructions to execute; all that are pending if left out. */
  readonly steps?: number;
  /**
   * Smallest steps of the guest to take: each try of an instruction counts, also one that exits and has to be
   * tried again, and each instruction of its exception handler.
   */
  readonly attempts?: number;
  /** Where to leave the vCPU when the steps are done. */
  readonly stop?: "put" | "exit" | "guest";
  /** First-run initialisation fails there. */
  readonly fail?: FailPoint;
  /** The steps also end when the guest has come into its exception handler. */
  readonly untilHandler?: boolean;
}

/** How a run ended. */
export interface RunResult {
  /** vCPU that ran. */
  readonly vcpu: number;
  /** Why KVM_RUN ended. */
  readonly exit: ExitName;
  /** By the recordings' names: hsr, far, pc, dr6, dr7, exception; errno for `error`. */
  readonly values: Readonly<Record<string, bigint>>;
}

/** Runs the vCPUs of one machine. */
export class Runner {
  readonly #rules: Rules;
  readonly #words: MachineWords;
  readonly #programs: readonly VcpuProgram[];
  readonly #beside: BesideMachine;

  /**
   * @param programs by vCPU
   * @param beside the bare machines, which follow
   */
  constructor(
    rules: Rules,
    words: MachineWords,
    programs: readonly VcpuProgram[],
    beside: BesideMachine,
  ) {
    this.#beside = beside;
    this.#rules = rules;
    this.#words = words;
    this.#programs = programs;
  }

  /** KVM_RUN, and what the guest does in it. */
  run(v: number, options: RunOptions): RunResult {
    const rules = this.#rules;
    const words = this.#words;
    const program = this.#programs[v];
    const w = words.all;
    const stop = options.stop ?? "put";
    const p = options.cpu ?? words.cpuOf(v);
    if (words.modeOf(v) !== MODE.out && words.cpuOf(v) !== p) this.leave(v);
    const occupant = w[words.cpuAt(p) + CPU_BASE.loaded] - 1;
    if (occupant >= 0 && occupant !== v) this.leave(occupant);

    const f = words.at(v);
    if (words.modeOf(v) === MODE.out) {
      f.cpu = words.cpuAt(p);
      const pending = program.nextInsn(f);
      const begun = this.#beside.step(
        f,
        () => beginRun(rules, f, options.fail),
        (begun) => ({
          insn: pending,
          isComplete: isCompleted(begun),
          isGuests: false,
        }),
      );
      if (begun < 0) {
        return { vcpu: v, exit: "error", values: { errno: BigInt(-begun) } };
      }
      if (isCompleted(begun)) {
        program.advance(f);
      }
      if (begun === BEGUN.completedToUser || begun === BEGUN.toUser) {
        return this.#returned(f);
      }
    }

    const steps = options.steps ?? Infinity;
    const attempts = options.attempts ?? Infinity;
    let tried = 0;
    let done = 0;
    let idleSteps = 0;
    while (done < steps && tried++ < attempts) {
      if (w[f.vcpu + VCPU_BASE.mode] === MODE.loaded) this.#enter(f, program);
      const insn = program.nextInsn(f);
      const ran = this.#beside.step(
        f,
        () => runGuest(rules, f, insn),
        (ran) => ({
          insn,
          isComplete: (ran & RAN.complete) !== 0,
          isGuests: true,
        }),
      );
      if ((ran & RAN.drained) !== 0) return this.#end(f, "idle", stop);
      const complete = (ran & RAN.complete) !== 0;
      if ((ran & RAN.toUser) !== 0) {
        if (complete) program.advance(f);
        this.#toUser(f);
        return this.#returned(f);
      }
      if (
        (ran & RAN.exited) !== 0 && stop === "exit" &&
        (done === steps - 1 || tried === attempts)
      ) {
        if (complete) program.advance(f);
        return this.#stopped(f);
      }
      if (complete) {
        program.advance(f);
        done++;
        idleSteps = 0;
      } else if (
        options.untilHandler && w[f.vcpu + VCPU_BASE.inHandler] !== 0
      ) {
        break;
      } else if ((ran & RAN.repeated) !== 0) {
        idleSteps = 0;
      } else if (++idleSteps > NO_PROGRESS_MAX) {
        reportStopped(
          f,
          "KVM re-enters the guest without progress, for ever",
          rules.noProgressRule,
        );
        break;
      }
    }
    return this.#end(f, "preempted", stop);
  }

  /** A host interrupt. @returns false if the vCPU is not loaded, and nothing was done */
  interrupt(v: number): boolean {
    const mode = this.#words.modeOf(v);
    if (mode === MODE.out) return false;
    const f = this.#words.at(v);
    if (mode === MODE.loaded) this.#enter(f, this.#programs[v]);
    kickVcpu(this.#rules, f);
    return true;
  }

  /** The vCPU is scheduled out. @returns false if it is not loaded, and nothing was done */
  leave(v: number): boolean {
    const mode = this.#words.modeOf(v);
    if (mode === MODE.out) return false;
    const f = this.#words.at(v);
    if (mode === MODE.guest) kickVcpu(this.#rules, f);
    vcpuPut(this.#rules, f);
    return true;
  }

  /** KVM_RUN returns to userspace, if it has not: an ioctl of the vCPU comes next. */
  leaveRun(v: number): void {
    const words = this.#words;
    const mode = words.modeOf(v);
    if (mode === MODE.out) {
      if (!this.#rules.commit?.isDue(words.at(v))) return;
      // Scheduled out in KVM_RUN: it is loaded again before KVM_RUN returns.
      const cpu = words.cpuAt(words.cpuOf(v));
      const occupant = words.all[cpu + CPU_BASE.loaded] - 1;
      if (occupant >= 0) this.leave(occupant);
      vcpuLoad(this.#rules, words.at(v));
    }
    const f = words.at(v);
    if (mode === MODE.guest) kickVcpu(this.#rules, f);
    this.#toUser(f);
  }

  /** KVM_RUN with immediate_exit, as `Rules.completeAccess`. */
  completeAccess(v: number): void {
    this.leaveRun(v);
    const f = this.#words.at(v);
    const program = this.#programs[v];
    const insn = program.nextInsn(f);
    const begun = this.#beside.step(
      f,
      () => this.#rules.completeAccess(f),
      (begun) => ({ insn, isComplete: isCompleted(begun), isGuests: false }),
    );
    if (isCompleted(begun)) program.advance(f);
  }

  /** KVM_RUN returns, from a vCPU that is not in the guest. */
  #toUser(f: Frame): void {
    const act = (): void => returnToUser(this.#rules, f);
    if (!this.#rules.commit?.isDue(f)) {
      act();
      return;
    }
    const program = this.#programs[f.w[f.vcpu + VCPU_BASE.index]];
    this.#betweenInsns(f, program, act);
  }

  #enter(f: Frame, program: VcpuProgram): void {
    this.#betweenInsns(f, program, () => enterGuest(this.#rules, f));
  }

  /** What KVM does between two instructions: it may have to complete the one before. */
  #betweenInsns(f: Frame, program: VcpuProgram, act: () => void): void {
    const insn = program.nextInsn(f);
    program.pointNext(f);
    this.#beside.step(
      f,
      act,
      () => ({ insn, isComplete: false, isGuests: false }),
    );
  }

  /** Leaves the vCPU where `stop` says, after the last instruction of a run. */
  #end(
    f: Frame,
    exit: "idle" | "preempted",
    stop: "put" | "exit" | "guest",
  ): RunResult {
    const mode = f.w[f.vcpu + VCPU_BASE.mode];
    if (stop === "guest") {
      // The last instruction's exit was handled: look at the guest after its re-entry.
      if (mode === MODE.loaded) {
        this.#enter(f, this.#programs[f.w[f.vcpu + VCPU_BASE.index]]);
      }
    } else {
      if (mode === MODE.guest) kickVcpu(this.#rules, f);
      if (stop === "put") this.#toUser(f);
    }
    return { ...this.#stopped(f), exit };
  }

  /** KVM_RUN returned to userspace. */
  #returned(f: Frame): RunResult {
    return {
      vcpu: f.w[f.vcpu + VCPU_BASE.index],
      exit: this.#rules.exitName(f),
      values: this.#rules.exitValues(f),
    };
  }

  #stopped(f: Frame): RunResult {
    return {
      vcpu: f.w[f.vcpu + VCPU_BASE.index],
      exit: "preempted",
      values: { pc: get64(f.w, f.vcpu + VCPU_BASE.pc) },
    };
  }
}
