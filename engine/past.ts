/**
 * A machine's past. A run is done again on a copy: to see what the CPU compared in it, by the code of the rules that
 * compares, and to see what the bare machine beside the vCPU did.
 *
 * @module
 */
import { BesideMachine } from "./bare/beside_machine.ts";
import type { Lockstep } from "./bare/lockstep.ts";
import type { CpuComparison, UnmetQuestion, Verdict } from "./comparison.ts";
import type { Event } from "./events.ts";
import type { MachineState, RunStart } from "./journal.ts";
import { MachineWords } from "./machine_words.ts";
import type { Insn } from "./program.ts";
import { type Frame, type Rules, VCPU_BASE } from "./rules.ts";
import { Runner } from "./run.ts";
import type { Sink } from "./sink.ts";
import { VcpuProgram } from "./vcpu_program.ts";

/** A comparison that a question is about. */
export interface Compared {
  /** As the CPU made it. */
  readonly comparison: CpuComparison;
  /** What it means for the question. */
  readonly verdict: Verdict;
  /** The program's instruction that was pending; null after its end, and in the guest's exception handler. */
  readonly insn: Insn | null;
  /** Events of the run before it. */
  readonly events: number;
}

/** A step of a run. */
export interface FollowedStep {
  /** The program's instruction that was pending; null after its end, in the guest's handler, and at the end of the run. */
  readonly insn: Insn | null;
  /** Events of the run by the end of the step. */
  readonly events: number;
  /** What happened on the bare machine of the vCPU. */
  readonly bare: readonly Event[];
  /** As `Machine.differsFromBare()`, at the end of the step. */
  readonly differs: (
    v: number,
    registers: readonly number[],
    bits?: bigint,
  ) => boolean;
}

/** What a machine has done, looked at again. Nothing of the machine changes. */
export class Past {
  readonly #rules: Rules;
  readonly #lockstep: Lockstep;
  readonly #words: MachineWords;

  /**
   * The past of a machine.
   *
   * @param rules its rules
   * @param lockstep its architecture's bare machine
   * @param words its state
   */
  constructor(rules: Rules, lockstep: Lockstep, words: MachineWords) {
    this.#rules = rules;
    this.#lockstep = lockstep;
    this.#words = words;
  }

  /** What a look at the machine as it was gives; its programs are those of now. */
  asItWas<T>(state: MachineState, look: () => T): T {
    const { all, vcpus } = this.#words;
    this.#words.restore(state.words, state.vcpus);
    try {
      return look();
    } finally {
      this.#words.restore(all, vcpus);
    }
  }

  /** Does a run again, and reports what the CPU compared that a question is about. */
  compared(
    start: RunStart,
    question: UnmetQuestion,
    report: (one: Compared) => void,
  ): void {
    const rules = this.#rules;
    let frame: Frame | undefined;
    let pending: Insn | null = null;
    let events = 0;
    const copy = this.#copy(start, {
      push: () => {
        events++;
      },
      compared: (comparison) => {
        if (frame === undefined) return;
        const verdict = rules.verdict(frame, question, comparison);
        if (verdict) report({ comparison, verdict, insn: pending, events });
      },
    });
    const watched: Rules = {
      ...rules,
      instruction(f, insn) {
        // Of other vCPUs, which this run may put aside, nothing is executed.
        frame = f;
        pending = f.w[f.vcpu + VCPU_BASE.inHandler] === 0 ? insn : null;
        return rules.instruction(f, insn);
      },
    };
    run(watched, copy, start, new BesideMachine(rules, this.#lockstep, copy));
  }

  /** Does a run again, and reports each step; the last report is of the run's end. */
  followed(start: RunStart, report: (one: FollowedStep) => void): void {
    let events = 0;
    const copy = this.#copy(start, {
      push(event) {
        events++;
        beside.push(event);
      },
    });
    const differs: FollowedStep["differs"] = (...asked) =>
      beside.differs(...asked);
    const stepped = (insn: Insn | null, bare: readonly Event[]): void =>
      report({ insn, events, bare, differs });
    const beside = new BesideMachine(
      this.#rules,
      this.#lockstep,
      copy,
      stepped,
    );
    run(this.#rules, copy, start, beside);
    stepped(null, []);
  }

  #copy({ words, vcpus }: MachineState, sink: Sink): MachineWords {
    const { cpus } = this.#words;
    const copy = new MachineWords(
      this.#rules,
      this.#lockstep.words,
      cpus,
      sink,
    );
    copy.restore(words.slice(), vcpus);
    return copy;
  }
}

function run(
  rules: Rules,
  copy: MachineWords,
  { programs, vcpu, options }: RunStart,
  beside: BesideMachine,
): void {
  new Runner(rules, copy, programs.map(VcpuProgram.from), beside)
    .run(vcpu, options);
}
