/**
 * The arm64 rules as the machine runs them.
 *
 * @module
 */
import type { CostName } from "../cost.ts";
import type { Event } from "../events.ts";
import { type CountChange, type Rules, VCPU_BASE } from "../rules.ts";
import { get64, highWord, lowWord, set64 } from "../word64.ts";
import { CPU, USER, VCPU, VM } from "./blocks.ts";
import { citedRule } from "./cited_rules.ts";
import { programStart, withCounts } from "./configuration.ts";
import { arm64Frame, type Arm64Host } from "./frame.ts";
import { beginProgram } from "./guest/handler.ts";
import { executeInstruction } from "./hardware/instruction.ts";
import { breakpointOwner } from "./kvm/breakpoint_owner.ts";
import { debuggerRequest, debuggerState } from "./kvm/debugger.ts";
import { userEvent } from "./kvm/events.ts";
import { exitGuest } from "./kvm/exits.ts";
import { checkExtension } from "./kvm/extensions.ts";
import { setGuestDebug } from "./kvm/guest_debug.ts";
import { hostDebug } from "./kvm/host_breakpoints.ts";
import { resetIds } from "./kvm/id_values.ts";
import type { Arm64Kernel, KvmFrame } from "./kvm/kernel.ts";
import { getOneReg, offeredRegisters, setOneReg } from "./kvm/one_reg.ts";
import { reportReset, resetVcpu } from "./kvm/reset.ts";
import { exitValues, movePendingMmio } from "./kvm/user_exits.ts";
import { ARM64_SAVING } from "./kvm/saving.ts";
import { verdict } from "./kvm/verdicts.ts";
import {
  beginRun,
  commit,
  completeAccess,
  interrupt,
  vcpuLoad,
  vcpuPut,
} from "./kvm/vcpu_run.ts";
import { enterGuest } from "./kvm/world_switch.ts";
import { kvmPlace, placeOf } from "./places.ts";
import { REG } from "./registers/ids.ts";
import { ARM64_REGISTERS } from "./registers/table.ts";
import {
  cpuView,
  hwView,
  hwViews,
  kvmView,
  numberMap,
  peek,
  peeker,
  userView,
} from "./views.ts";

/** Builds the rules for one kernel on one machine. */
export function arm64Rules(
  kernel: Arm64Kernel,
  host: Arm64Host,
): Rules<KvmFrame> {
  // A restore can be on another machine.
  const machine = { ...host };
  return {
    sizes: {
      vm: VM.words,
      vcpu: VCPU.words,
      user: USER.words,
      cpu: CPU.words,
    },
    frame: (w) =>
      arm64Frame(w, {
        bare: undefined,
        host: machine,
        kernel,
        ownerOf: breakpointOwner,
      }),
    costOf,
    ruleOf: citedRule,
    noProgressRule: kernel.rule,
    initVm: resetIds,
    initVcpu,
    initCpu(f, index) {
      f.w[f.cpu + CPU.index] = index;
    },
    begin: beginRun,
    beginProgram,
    completeAccess,
    load: vcpuLoad,
    enter: enterGuest,
    instruction: executeInstruction,
    interrupt,
    exit: exitGuest,
    put: vcpuPut,
    commit,
    userGet: getOneReg,
    userSet: setOneReg,
    userSetPc,
    userEvent,
    userInit(f) {
      reportReset(f, () => resetVcpu(f));
      return 0;
    },
    checkExtension,
    saving: ARM64_SAVING,
    moveHost: (counts) => Object.assign(machine, counts),
    hostCounts: ({ host: { brps, ctx, wrps } }) => ({ brps, ctx, wrps }),
    setGuestDebug,
    debugger: debuggerRequest,
    debuggerState,
    setCounts,
    hostDebug,
    exitName: (f) => EXIT_NAMES[f.w[f.vcpu + VCPU.runExit]],
    exitValues,
    peek,
    peeker,
    userView,
    hwView,
    hwViews,
    cpuView,
    kvmView,
    placeOf,
    kvmPlace,
    registerList: offeredRegisters,
    numberMap,
    verdict,
  };
}

/** By `RUN_EXIT`. */
const EXIT_NAMES = ["debug", "mmio", "error"] as const;

function initVcpu(f: KvmFrame, index: number): void {
  f.w[f.vcpu + VCPU_BASE.index] = index;
  resetVcpu(f);
  set64(f.w, f.vcpu + VCPU_BASE.pc, programStart(index));
}

/** KVM_SET_ONE_REG of the PC. */
function userSetPc(f: KvmFrame): number {
  const at = f.vcpu + VCPU_BASE.pc;
  f.w[at] = f.lo;
  f.w[at + 1] = f.hi;
  f.w[f.vcpu + VCPU_BASE.inHandler] = 0;
  movePendingMmio(f);
  return 0;
}

/** `set`: one write of ID_AA64DFR0_EL1. */
function setCounts(f: KvmFrame, counts: CountChange): number {
  const dfr0 = withCounts(get64(f.w, f.vm + VM.dfr0), counts);
  f.lo = lowWord(dfr0);
  f.hi = highWord(dfr0);
  return setOneReg(f, REG.ID_AA64DFR0_EL1);
}

/** Which counters an event adds one to. */
function costOf(event: Event): readonly CostName[] | undefined {
  switch (event.kind) {
    case "enter":
      return ["entries"];
    case "exit":
      return ["exits"];
    case "trap":
      return isDebugRegister(event.register)
        ? ["traps", "dr-exits"]
        : ["traps"];
    case "load":
      return event.set === "host" ? undefined : ["dr-loads"];
    case "save":
      return event.set === "host" ? undefined : ["dr-saves"];
    default:
      return undefined;
  }
}

function isDebugRegister(name: string): boolean {
  const id = ARM64_REGISTERS.find(name)?.id ?? -1;
  return id >= 0 && id < REG.ID_AA64DFR0_EL1;
}
