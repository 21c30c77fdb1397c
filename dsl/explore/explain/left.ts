/**
 * What KVM leaves out of an exception, or leaves set, where it completes an instruction itself.
 *
 * @module
 */
import type {
  Architecture,
  Event,
  Found,
  RuleId,
  ScheduleStep,
  SetCause,
} from "../../../engine/mod.ts";
import type { Chain } from "../../run/why_chain.ts";
import { INSTRUCTION_EXITS, isNamed } from "../../run/why_record.ts";
import type { Instance } from "../model.ts";
import { frameOn } from "./frames.ts";
import { newestUntil } from "./losses.ts";

/** A decision that no event reports. */
export interface Note {
  /** The rule that says it. */
  readonly rule: RuleId;
  /** What was decided, after a function's name. */
  readonly phrase: string;
  /** Why a value moved, if one did. */
  readonly cause?: SetCause;
}

/** The exit by an instruction, or what KVM_RUN returned with because of it, if there was one lately. */
export function lastInstructionExit(
  chain: Chain,
  from: number,
  vcpu: number,
): number {
  const at = chain.find(
    from,
    (event) =>
      event.kind === "user-exit" && event.vcpu === vcpu ||
      event.kind === "exit" && event.vcpu === vcpu &&
        INSTRUCTION_EXITS.has(event.why),
  );
  return at < 0 ? from : at;
}

/** The bare machine hits a breakpoint in a step, where the guest has the flag that keeps it from matching. */
export function isSuppressed(
  { model: { rules }, arch: { deciders: { resume }, lockstep } }: Instance,
  { before }: Found,
  { vcpu, cpu, bareEvents }: ScheduleStep,
): boolean {
  const isHit = bareEvents.some(({ kind, rule }) =>
    kind === "hit" && rule === resume?.hits
  );
  if (before === undefined || vcpu === undefined || !isHit) return false;
  const { f, bare } = frameOn(rules, before, vcpu, cpu);
  return bare !== undefined && lockstep.resumes(f, bare);
}

/** KVM moved past the last instruction that exited, and left the flag set that keeps breakpoints from matching. */
export function noteResume(
  { deciders: { resume } }: Architecture,
  chain: Chain,
  notes: Map<number, Note>,
  vcpu: number,
): void {
  const exit = chain.find(
    0,
    (event) =>
      event.kind === "exit" && event.vcpu === vcpu &&
      INSTRUCTION_EXITS.has(event.why),
  );
  if (resume === undefined || exit < 0) return;
  chain.exit(exit);
  notes.set(exit, {
    rule: resume.rule,
    phrase: "moved RIP past the instruction and left RF set",
  });
}

/**
 * The newest hits of a vCPU's bare machine that bits of a status register tell of. What kept the guest's CPU from
 * comparing, an exit, is followed.
 */
export function untoldHits(
  chain: Chain,
  schedule: readonly ScheduleStep[],
  vcpu: number,
  status: bigint,
): Event[] {
  for (let step = schedule.length; step > 0; step--) {
    const { vcpu: own, bareEvents } = schedule[step - 1];
    if (own !== vcpu) continue;
    const hits = bareEvents.filter((event) =>
      event.kind === "hit" && isNamed(event, status)
    );
    if (hits.length === 0) continue;
    const from = newestUntil(chain, step);
    chain.left(lastInstructionExit(chain, from, vcpu), vcpu);
    return hits;
  }
  return [];
}
