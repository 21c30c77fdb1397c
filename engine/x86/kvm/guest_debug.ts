/**
 * KVM_SET_GUEST_DEBUG.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import type { GuestDebugRequest } from "../../rules.ts";
import { highWord, lowWord, type Words } from "../../word64.ts";
import { NO_ERROR, USER, VCPU, VECTOR } from "../blocks.ts";
import { isProtected } from "../hardware/protected.ts";
import { bySlot, copySet, reportTf } from "../moves.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { loadEffectiveDr7 } from "./dr_registers.ts";
import { queueException } from "./exceptions.ts";
import { GUESTDBG } from "./guest_debug_flags.ts";
import type { KvmFrame } from "./kernel.ts";
import { addCsBase } from "./linear.ts";
import { refuseDebug } from "./protected.ts";
import { singleSteps, usesHwBp } from "./state.ts";

/** Where DR7 is in the ioctl's debugreg[8], in words. */
export const DEBUGREG_DR7 = 14;

/** The ioctl's eight registers, as pairs of words. */
export const DEBUGREG_WORDS = 16;

const debugreg: Words = new Int32Array(DEBUGREG_WORDS);

const CONTROL: Move = {
  cause: "write",
  to: ["kvm", "guest_debug"],
  from: ["user", "control"],
  rule: "x86:D29",
};
const EFF_FROM_USER = bySlot((n): Move => ({
  cause: "write",
  to: ["kvm", `eff_db${n}`],
  from: ["user", `DR${n}`],
  rule: "x86:D29",
}));
const EFF_FROM_DB: Move = {
  cause: "decide",
  to: ["kvm", "eff_db"],
  from: ["guest", "DR"],
  rule: "x86:D29",
};
const DEBUGGER_DR7: Move = {
  cause: "write",
  to: ["kvm", "guest_debug_dr7"],
  from: ["user", "DR7"],
  rule: "x86:D29",
};
const ENABLES: Move = {
  cause: "decide",
  to: ["kvm", "switch_db_regs"],
  from: ["vmcs", "DR7"],
  rule: "x86:B28",
};

/**
 * KVM_SET_GUEST_DEBUG: EBUSY where an exception is there already, else injections, then registers and flags, then what exits.
 *
 * @param debugreg the ioctl's eight registers, as pairs of words
 * @returns 0, or EBUSY where an exception is there already
 *
 * Rules x86:B28, x86:D29, x86:D40.
 */
export function setGuestDebugFromUser(
  f: KvmFrame,
  control: number,
  debugreg: Words,
): number {
  const { w, vcpu, kernel } = f;
  if (isProtected(f)) return refuseDebug(f);
  const inject = control & (GUESTDBG.INJECT_DB | GUESTDBG.INJECT_BP);
  const checks = kernel.injectRefused !== "never";
  if (inject !== 0 && checks) {
    const injected = kernel.injectRefused === "pending-or-injected" &&
      w[vcpu + VCPU.injectedException] !== 0;
    if (w[vcpu + VCPU.pendingException] !== 0 || injected) {
      return refuse(f, "KVM_SET_GUEST_DEBUG", {
        errno: "EBUSY",
        why: injected
          ? "an exception was injected and is not delivered yet"
          : "an exception is pending already",
        rule: injected ? "x86:D40" : "x86:D29",
      });
    }
    queueInjection(f, control);
  }
  kernel.applyGuestDebug(f, control, debugreg);
  updateIntercepts(f);
  if (inject !== 0 && !checks) queueInjection(f, control);
  return 0;
}

/** KVM_SET_GUEST_DEBUG exactly as given; registers not named are 0. */
export function setGuestDebug(f: KvmFrame, request: GuestDebugRequest): number {
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
  let { control } = request;
  if (request.inject === "db") control |= GUESTDBG.INJECT_DB;
  if (request.inject === "bp") control |= GUESTDBG.INJECT_BP;
  if (request.blockirq) control |= GUESTDBG.BLOCKIRQ;
  // A debugger that goes on with `user debug` finds what the raw call left. An injection is for this call alone.
  w[user + USER.control] = control &
    ~(GUESTDBG.INJECT_DB | GUESTDBG.INJECT_BP);
  for (let n = 0; n < 2 * SLOTS; n++) w[user + USER.debugreg + n] = debugreg[n];
  w[user + USER.dr7] = debugreg[DEBUGREG_DR7];
  return setGuestDebugFromUser(f, control, debugreg);
}

/** DB wins if both are asked for; it has no payload. Rules x86:D21, x86:D29. */
function queueInjection(f: KvmFrame, control: number): void {
  const vector = (control & GUESTDBG.INJECT_DB) !== 0 ? VECTOR.DB : VECTOR.BP;
  queueException(f, vector, NO_ERROR, "x86:D21");
}

/** The exception bitmap: which exceptions exit. #UD always, #DB always or while userspace debugs, #BP for software breakpoints; and whether ICEBP exits. Rules x86:B22, x86:D29. */
export function updateIntercepts(f: KvmFrame): void {
  const { w, vcpu } = f;
  const control = w[vcpu + VCPU.guestDebug];
  let exceptions = 1 << VECTOR.UD;
  const debugs = (control & (GUESTDBG.SINGLESTEP | GUESTDBG.USE_HW_BP)) !== 0;
  if (f.kernel.dbExitsAlways || debugs) exceptions |= 1 << VECTOR.DB;
  if ((control & GUESTDBG.USE_SW_BP) !== 0) exceptions |= 1 << VECTOR.BP;
  w[vcpu + VCPU.vmExceptions] = exceptions;
  w[vcpu + VCPU.vmIcebp] = f.kernel.icebpExits ? 1 : 0;
}

/** Without ENABLE the control word counts as 0. */
function effectiveControl(control: number): number {
  return (control & GUESTDBG.ENABLE) !== 0 ? control : 0;
}

function takeAddresses(f: KvmFrame, debugreg: Words): void {
  const { vcpu } = f;
  for (let n = 0; n < SLOTS; n++) {
    setPair(
      f,
      vcpu + VCPU.effDb + 2 * n,
      debugreg[2 * n],
      debugreg[2 * n + 1],
      EFF_FROM_USER[n],
    );
  }
}

function takeDr7(f: KvmFrame, debugreg: Words): void {
  setPair(
    f,
    f.vcpu + VCPU.guestDebugDr7,
    debugreg[DEBUGREG_DR7],
    debugreg[DEBUGREG_DR7 + 1],
    DEBUGGER_DR7,
  );
}

/**
 * Since 3.x: flags are read while TF is still hidden, and written once it may be added or dropped. The
 * debugger's DR7 is kept unmasked, apart from the VMCS.
 *
 * Rules x86:D7, x86:D29, x86:D30, x86:D78.
 */
export function applyGuestDebug(
  f: KvmFrame,
  control: number,
  debugreg: Words,
): void {
  const { w, vcpu, kernel } = f;
  const flags = kernel.getFlags(f);
  setWord(f, vcpu + VCPU.guestDebug, effectiveControl(control), CONTROL);
  if (usesHwBp(f)) {
    takeAddresses(f, debugreg);
    takeDr7(f, debugreg);
  } else {
    copySet(f, vcpu + VCPU.effDb, vcpu + VCPU.db, EFF_FROM_DB);
  }
  kernel.updateDr7(f);
  if (singleSteps(f)) {
    w[vcpu + VCPU.singlestepRip] = w[vcpu + VCPU.pc];
    w[vcpu + VCPU.singlestepRip + 1] = w[vcpu + VCPU.pc + 1];
    if (kernel.stepRip === "base-plus-rip") {
      addCsBase(f, vcpu + VCPU.singlestepRip);
    }
  }
  kernel.setFlags(f, flags);
}

const OWN_DR7_2008: Move = {
  cause: "decide",
  to: ["vmcs", "DR7"],
  from: ["guest", "DR7"],
  rule: "x86:B28",
};

const STEP_TF_2008: Move = {
  cause: "decide",
  to: ["guest", "RFLAGS"],
  from: null,
  rule: "x86:B28",
};

/**
 * 2008: the same registers, with the enables of the unmasked DR7 as the switch; stepping forces TF and RF,
 * and dropping it clears both.
 *
 * Rule x86:B28.
 */
export function applyGuestDebug2008(
  f: KvmFrame,
  control: number,
  debugreg: Words,
): void {
  const { w, vcpu } = f;
  const before = singleSteps(f);
  setWord(f, vcpu + VCPU.guestDebug, effectiveControl(control), CONTROL);
  if (usesHwBp(f)) {
    takeAddresses(f, debugreg);
    takeDr7(f, debugreg);
  } else {
    copySet(f, vcpu + VCPU.effDb, vcpu + VCPU.db, EFF_FROM_DB);
  }
  const effective = loadEffectiveDr7(f, OWN_DR7_2008);
  setWord(
    f,
    vcpu + VCPU.switchDbRegs,
    effective & DR7_BITS.ENABLES,
    ENABLES,
  );
  const trace = FLAGS.TF | FLAGS.RF;
  const flags = w[vcpu + VCPU.rflags];
  if (singleSteps(f)) w[vcpu + VCPU.rflags] |= trace;
  else if (before) w[vcpu + VCPU.rflags] &= ~trace;
  reportTf(f, flags, w[vcpu + VCPU.rflags], STEP_TF_2008);
}
