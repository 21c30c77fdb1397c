/**
 * The rules of x86 under one kernel, vendor and hardware model: each step composed from hardware, kernel and
 * modelled guest.
 *
 * @module
 */
import type { CostName } from "../cost.ts";
import type { Event } from "../events.ts";
import type { Insn } from "../program.ts";
import {
  BEGUN,
  type CountChange,
  type DebuggerRequest,
  type GuestDebugRequest,
  type Handled,
  type HostDebugRequest,
  OUTCOME,
  type Outcome,
  type Rules,
} from "../rules.ts";
import { get64, highWord, lowWord, type Words } from "../word64.ts";
import {
  COMPLETION,
  CPU,
  EXIT,
  EXIT_NAMES,
  USER,
  USER_EXIT,
  VCPU,
  VM,
} from "./blocks.ts";
import type { X86Frame } from "./frame.ts";
import type { Vendor } from "./hardware/models.ts";
import { handlerStep } from "./guest/handler.ts";
import { boundaryCause, leave, raiseDb } from "./hardware/exceptions.ts";
import { execute } from "./hardware/execute.ts";
import type { X86Model } from "./hardware/models.ts";
import {
  enterGuest,
  entryRefused,
  leaveGuest,
} from "./hardware/world_switch.ts";
import { movePast } from "./kvm/complete.ts";
import { GUESTDBG } from "./kvm/constants.ts";
import { debuggerRequest, DEBUGREG_WORDS } from "./kvm/debugger.ts";
import { userGet, userSet, userSetPc } from "./kvm/debugregs.ts";
import { reenter, RELOAD_RULE, vcpuLoad, vcpuPut } from "./kvm/entry.ts";
import { deliverInjection, prepareInjection } from "./kvm/exceptions.ts";
import { handleExit } from "./kvm/exits.ts";
import { checkExtension } from "./kvm/extensions.ts";
import { setGuestDebug, updateIntercepts } from "./kvm/guest_debug.ts";
import { hostDebug } from "./kvm/host_breakpoints.ts";
import type { X86Kernel } from "./kvm/kernel.ts";
import { refuse } from "./kvm/refuse.ts";
import { powerOn, resetVcpu } from "./kvm/reset.ts";
import { ruleOfKernel } from "./kvm/rules_2016.ts";
import { singleSteps, tfSet } from "./kvm/state.ts";
import { skip } from "./kvm/step.ts";
import { exitValues } from "./kvm/user_exits.ts";
import { observe } from "./observe.ts";
import { profileKernel, type X86Profile } from "./profiles/profile.ts";
import { REG } from "./registers/ids.ts";
import {
  cpuView,
  hwView,
  kvmPlace,
  kvmView,
  peek,
  placeOf,
  userView,
} from "./views.ts";

/** One configuration of an x86 machine. */
export interface X86Config {
  readonly profile: X86Profile;
  readonly vendor: Vendor;
  readonly model: X86Model;
  /** The profile's options by name; those left out have their first value. */
  readonly options?: Readonly<Record<string, string>>;
}

/** Where vCPU v's program begins. */
export function programStart(v: number): number {
  return 0x10_0000 * (v + 1) + 0x1_0000;
}

const debugreg: Words = new Int32Array(DEBUGREG_WORDS);

/**
 * Makes the rules of a configuration.
 *
 * @throws {RangeError} if the hardware model is of another vendor
 */
export function x86Rules(config: X86Config): Rules<X86Frame> {
  const { vendor, model, profile, options = {} } = config;
  if (!model.vendors.includes(vendor)) {
    throw new RangeError(`${model.name} has no ${vendor}`);
  }
  const kernel: X86Kernel = profileKernel(profile, vendor, options);
  return {
    sizes: {
      vm: VM.words,
      vcpu: VCPU.words,
      user: USER.words,
      cpu: CPU.words,
    },
    frame: (w) => makeFrame(w, { vendor, model, kernel }),
    costOf,
    ruleOf: ruleOfKernel(kernel),
    noProgressRule: "x86:B21",
    initVm: () => {},
    initVcpu,
    initCpu: powerOn,
    begin,
    beginProgram(f) {
      f.w[f.vcpu + VCPU.exceptions] = 0;
    },
    completeAccess(f) {
      if (f.w[f.vcpu + VCPU.completion] !== COMPLETION.none) begin(f);
    },
    load,
    enter,
    instruction,
    interrupt: (f) => {
      leave(f, EXIT.interrupt);
    },
    exit,
    put,
    userGet,
    userSet,
    userSetPc,
    userInit: (f) => {
      resetVcpu(f);
      return 0;
    },
    checkExtension,
    setGuestDebug: guestDebug,
    debugger: (f, request: DebuggerRequest) => debuggerRequest(f, request),
    setCounts,
    hostDebug: (f, request: HostDebugRequest) => hostDebug(f, request),
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
  };
}

function makeFrame(
  w: Words,
  { vendor, model, kernel }: Pick<X86Frame, "vendor" | "model" | "kernel">,
): X86Frame {
  return {
    w,
    vm: 0,
    vcpu: 0,
    user: 0,
    cpu: 0,
    lo: 0,
    hi: 0,
    nextLo: 0,
    nextHi: 0,
    sink: null,
    vendor,
    model,
    kernel,
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

function initVcpu(f: X86Frame, index: number): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.index] = index;
  w[vcpu + VCPU.pc] = programStart(index);
  resetVcpu(f);
  updateIntercepts(f);
}

/** KVM_RUN begins: the access that userspace was asked for is completed. Rule x86:D27. */
function begin(f: X86Frame): number {
  const { w, vcpu, kernel } = f;
  w[vcpu + VCPU.ranOnce] = 1;
  const completion = w[vcpu + VCPU.completion];
  w[vcpu + VCPU.userExit] = USER_EXIT.none;
  w[vcpu + VCPU.completion] = COMPLETION.none;
  if (completion === COMPLETION.none) return BEGUN.fresh;
  const skips = completion === COMPLETION.skip;
  // The emulator overwrites a RIP that userspace has set; the skip leaves it alone.
  if (skips && !stillAtAccess(f)) return BEGUN.fresh;
  w[vcpu + VCPU.pc] = w[vcpu + VCPU.completionRip];
  w[vcpu + VCPU.pc + 1] = w[vcpu + VCPU.completionRip + 1];
  const toUser = skips ? skip(f, kernel.vendorSkipSteps) : kernel.emulated(f);
  // em_mov_sreg_rm(), emulate.c. Rule x86:A7.
  if (completion === COMPLETION.emulateMovSs) w[vcpu + VCPU.shadow] = 1;
  return toUser ? BEGUN.completedToUser : BEGUN.completed;
}

/** `kvm_is_linear_rip()` of a port access: userspace has not moved RIP. */
function stillAtAccess({ w, vcpu }: X86Frame): boolean {
  return w[vcpu + VCPU.pc] === w[vcpu + VCPU.completionFrom] &&
    w[vcpu + VCPU.pc + 1] === w[vcpu + VCPU.completionFrom + 1];
}

/** vcpu_load. Rule x86:C11. */
function load(f: X86Frame): void {
  const { w, vcpu, cpu } = f;
  f.sink?.push({
    kind: "vcpu-load",
    vcpu: w[vcpu + VCPU.index],
    cpu: w[cpu + CPU.index],
    rule: "x86:C11",
  });
  vcpuLoad(f);
}

/** Events are injected, debug registers loaded, the guest entered, and an injected event delivered. */
function enter(f: X86Frame): void {
  const { w, vcpu, kernel } = f;
  const vector = prepareInjection(f);
  kernel.beforeEntry(f);
  // x86:D31
  if (f.vendor === "vmx" && singleSteps(f)) w[vcpu + VCPU.shadow] = 0;
  const refused = entryRefused(f);
  enterGuest(f);
  if (refused) {
    f.sink?.push({
      kind: "warn",
      vcpu: w[vcpu + VCPU.index],
      message:
        "the VM entry fails: TF in the shadow of MOV SS, no step pending",
      rule: "x86:F14",
    });
    w[vcpu + VCPU.injectedException] = vector + 1;
    leave(f, EXIT.entryFailed);
  } else if (vector >= 0) deliverInjection(f, vector);
}

/**
 * The next thing that the guest does. A step trap or data trap that is still pending comes first, then the
 * modelled handler, then the program.
 */
function instruction(f: X86Frame, insn: Insn | null): Outcome {
  const { w, vcpu } = f;
  if (w[vcpu + VCPU.exitReason] === EXIT.entryFailed) return OUTCOME.exits;
  if (w[vcpu + VCPU.stopped] !== 0) return OUTCOME.drained;
  const inHandler = w[vcpu + VCPU.inHandler] !== 0;
  if (!inHandler && insn !== null) {
    if (movedPast(f, insn)) return OUTCOME.next;
    w[vcpu + VCPU.pc] = insn.addressLo;
    w[vcpu + VCPU.pc + 1] = insn.addressHi;
  }
  const due = w[vcpu + VCPU.pendingDb];
  let outcome: Outcome;
  if (due !== 0 && w[vcpu + VCPU.shadow] === 0) {
    outcome = raiseDb(f, boundaryCause(f, due, !inHandler && insn !== null));
  } else if (inHandler) {
    outcome = handlerStep(f, insn);
  } else if (insn === null) {
    w[vcpu + VCPU.exceptions] = 0;
    return OUTCOME.drained;
  } else {
    observe(f, insn);
    outcome = execute(f, insn);
    if (outcome === OUTCOME.exits && staysInLoop(f)) return fastPath(f, insn);
  }
  return outcome;
}

/**
 * The exit is one that KVM handles in its innermost loop. A step that is due takes the long way, but for one of
 * userspace's in a kernel that loses its exit there.
 *
 * handle_fastpath_set_msr_irqoff(), x86.c, 5.8.1 and 6.12.0. Rule x86:D.4.
 */
function staysInLoop(f: X86Frame): boolean {
  const { w, vcpu, kernel } = f;
  if (w[vcpu + VCPU.exitReason] !== EXIT.msrWrite || !kernel.fastPath) {
    return false;
  }
  return !tfSet(f) || (singleSteps(f) && !kernel.fastPathStops);
}

/** The write of an MSR that KVM finishes in its innermost loop: out, past the instruction, in again. Rule x86:D.4. */
function fastPath(f: X86Frame, insn: Insn): Outcome {
  const { w, vcpu } = f;
  leaveGuest(f);
  reportExit(f, insn);
  movePast(f);
  skip(f, false);
  w[vcpu + VCPU.exitReason] = EXIT.none;
  reenter(f);
  enterGuest(f);
  return OUTCOME.next;
}

/** Userspace moved rip behind the pending instruction: it is over. */
function movedPast(f: X86Frame, insn: Insn): boolean {
  const { w, vcpu } = f;
  if (w[vcpu + VCPU.pcMoved] === 0) return false;
  w[vcpu + VCPU.pcMoved] = 0;
  return w[vcpu + VCPU.pc] === f.nextLo && w[vcpu + VCPU.pc + 1] === f.nextHi &&
    !(insn.addressLo === f.nextLo && insn.addressHi === f.nextHi);
}

/** The world switch out, what KVM takes back, and the exit's reason. */
function exit(f: X86Frame, insn: Insn | null): Handled {
  const { w, vcpu } = f;
  leaveGuest(f);
  reportExit(f, insn);
  f.kernel.afterExit(f);
  const handled = handleExit(f, insn);
  w[vcpu + VCPU.exitReason] = EXIT.none;
  w[vcpu + VCPU.exitData] = 0;
  w[vcpu + VCPU.exitDone] = 0;
  return handled;
}

function reportExit(f: X86Frame, insn: Insn | null): void {
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
    rule: "x86:A.6",
  });
  if (reason === EXIT.drAccess) {
    const data = w[vcpu + VCPU.exitData];
    f.sink.push({
      kind: "trap",
      vcpu: w[vcpu + VCPU.index],
      access: data >= 16 ? "write" : "read",
      register: `DR${data & 15}`,
      because: f.vendor === "vmx" ? "MOV-DR exiting" : "DR intercept",
      rule: "x86:A.6",
    });
  } else if (reason === EXIT.crWrite && insn !== null) {
    f.sink.push({
      kind: "trap",
      vcpu: w[vcpu + VCPU.index],
      access: "write",
      register: "CR4",
      because: "CR4 intercept",
      rule: "x86:A.6",
    });
  }
}

/** vcpu_put. Rule x86:C11. */
function put(f: X86Frame): void {
  vcpuPut(f);
  f.sink?.push({
    kind: "vcpu-put",
    vcpu: f.w[f.vcpu + VCPU.index],
    cpu: f.w[f.cpu + CPU.index],
    rule: "x86:C11",
  });
}

function guestDebug(f: X86Frame, request: GuestDebugRequest): number {
  debugreg.fill(0);
  for (const { register, value } of request.registers) {
    if (register > REG.DR7) {
      return refuse(f, "KVM_SET_GUEST_DEBUG", {
        errno: "EINVAL",
        why: "the structure has eight debug registers",
        rule: "x86:D29",
      });
    }
    debugreg[2 * register] = lowWord(value);
    debugreg[2 * register + 1] = highWord(value);
  }
  const { w, user } = f;
  // A debugger that goes on with `user debug` finds what the raw call left.
  w.fill(0, user, user + USER.words);
  let control = request.control;
  if (request.inject === "db") control |= GUESTDBG.INJECT_DB;
  if (request.inject === "bp") control |= GUESTDBG.INJECT_BP;
  if (request.blockirq) control |= GUESTDBG.BLOCKIRQ;
  w[user + USER.control] = control;
  for (let n = 0; n < 8; n++) w[user + USER.debugreg + n] = debugreg[n];
  w[user + USER.dr7] = debugreg[14];
  return setGuestDebug(f, control, debugreg);
}

/** KVM_SET_CPUID2, as far as debug registers go. */
function setCounts(f: X86Frame, counts: CountChange): number {
  for (const [name, count] of Object.entries(counts)) {
    if ((name !== "rtm" && name !== "bld") || count < 0 || count > 1) {
      return refuse(f, "KVM_SET_CPUID2", {
        errno: "EINVAL",
        why: `${name}=${count} is no such feature`,
        rule: "x86:D3",
      });
    }
  }
  if (counts.rtm !== undefined) f.w[f.vm + VM.rtm] = counts.rtm;
  if (counts.bld !== undefined) f.w[f.vm + VM.busLock] = counts.bld;
  return 0;
}

function exitName(f: X86Frame): "debug" | "mmio" | "io" | "idle" | "error" {
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
