/**
 * KVM_RUN, composed of an architecture's rules: the one place where the vCPU's mode, and the CPU that it is loaded
 * on, change. The machine and the search both call it.
 *
 * Each function works on a frame that has the vCPU's block and that of the CPU where it is, or where it is loaded.
 *
 * @module
 */
import type { Insn } from "./program.ts";
import {
  BEGUN,
  CPU_BASE,
  type FailPoint,
  type Frame,
  HANDLED,
  type Handled,
  MODE,
  OUTCOME,
  type Rules,
  VCPU_BASE,
} from "./rules.ts";

/** What `runGuest` came to, as bits. */
export const RAN = {
  /** The program's instruction is complete: executed, skipped, or completed by KVM. */
  complete: 1,
  /** The vCPU left the guest, and the exit was handled: it is in the host kernel, still loaded. */
  exited: 2,
  /** KVM_RUN returns to userspace: `returnToUser` comes next. */
  toUser: 4,
  /** Nothing was there to execute; the vCPU is still in the guest. */
  drained: 8,
  /** With `complete`: the guest's exception handler went on after the instruction. */
  skipped: 16,
  /** An iteration of the program's instruction was executed, and it is still pending. */
  repeated: 32,
} as const;

/**
 * KVM_RUN begins: first-run initialisation, the completion of an access that userspace emulated, and `vcpuLoad`,
 * unless it fails or returns at once.
 *
 * @param fail where first-run initialisation fails
 * @returns one of `BEGUN`, or a negated errno
 */
export function beginRun(
  rules: Rules,
  f: Frame,
  fail: FailPoint | undefined,
): number {
  const begun = rules.begin(f, fail);
  if (begun === BEGUN.fresh || begun === BEGUN.completed) vcpuLoad(rules, f);
  return begun;
}

/** vcpu_load() on the frame's CPU, which has no vCPU loaded. */
export function vcpuLoad(rules: Rules, f: Frame): void {
  const { w } = f;
  w[f.vcpu + VCPU_BASE.cpu] = w[f.cpu + CPU_BASE.index] + 1;
  rules.load(f);
  w[f.vcpu + VCPU_BASE.mode] = MODE.loaded;
  w[f.cpu + CPU_BASE.loaded] = w[f.vcpu + VCPU_BASE.index] + 1;
}

/** vcpu_put() of a vCPU that is not in the guest. */
export function vcpuPut(rules: Rules, f: Frame): void {
  rules.put(f);
  f.w[f.vcpu + VCPU_BASE.mode] = MODE.out;
  f.w[f.cpu + CPU_BASE.loaded] = 0;
}

/**
 * KVM_RUN returns to userspace: what is left to apply of the guest's state is applied, then vcpu_put(). The vCPU is
 * not in the guest, and the frame's next address is where its program goes on.
 */
export function returnToUser(rules: Rules, f: Frame): void {
  if (rules.commit?.isDue(f)) rules.commit.apply(f);
  vcpuPut(rules, f);
}

/** The world switch into the guest, as in vcpu_enter_guest(). */
export function enterGuest(rules: Rules, f: Frame): void {
  rules.enter(f);
  f.w[f.vcpu + VCPU_BASE.mode] = MODE.guest;
}

/** The world switch out of the guest, and handle_exit(). The vCPU stays loaded. */
export function exitGuest(
  rules: Rules,
  f: Frame,
  insn: Insn | null,
): Handled {
  const handled = rules.exit(f, insn);
  f.w[f.vcpu + VCPU_BASE.mode] = MODE.loaded;
  return handled;
}

/** kvm_vcpu_kick(): a host interrupt makes the vCPU leave the guest. */
export function kickVcpu(rules: Rules, f: Frame): void {
  rules.interrupt(f);
  exitGuest(rules, f, null);
}

/**
 * The next thing that the guest does, with the exit that it causes and the exit's handling.
 *
 * @param insn the program's instruction that is pending; null at the program's end
 * @returns bits of `RAN`; 0 if the guest goes on with the same instruction pending
 */
export function runGuest(rules: Rules, f: Frame, insn: Insn | null): number {
  const outcome = rules.instruction(f, insn);
  switch (outcome) {
    case OUTCOME.next:
      return RAN.complete;
    case OUTCOME.skipped:
      return RAN.complete | RAN.skipped;
    case OUTCOME.stay:
      return 0;
    case OUTCOME.repeats:
      return RAN.repeated;
    case OUTCOME.drained:
      return RAN.drained;
    case OUTCOME.exits: {
      const handled = exitGuest(rules, f, insn);
      switch (handled) {
        case HANDLED.again:
          return RAN.exited;
        case HANDLED.done:
          return RAN.exited | RAN.complete;
        case HANDLED.userPending:
          return RAN.exited | RAN.toUser;
        case HANDLED.userDone:
          return RAN.exited | RAN.complete | RAN.toUser;
        default:
          return handled satisfies never;
      }
    }
    default:
      return outcome satisfies never;
  }
}
