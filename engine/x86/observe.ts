/**
 * What only an observer can tell: a breakpoint of the guest's own that should have fired and did not, and one
 * that fired and is not the guest's. Works only where the events are read.
 *
 * @module
 */
import type { BreakpointEvent, RuleId } from "../events.ts";
import type { Insn } from "../program.ts";
import { get64 } from "../word64.ts";
import { CPU, VCPU } from "./blocks.ts";
import { slotMatches } from "./hardware/slot_matches.ts";
import { accessBit } from "./hardware/mov_dr.ts";
import { holdsHosts } from "./kvm/breakpoint_owner.ts";
import type { KvmFrame } from "./kvm/kernel.ts";
import { usesHwBp } from "./kvm/state.ts";
import { SLOTS } from "./registers/ids.ts";

/**
 * Compares what the guest armed with what the CPU holds, before an instruction executes.
 *
 * The guest's own registers are KVM's copy while DR accesses exit, and the CPU's own while they do not; under
 * userspace's hardware breakpoints the guest's are without function by design (x86:B29), and what fires is
 * userspace's.
 *
 * Rule x86:C/4.
 */
export function observe(f: KvmFrame, insn: Insn): void {
  if (f.sink === null || usesHwBp(f)) return;
  const { w, vcpu, cpu } = f;
  const physical = slotMatches(f, insn, cpu + CPU.dr, w[cpu + CPU.dr7]);
  const throughKvm = (w[vcpu + VCPU.vmDrAccesses] & accessBit(0, false)) !== 0;
  const own = throughKvm
    ? slotMatches(f, insn, vcpu + VCPU.db, w[vcpu + VCPU.dr7])
    : physical;
  for (let n = 0; n < SLOTS; n++) {
    const bit = 1 << n;
    // A hit of the guest's own is reported where the CPU compares it.
    if ((own & bit) !== 0 && (physical & bit) !== 0) continue;
    if ((own & bit) !== 0) {
      push(
        f,
        "missed",
        n,
        `the guest's breakpoint ${n} matches, but the CPU's ${
          physicalText(f, n)
        }`,
        "x86:C/4",
      );
    } else if ((physical & bit) !== 0) {
      stray(f, n);
    }
  }
}

/** Why a slot of the CPU does not match: its address, or, if that is the guest's, its DR7. */
function physicalText({ w, vcpu, cpu }: KvmFrame, slot: number): string {
  const held = get64(w, cpu + CPU.dr + 2 * slot);
  return held === get64(w, vcpu + VCPU.db + 2 * slot)
    ? `DR7 is 0x${(w[cpu + CPU.dr7] >>> 0).toString(16)}`
    : `DR${slot} holds 0x${held.toString(16)}`;
}

/** A breakpoint fires that the guest did not set: the host's, or what another vCPU left in the CPU. */
function stray(f: KvmFrame, slot: number): void {
  const { w, cpu } = f;
  if (holdsHosts(f, slot)) {
    push(
      f,
      "host-hit",
      slot,
      `the host's address in DR${slot} hits in the guest`,
      "x86:E9",
    );
  } else {
    push(
      f,
      "stray",
      slot,
      `DR${slot} hits with 0x${
        get64(w, cpu + CPU.dr + 2 * slot).toString(16)
      }, which is not this guest's`,
      "x86:C/4",
    );
  }
}

function push(
  f: KvmFrame,
  kind: BreakpointEvent["kind"],
  slot: number,
  what: string,
  rule: RuleId,
): void {
  const { w, vcpu, cpu } = f;
  f.sink?.push({
    kind,
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    what,
    register: `DR${slot}`,
    rule,
  });
}
