/**
 * Doing a run again to see what the CPU compared in it. The comparisons are those that the rules make, reported by the
 * code that makes them.
 *
 * @module
 */
import { BesideMachine } from "./bare/beside_machine.ts";
import type { Lockstep } from "./bare/lockstep.ts";
import type { CpuComparison, UnmetQuestion, Verdict } from "./comparison.ts";
import type { RunStart } from "./journal.ts";
import { MachineWords } from "./machine_words.ts";
import type { Insn } from "./program.ts";
import { type Frame, type Rules, VCPU_BASE } from "./rules.ts";
import { Runner } from "./run.ts";
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

/** Does a run again on a copy, and reports what the CPU compared that a question is about. */
export function replay(
  rules: Rules,
  lockstep: Lockstep,
  cpus: number,
  { words, vcpus, programs, vcpu, options }: RunStart,
  question: UnmetQuestion,
  compared: (one: Compared) => void,
): void {
  let frame: Frame | undefined;
  let pending: Insn | null = null;
  let events = 0;
  const copy = new MachineWords(rules, lockstep.words, cpus, {
    push: () => {
      events++;
    },
    compared: (comparison) => {
      if (frame === undefined) return;
      const verdict = rules.verdict(frame, question, comparison);
      if (verdict) compared({ comparison, verdict, insn: pending, events });
    },
  });
  copy.restore(words.slice(), vcpus);
  const watched: Rules = {
    ...rules,
    instruction(f, insn) {
      // Of other vCPUs, which this run may put aside, nothing is executed.
      frame = f;
      pending = f.w[f.vcpu + VCPU_BASE.inHandler] === 0 ? insn : null;
      return rules.instruction(f, insn);
    },
  };
  const beside = new BesideMachine(rules, lockstep, copy);
  new Runner(watched, copy, programs.map(VcpuProgram.from), beside)
    .run(vcpu, options);
}
