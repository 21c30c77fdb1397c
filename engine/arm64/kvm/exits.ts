/**
 * Exits from the guest, and what KVM does with each.
 *
 * @module
 */
import type { Part, RuleId } from "../../events.ts";
import type { Insn } from "../../program.ts";
import {
  CPU_BASE,
  HANDLED,
  type Handled,
  MODE,
  VCPU_BASE,
} from "../../rules.ts";
import { get64, MAX64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import { trappedAccessRule } from "../cited_rules.ts";
import { EXIT_CLASS } from "../hardware/exception_class.ts";
import { injectUndefined } from "../hardware/exception_entry.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import type { KvmFrame } from "./kernel.ts";
import { skipEmulated } from "./step_flag.ts";
import { handleSysreg } from "./sysreg_traps.ts";
import { debugExit, fakeStep, mmioExit } from "./user_exits.ts";
import { leaveGuest } from "./world_switch.ts";

/** What an exit class is called in events. */
function whyOf(exitClass: number): string {
  switch (exitClass) {
    case EXIT_CLASS.interrupt:
      return "interrupt";
    case EXIT_CLASS.systemRegister:
      return "trap";
    case EXIT_CLASS.dataAbortLower:
      return "mmio";
    case EXIT_CLASS.hvc:
      return "hvc";
    case EXIT_CLASS.smc:
      return "smc";
    default:
      return "debug";
  }
}

/** KVM completed the instruction: the PC goes past it, now or at the next entry. */
function complete(f: KvmFrame): Handled {
  if (f.kernel.adjustsPcAtEntry) f.w[f.vcpu + VCPU.incrementPc] = 1;
  else skipEmulated(f);
  return HANDLED.done;
}

/** A register that the guest was not given is UNDEFINED: its ID register tells how many it was. */
const COUNTED: readonly RuleId[] = ["arm64:D27", "arm64:D29"];
const COUNTS: readonly Part[] = [{
  place: { space: "vm", index: 0, name: "ID_AA64DFR0_EL1" },
  bits: MAX64,
}];

function injectUndef(f: KvmFrame, rule: RuleId): Handled {
  f.sink?.push({
    kind: "inject",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    exception: "undef",
    ...COUNTED.includes(rule) && { needed: COUNTS },
    rule,
  });
  if (f.kernel.adjustsPcAtEntry) f.w[f.vcpu + VCPU.pendingUndef] = 1;
  else injectUndefined(f);
  return HANDLED.again;
}

/** The rule by which KVM finds an access UNDEFINED. */
function undefRule({ register }: Insn): RuleId {
  return trappedAccessRule(
    ARM64_REGISTERS.byId(register).name,
    "arm64:D27",
  );
}

/** SMC, whose preferred return address is the SMC. Source: handle_exit.c, handle_smc(). Rules arm64:E/1.32, arm64:F26. */
function handleSmc(f: KvmFrame): Handled {
  switch (f.kernel.smc) {
    case "undefined":
      return injectUndef(f, "arm64:E/1.32");
    case "stays":
      return HANDLED.again;
    case "skips":
      return complete(f);
    default:
      return f.kernel.smc satisfies never;
  }
}

/**
 * The exit of a trap after the step that KVM may make up.
 *
 * Source: arch/arm64/kvm/handle_exit.c, handle_trap_exceptions(), 4.16.13.
 */
function stepped(f: KvmFrame, handled: Handled): Handled {
  const isKernels = handled === HANDLED.again || handled === HANDLED.done;
  if (!isKernels || f.w[f.vcpu + VCPU.exitClass] === EXIT_CLASS.interrupt) {
    return handled;
  }
  if (!fakeStep(f)) return handled;
  return handled === HANDLED.done ? HANDLED.userDone : HANDLED.userPending;
}

function handle(f: KvmFrame, insn: Insn | null): Handled {
  switch (f.w[f.vcpu + VCPU.exitClass]) {
    case EXIT_CLASS.interrupt:
      return HANDLED.again;
    case EXIT_CLASS.systemRegister:
      if (insn === null) {
        throw new RangeError("A trapped access has no instruction");
      }
      return handleSysreg(f, insn)
        ? complete(f)
        : injectUndef(f, undefRule(insn));
    case EXIT_CLASS.dataAbortLower:
      return mmioExit(f);
    case EXIT_CLASS.hvc:
      // The preferred return address is already the instruction after it. Rule arm64:E/1.31.
      return HANDLED.done;
    case EXIT_CLASS.smc:
      return handleSmc(f);
    case EXIT_CLASS.breakpointLower:
    case EXIT_CLASS.stepLower:
    case EXIT_CLASS.watchpointLower:
    case EXIT_CLASS.brk:
      return debugExit(f);
    default:
      // Rule arm64:B17: no other class gets here.
      throw new RangeError(
        `No handler for exit class ${f.w[f.vcpu + VCPU.exitClass]}`,
      );
  }
}

/** What an exit is explained by. */
function exitRule(f: KvmFrame): RuleId {
  switch (f.w[f.vcpu + VCPU.exitClass]) {
    case EXIT_CLASS.systemRegister:
      return "arm64:A/14";
    case EXIT_CLASS.breakpointLower:
    case EXIT_CLASS.stepLower:
    case EXIT_CLASS.watchpointLower:
    case EXIT_CLASS.brk:
      return "arm64:B15";
    default:
      return f.kernel.switchRules.exit;
  }
}

/** World switch out of the guest and the handling of the exit. */
export function exitGuest(f: KvmFrame, insn: Insn | null): Handled {
  const { w } = f;
  w[f.vcpu + VCPU_BASE.mode] = MODE.loaded;
  f.sink?.push({
    kind: "exit",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    why: whyOf(w[f.vcpu + VCPU.exitClass]),
    ec: w[f.vcpu + VCPU.exitClass],
    pc: get64(w, f.vcpu + VCPU_BASE.pc),
    rule: exitRule(f),
  });
  leaveGuest(f);
  const handled = stepped(f, handle(f, insn));
  if (f.kernel.debugSwitch.clearsAfterHandling) f.kernel.debugSwitch.clear(f);
  return handled;
}
