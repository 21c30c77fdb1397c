/**
 * Where the values that views show are kept: what `why` begins with.
 *
 * @module
 */
import type { Place, Space } from "../events.ts";
import { placeIn } from "../moves.ts";
import { MODE } from "../rules.ts";
import { VCPU } from "./blocks.ts";
import { accessBit } from "./hardware/mov_dr.ts";
import { isProtected, swapsDebug } from "./hardware/protected.ts";
import { SWITCH } from "./kvm/constants.ts";
import type { KvmFrame } from "./kvm/kernel.ts";
import { usesHwBp } from "./kvm/state.ts";
import { REG, SLOTS } from "./registers/ids.ts";
import { X86_REGISTERS } from "./registers/table.ts";

/** The physical register holds what is newer than KVM's copy: the guest is in, and its accesses do not exit. */
function isLive(f: KvmFrame): boolean {
  const { w, vcpu } = f;
  return w[vcpu + VCPU.mode] === MODE.guest &&
    (w[vcpu + VCPU.switchDbRegs] & SWITCH.WONT_EXIT) !== 0;
}

/** Where KVM keeps the guest's own register. */
function ownPlace(f: KvmFrame, register: number): Place {
  const { vmDr6IsGuests } = f.kernel;
  return register === REG.DR6 && vmDr6IsGuests && !usesHwBp(f)
    ? placeIn(f, "vmcs", "DR6")
    : placeIn(f, "guest", X86_REGISTERS.byId(register).name);
}

/** Where the next entry finds what it loads. */
function loadedPlace(f: KvmFrame, register: number): Place {
  if (register < SLOTS) return placeIn(f, "kvm", `eff_db${register}`);
  if (register === REG.DR7) return placeIn(f, "vmcs", "DR7");
  if (f.vendor === "svm") return placeIn(f, "vmcs", "DR6");
  const loads = (f.w[f.vcpu + VCPU.switchDbRegs] & SWITCH.WONT_EXIT) !== 0;
  return loads ? ownPlace(f, register) : placeIn(f, "cpu", "DR6");
}

/** Where a protected guest finds a register. */
function protectedPlace(f: KvmFrame, register: number): Place {
  const { name } = X86_REGISTERS.byId(register);
  if (register === REG.DR7 && !swapsDebug(f)) {
    return placeIn(f, "guest", "cached_DR7");
  }
  const isIn = f.w[f.vcpu + VCPU.mode] === MODE.guest;
  return placeIn(f, isIn ? "cpu" : "vmcs", name);
}

/** Where DEBUGCTL is kept: the guest reads KVM's copy, as its accesses exit. */
function debugctlPlace(
  f: KvmFrame,
  view: "guest" | "user" | "hw" | "cpu",
): Place | undefined {
  const { w, vcpu } = f;
  const isIn = w[vcpu + VCPU.mode] === MODE.guest;
  const isHosts = f.vendor === "svm" && !f.kernel.switchesDebugctl &&
    w[vcpu + VCPU.lbrVirtualized] === 0;
  switch (view) {
    case "user":
    case "guest":
      return placeIn(f, "vmcs", "DEBUGCTL");
    case "hw":
      return isIn || isHosts
        ? placeIn(f, "cpu", "DEBUGCTL")
        : placeIn(f, "vmcs", "DEBUGCTL");
    case "cpu":
      return placeIn(f, "cpu", "DEBUGCTL");
    default:
      return view satisfies never;
  }
}

/** Where the value that a view shows is kept. */
export function placeOf(
  f: KvmFrame,
  view: "guest" | "user" | "hw" | "cpu",
  register: number,
): Place | undefined {
  const { w, vcpu } = f;
  if (register === REG.RFLAGS || register === REG.CR4) {
    return view === "guest" || view === "user"
      ? ownPlace(f, register)
      : undefined;
  }
  if (register === REG.DEBUGCTL) return debugctlPlace(f, view);
  if (register > REG.DR7) return undefined;
  const isAlias = register === REG.DR4 || register === REG.DR5;
  const real = isAlias ? register + 2 : register;
  const physical = placeIn(f, "cpu", X86_REGISTERS.byId(real).name);
  switch (view) {
    case "cpu":
      return isAlias ? undefined : physical;
    case "hw":
      if (isAlias) return undefined;
      return isLive(f) ? physical : loadedPlace(f, real);
    case "user":
      if (isAlias) return undefined;
      return isLive(f) ? physical : ownPlace(f, real);
    case "guest": {
      if (isProtected(f)) return protectedPlace(f, real);
      const exits =
        (w[vcpu + VCPU.vmDrAccesses] & accessBit(register, false)) !== 0;
      if (!exits && w[vcpu + VCPU.mode] === MODE.guest) return physical;
      const emulated = exits &&
        (!f.kernel.lazy || w[vcpu + VCPU.guestDebug] !== 0);
      return real === REG.DR6 || emulated
        ? ownPlace(f, real)
        : loadedPlace(f, real);
    }
    default:
      return view satisfies never;
  }
}

/** Names of the kvm view that are registers with a place of their own. */
const KVM_PLACES: Readonly<
  Record<string, readonly [space: Space, name: string]>
> = {
  db0: ["guest", "DR0"],
  db1: ["guest", "DR1"],
  db2: ["guest", "DR2"],
  db3: ["guest", "DR3"],
  dr6: ["guest", "DR6"],
  dr7: ["guest", "DR7"],
  vmcs_dr7: ["vmcs", "DR7"],
  vmcb_dr7: ["vmcs", "DR7"],
  vmcb_dr6: ["vmcs", "DR6"],
  vmcs_debugctl: ["vmcs", "DEBUGCTL"],
  vmcb_debugctl: ["vmcs", "DEBUGCTL"],
  rflags: ["guest", "RFLAGS"],
};

/** Where a name of the kvm view is kept. */
export function kvmPlace(f: KvmFrame, name: string): Place {
  const [space, register] = KVM_PLACES[name] ?? ["kvm", name];
  return placeIn(f, space, register);
}
