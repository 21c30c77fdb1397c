/**
 * The rules of x86 under one kernel, vendor and hardware model: each step composed from hardware, kernel and
 * modelled guest.
 *
 * @module
 */
import type { CostName } from "../cost.ts";
import type { Event, RuleId } from "../events.ts";
import { notedRecord } from "../noted_record.ts";
import type { Insn } from "../program.ts";
import { warn } from "../reports.ts";
import { type Handled, OUTCOME, type Outcome, type Rules } from "../rules.ts";
import { get64 } from "../word64.ts";
import {
  CPU,
  EXIT,
  EXIT_NAMES,
  STOPPED,
  USER,
  USER_EXIT,
  VCPU,
  VECTOR,
  VM,
} from "./blocks.ts";
import { programStart } from "./configuration.ts";
import { x86Frame } from "./frame.ts";
import { guestStep } from "./guest/step.ts";
import { leave } from "./hardware/exceptions.ts";
import type { Vendor } from "./hardware/models.ts";
import { powerOn } from "./hardware/power_on.ts";
import type { X86Model } from "./hardware/models.ts";
import {
  dr7Refused,
  enterGuest,
  leaveGuest,
  shadowRefused,
} from "./hardware/world_switch.ts";
import { breakpointOwner } from "./kvm/breakpoint_owner.ts";
import { movePast } from "./kvm/complete.ts";
import {
  debugctlAfterExit,
  debugctlBeforeEntry,
  reportDebugctlLost,
  snapshotDebugctl,
} from "./kvm/debugctl.ts";
import { debuggerRequest, debuggerState } from "./kvm/debugger.ts";
import { userGet, userSet, userSetPc } from "./kvm/debugregs.ts";
import { reenter, RELOAD_RULE } from "./kvm/entry.ts";
import { deliverInjection, prepareInjection } from "./kvm/exceptions.ts";
import { handleExit } from "./kvm/exits.ts";
import { checkExtension, enableCapability } from "./kvm/extensions.ts";
import { setGuestDebug, updateIntercepts } from "./kvm/guest_debug.ts";
import { hostDebug } from "./kvm/host_breakpoints.ts";
import {
  completeIret,
  injectionEndsStep,
  prepareEvent,
  userEvent,
} from "./kvm/interrupts.ts";
import type { KvmFrame, X86Kernel } from "./kvm/kernel.ts";
import { saveHostAddresses, setGuest } from "./kvm/protected.ts";
import { resetVcpu } from "./kvm/reset.ts";
import { ruleOfKernel } from "./kvm/rules_2016.ts";
import { X86_SAVING } from "./kvm/saving.ts";
import { singleSteps, tfSet } from "./kvm/state.ts";
import { skip } from "./kvm/step.ts";
import { exitValues } from "./kvm/user_exits.ts";
import { verdict } from "./kvm/verdicts.ts";
import { beginRun, completeAccess, vcpuLoad, vcpuPut } from "./kvm/vcpu_run.ts";
import { observe } from "./observe.ts";
import { kvmPlace, placeOf } from "./places.ts";
import { profileKernel, type X86Profile } from "./profiles/profile.ts";
import { REG } from "./registers/ids.ts";
import { cpuView, hwView, kvmView, peek, userView } from "./views.ts";

/** RFLAGS.TF. */
const TRAP_FLAG = 0x100n;

/** One configuration of an x86 machine. */
export interface X86Config {
  readonly profile: X86Profile;
  readonly vendor: Vendor;
  readonly model: X86Model;
  /** The profile's options by name; those left out have their first value. */
  readonly options?: Readonly<Record<string, string>>;
  /** Gets the names of the fields of the record that are read. */
  readonly fieldsRead?: Set<string>;
}

/**
 * Makes the rules of a configuration.
 *
 * @throws {RangeError} if the hardware model is of another vendor
 */
export function x86Rules(config: X86Config): Rules<KvmFrame> {
  const { vendor, model, profile, options = {}, fieldsRead } = config;
  if (!model.vendors.includes(vendor)) {
    throw new RangeError(`${model.name} has no ${vendor}`);
  }
  const record: X86Kernel = profileKernel(profile, vendor, options);
  const kernel = fieldsRead ? notedRecord(record, fieldsRead) : record;
  return {
    sizes: {
      vm: VM.words,
      vcpu: VCPU.words,
      user: USER.words,
      cpu: CPU.words,
    },
    frame: (w) =>
      x86Frame(w, {
        bare: undefined,
        vendor,
        model,
        kernel,
        ownerOf: breakpointOwner,
      }),
    costOf,
    ruleOf: ruleOfKernel(kernel),
    noProgressRule: "x86:B21",
    initVm: () => {},
    initVcpu,
    initCpu: powerOn,
    begin: beginRun,
    beginProgram(f) {
      f.w[f.vcpu + VCPU.exceptions] = 0;
    },
    completeAccess,
    load: vcpuLoad,
    enter,
    instruction,
    interrupt: (f) => {
      f.w[f.vcpu + VCPU.latentDb] = 0;
      leave(f, EXIT.interrupt);
    },
    exit,
    put: vcpuPut,
    userGet,
    userSet,
    userSetPc,
    setHandlerSteps(f, count) {
      f.w[f.vcpu + VCPU.stepsLeft] = count;
    },
    userEvent,
    userInit: (f) => {
      resetVcpu(f);
      return 0;
    },
    checkExtension,
    enableCapability,
    saving: X86_SAVING,
    setGuestDebug,
    debugger: debuggerRequest,
    debuggerState,
    setCounts: setGuest,
    hostDebug,
    exitName,
    exitValues,
    peek,
    userView,
    hwView,
    cpuView,
    kvmView,
    placeOf,
    kvmPlace,
    registerList: () => [],
    numberMap: () => undefined,
    verdict,
  };
}

const DR_EXIT: readonly CostName[] = ["traps", "dr-exits"];
const LOAD: readonly CostName[] = ["dr-loads"];
const RELOAD: readonly CostName[] = ["dr-loads", "reloads"];
const SAVE: readonly CostName[] = ["dr-saves"];
const ENTRY: readonly CostName[] = ["entries"];
const LEFT: readonly CostName[] = ["exits"];
const TRAP: readonly CostName[] = ["traps"];

/** Which counters an event adds to. The host's own set is not the guest's cost. */
function costOf(event: Event): readonly CostName[] | undefined {
  switch (event.kind) {
    case "enter":
      return ENTRY;
    case "exit":
      return LEFT;
    case "trap":
      return event.register.startsWith("DR") ? DR_EXIT : TRAP;
    case "load":
      if (event.set === "host") return undefined;
      return event.rule === RELOAD_RULE ? RELOAD : LOAD;
    case "save":
      return event.set === "host" ? undefined : SAVE;
    default:
      return undefined;
  }
}

function initVcpu(f: KvmFrame, index: number): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.index] = index;
  w[vcpu + VCPU.pc] = programStart(index);
  resetVcpu(f);
  updateIntercepts(f);
}

/** Events are injected, debug registers loaded, the guest entered, and an injected event delivered. */
function enter(f: KvmFrame): void {
  const { w, vcpu, kernel } = f;
  let vector = prepareInjection(f);
  if (w[vcpu + VCPU.events] !== 0) {
    const event = prepareEvent(f, vector >= 0);
    if (event >= 0) {
      vector = event;
      atProgram(f);
    }
    if (vector >= 0) injectionEndsStep(f);
  }
  kernel.beforeEntry(f);
  snapshotDebugctl(f);
  debugctlBeforeEntry(f);
  saveHostAddresses(f);
  // x86:D31
  if (f.vendor === "vmx" && singleSteps(f)) w[vcpu + VCPU.shadow] = 0;
  const badDr7 = dr7Refused(f);
  const badShadow = shadowRefused(f);
  const isRefused = badDr7 || badShadow !== undefined;
  enterGuest(f, isRefused);
  if (isRefused) {
    if (badDr7) {
      warn(f, "the VM entry fails: bits 63:32 of DR7 are set", "x86:F12", [
        "vmcs",
        "DR7",
        0xffff_ffffn << 32n,
      ]);
    } else {
      // What KVM injects it has to prepare; the check itself is the CPU's.
      const prepares = vector === VECTOR.DB &&
        kernel.mendsEntry !== "at-injection";
      const rule = prepares ? "x86:F14" : "x86:A/6.4";
      warn(f, `the VM entry fails: ${badShadow}`, rule, [
        "guest",
        "RFLAGS",
        TRAP_FLAG,
      ]);
    }
    w[vcpu + VCPU.injectedException] = vector + 1;
    leave(f, EXIT.entryFailed);
  } else if (vector >= 0) deliverInjection(f, vector);
}

/** The event interrupts the program where it goes on, which is where userspace has put it before the first instruction. */
function atProgram({ w, vcpu, nextLo, nextHi }: KvmFrame): void {
  if (w[vcpu + VCPU.inHandler] !== 0 || w[vcpu + VCPU.stopped] !== 0) return;
  w[vcpu + VCPU.pc] = nextLo;
  w[vcpu + VCPU.pc + 1] = nextHi;
}

/** The next thing that the guest does, with what KVM finishes in its innermost loop. */
function instruction(f: KvmFrame, insn: Insn | null): Outcome {
  const { w, vcpu } = f;
  if (w[vcpu + VCPU.exitReason] === EXIT.entryFailed) return OUTCOME.exits;
  const atProgram = w[vcpu + VCPU.inHandler] === 0 &&
    w[vcpu + VCPU.stopped] === STOPPED.no;
  const outcome = guestStep(f, insn, observe);
  if (
    outcome === OUTCOME.exits && atProgram && insn !== null && staysInLoop(f)
  ) return fastPath(f, insn);
  return outcome;
}

/**
 * The exit is one that KVM handles in its innermost loop. A step that is due takes the long way, except for one of
 * userspace's in a kernel that loses its exit there.
 *
 * handle_fastpath_set_msr_irqoff(), x86.c, 5.8.1 and 6.12.0. Rules x86:D/4, x86:D43, bug x86:F35.
 */
function staysInLoop(f: KvmFrame): boolean {
  const { w, vcpu, kernel } = f;
  const isFast = w[vcpu + VCPU.exitReason] === EXIT.msrWrite &&
    w[vcpu + VCPU.exitData] === 0;
  if (!isFast || !kernel.fastPath) return false;
  return !tfSet(f) || (singleSteps(f) && !kernel.fastPathStops);
}

/** The write of an MSR that KVM finishes in its innermost loop: out, past the instruction, in again. Rule x86:D/4. */
function fastPath(f: KvmFrame, insn: Insn): Outcome {
  const { w, vcpu } = f;
  leaveGuest(f);
  reportExit(f, insn);
  debugctlAfterExit(f);
  movePast(f);
  skip(f, false);
  w[vcpu + VCPU.exitReason] = EXIT.none;
  reenter(f);
  debugctlBeforeEntry(f);
  enterGuest(f);
  return OUTCOME.next;
}

/** The world switch out, what KVM takes back, and the exit's reason. */
function exit(f: KvmFrame, insn: Insn | null): Handled {
  const { w, vcpu } = f;
  leaveGuest(f);
  reportExit(f, insn);
  debugctlAfterExit(f);
  reportDebugctlLost(f);
  noteNextRip(f);
  if (f.vendor === "svm") completeIret(f);
  f.kernel.afterExit(f);
  const handled = handleExit(f, insn);
  w[vcpu + VCPU.exitReason] = EXIT.none;
  w[vcpu + VCPU.exitData] = 0;
  w[vcpu + VCPU.exitDone] = 0;
  return handled;
}

/** Exits by which SVM saves the address of the next instruction, if it has NextRIP. AMD APM vol. 2 15.7.1. */
const TELLS_NEXT: ReadonlySet<number> = new Set([
  EXIT.drAccess,
  EXIT.bp,
  EXIT.cpuid,
  EXIT.hlt,
  EXIT.io,
  EXIT.crWrite,
  EXIT.msrWrite,
  EXIT.msrRead,
  EXIT.icebp,
  EXIT.hypercall,
]);

/** What KVM knows of the next instruction's address until the guest runs again. Rule x86:D47. */
function noteNextRip(f: KvmFrame): void {
  const { w, vcpu, vendor, model } = f;
  if (vendor !== "svm") return;
  const reason = w[vcpu + VCPU.exitReason];
  // The exit for a port access has it always.
  const isKnown = reason === EXIT.io ||
    (model.nextRip && TELLS_NEXT.has(reason));
  const isOfProgram = isKnown && w[vcpu + VCPU.inHandler] === 0;
  w[vcpu + VCPU.nextRipKnown] = isOfProgram ? 1 : 0;
  w[vcpu + VCPU.nextRip] = isOfProgram ? f.nextLo : 0;
  w[vcpu + VCPU.nextRip + 1] = isOfProgram ? f.nextHi : 0;
}

/** The rules about exits, where one says more than rule x86:A/6. */
const EXIT_RULES: Readonly<Partial<Record<number, RuleId>>> = {
  [EXIT.drAccess]: "x86:A/6.1",
  [EXIT.crWrite]: "x86:A/6.1",
  [EXIT.interruptWindow]: "x86:A/6.5",
  [EXIT.nmiWindow]: "x86:A/6.5",
  [EXIT.mmio]: "x86:A/6.6",
  [EXIT.io]: "x86:A/6.7",
  [EXIT.gaveUp]: "x86:A/6.7",
  [EXIT.hypercall]: "x86:A14",
  [EXIT.msrRead]: "x86:A/6.9",
  [EXIT.msrWrite]: "x86:A/6.9",
};

function reportExit(f: KvmFrame, insn: Insn | null): void {
  if (f.sink === null) return;
  const { w, vcpu, cpu } = f;
  const reason = w[vcpu + VCPU.exitReason];
  f.sink.push({
    kind: "exit",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    why: EXIT_NAMES[reason],
    ec: -1,
    pc: get64(w, vcpu + VCPU.pc),
    rule: EXIT_RULES[reason] ?? "x86:A/6",
  });
  if (reason === EXIT.drAccess) {
    const data = w[vcpu + VCPU.exitData];
    f.sink.push({
      kind: "trap",
      vcpu: w[vcpu + VCPU.index],
      access: data >= 16 ? "write" : "read",
      register: `DR${data & 15}`,
      because: f.vendor === "vmx" ? "MOV-DR exiting" : "DR intercept",
      rule: "x86:A/6.1",
    });
  } else if (insn?.register === REG.DEBUGCTL) {
    f.sink.push({
      kind: "trap",
      vcpu: w[vcpu + VCPU.index],
      access: insn.op === "wrmsr" ? "write" : "read",
      register: "DEBUGCTL",
      because: "MSR intercept",
      rule: "x86:A/6.9",
    });
  } else if (reason === EXIT.crWrite && insn !== null) {
    f.sink.push({
      kind: "trap",
      vcpu: w[vcpu + VCPU.index],
      access: "write",
      register: "CR4",
      because: "CR4 intercept",
      rule: "x86:A/6.1",
    });
  }
}

function exitName(f: KvmFrame): "debug" | "mmio" | "io" | "idle" | "error" {
  switch (f.w[f.vcpu + VCPU.userExit]) {
    case USER_EXIT.debug:
      return "debug";
    case USER_EXIT.mmio:
      return "mmio";
    case USER_EXIT.io:
      return "io";
    case USER_EXIT.failEntry:
    case USER_EXIT.internalError:
      return "error";
    default:
      return "idle";
  }
}
