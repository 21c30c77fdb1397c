/**
 * PSTATE.SS as KVM changes it: each change is an event with its rule.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { type Route, setWord } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { skipInstruction } from "../hardware/instruction.ts";
import { PSTATE_SS } from "../hardware/software_step.ts";
import type { KvmFrame } from "./kernel.ts";

const FORCED: Route = { cause: "force", to: ["guest", "PSTATE"], from: null };
const GIVEN_BACK: Route = { ...FORCED, cause: "restore" };

function setSs(f: KvmFrame, isSet: boolean, route: Route, rule: RuleId): void {
  const pstate = f.w[f.vcpu + VCPU.pstate];
  const value = isSet ? pstate | PSTATE_SS : pstate & ~PSTATE_SS;
  setWord(f, f.vcpu + VCPU.pstate, value, route, rule);
}

/** KVM sets or clears the flag for userspace's step. */
export function forceSs(f: KvmFrame, isSet: boolean, rule: RuleId): void {
  setSs(f, isSet, FORCED, rule);
}

/** The guest has its own flag again. */
export function giveSsBack(f: KvmFrame, isSet: boolean, rule: RuleId): void {
  setSs(f, isSet, GIVEN_BACK, rule);
}

/**
 * KVM skips an instruction that it emulated: where the kernel advances the step, it counts as stepped. Until 5.11 the
 * next entry sets the flag again. Rules arm64:F4, arm64:F27, arm64:N17.
 */
export function skipEmulated(f: KvmFrame): void {
  const { skipAdvancesStep, adjustsPcAtEntry } = f.kernel;
  skipInstruction(f);
  if (!skipAdvancesStep) return;
  forceSs(f, false, adjustsPcAtEntry ? "arm64:N17" : "arm64:F27");
}
