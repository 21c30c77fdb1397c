/**
 * SEV-ES guests, whose registers are encrypted: what KVM intercepts of them, and what userspace may ask for.
 *
 * @module
 */
import { type Move } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import type { CountChange } from "../../rules.ts";
import { CPU, VCPU, VECTOR, VM } from "../blocks.ts";
import { setFeatures } from "../configuration.ts";
import { accessBit } from "../hardware/mov_dr.ts";
import { isProtected, swapsDebug } from "../hardware/protected.ts";
import { copySet, setDrAccesses } from "../moves.ts";
import { REG } from "../registers/ids.ts";
import type { KvmFrame } from "./kernel.ts";

const SAVE_HOST: Move = {
  cause: "save",
  to: ["host", "saved_DR"],
  from: ["cpu", "DR"],
  rule: "x86:D83",
};

function refuseInit(f: KvmFrame, why: string): number {
  return refuse(f, "KVM_SEV_INIT2", { errno: "EINVAL", why, rule: "x86:D80" });
}

/**
 * What `set` gives the guest: features, and the kind of guest that it is. With DebugSwap where the kernel turns it on by
 * itself, unless it is asked for or not.
 *
 * Rules x86:D3, x86:D80, x86:D82.
 */
export function setGuest(f: KvmFrame, counts: CountChange): number {
  const { protected: kind, debug_swap: swap, ...features } = counts;
  if (kind === undefined && swap === undefined) {
    return setFeatures(f, features);
  }
  const { w, vm, vcpu, kernel } = f;
  const isKind = (kind ?? w[vm + VM.protected]) !== 0;
  if (isKind && !kernel.sevEs) {
    return refuseInit(
      f,
      f.vendor === "vmx"
        ? "kvm-intel has no SEV-ES guests"
        : "this kernel has no SEV-ES guests",
    );
  }
  if (w[vcpu + VCPU.ranOnce] !== 0) {
    return refuseInit(f, "the guest has run");
  }
  if (swap === 1 && (!isKind || kernel.debugSwap === "none")) {
    return refuseInit(
      f,
      isKind ? "this kernel has no DebugSwap" : "the guest is not protected",
    );
  }
  w[vm + VM.protected] = Number(isKind);
  const isOn = swap === undefined ? kernel.debugSwap === "on" : swap === 1;
  w[vm + VM.debugSwap] = Number(isKind && isOn);
  return Object.keys(features).length === 0 ? 0 : setFeatures(f, features);
}

/** DR7's accesses exit without DebugSwap, no access with it, and then #DB does not either. Rule x86:D82. */
export function protectedIntercepts(f: KvmFrame): void {
  if (!isProtected(f)) return;
  const swaps = swapsDebug(f);
  const dr7 = accessBit(REG.DR7, false) | accessBit(REG.DR7, true);
  setDrAccesses(f, swaps ? 0 : dr7, "x86:D82");
  if (swaps) f.w[f.vcpu + VCPU.vmExceptions] &= ~(1 << VECTOR.DB);
}

/** `sev_es_prepare_switch_to_guest()`: the host's DR0-3, which #VMEXIT loads. Rule x86:D83. */
export function saveHostAddresses(f: KvmFrame): void {
  if (!swapsDebug(f) || !f.kernel.savesHostDrs) return;
  copySet(f, f.cpu + CPU.savedDr, f.cpu + CPU.dr, SAVE_HOST);
}

/** Userspace asks for a register of a protected guest: refused, or KVM's own copy, which is not the guest's. Rule x86:D81. */
export function refuseProtected(f: KvmFrame, ioctl: string): number {
  if (!isProtected(f) || !f.kernel.refusesProtected) return 0;
  return refuse(f, ioctl, {
    errno: "EINVAL",
    why: "the guest's state is protected",
    rule: "x86:D81",
  });
}

/** KVM_SET_GUEST_DEBUG of a protected guest. Rule x86:D80. */
export function refuseDebug(f: KvmFrame): number {
  return refuse(f, "KVM_SET_GUEST_DEBUG", {
    errno: "EINVAL",
    why: "the guest's state is protected",
    rule: "x86:D80",
  });
}
