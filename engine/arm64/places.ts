/**
 * Where the values that views show are kept: what `why` begins with.
 *
 * @module
 */
import type { Place, Space } from "../events.ts";
import { placeIn } from "../moves.ts";
import { MODE, VCPU_BASE } from "../rules.ts";
import { CPU, VCPU } from "./blocks.ts";
import { ACCESS, access } from "./hardware/access.ts";
import { exitGuest } from "./kvm/exits.ts";
import { isIdRegister } from "./kvm/id_values.ts";
import { bankIndex } from "./kvm/indexing.ts";
import type { KvmFrame } from "./kvm/kernel.ts";
import { interrupt, vcpuLoad } from "./kvm/vcpu_run.ts";
import { registerPlace } from "./moves.ts";
import { type Kind, NUMBERED_MAX, numberedId, REG } from "./registers/ids.ts";
import { ARM64_REGISTERS } from "./registers/table.ts";
import { readInsn, toGuest, toUser } from "./views.ts";

/** What events call the set or copy at an offset of the vCPU block. */
function spaceAt(offset: number): Space {
  switch (offset) {
    case VCPU.external:
    case VCPU.externalMdscr:
      return "external";
    case VCPU.shadow:
      return "shadow";
    default:
      return "guest";
  }
}

/** MDSCR_EL1 at an offset of the vCPU block. */
function mdscrPlace(f: KvmFrame, offset: number): Place {
  return offset === VCPU.savedMdscr
    ? placeIn(f, "kvm", "saved_mdscr_el1")
    : registerPlace(f, spaceAt(offset), REG.MDSCR_EL1);
}

/** Where a trapped guest access would read a register. */
function emulatedPlace(
  f: KvmFrame,
  register: number,
): Place | undefined {
  const { numbering, debugSwitch } = f.kernel;
  if (register < NUMBERED_MAX) {
    const kind = (register >> 4) as Kind;
    const slot = numbering.guestSlot(f, kind, bankIndex(f, register));
    if (slot < 0) return undefined;
    const space = spaceAt(debugSwitch.accessedBank(f));
    return registerPlace(f, space, numberedId(kind, slot));
  }
  if (register === REG.MDSCR_EL1) {
    return mdscrPlace(f, debugSwitch.accessedMdscr(f));
  }
  return storedPlace(f, register);
}

/** Where KVM keeps a register that exists once. */
function storedPlace(f: KvmFrame, register: number): Place {
  return register === REG.ID_AA64DFR0_EL1
    ? placeIn(f, "vm", "ID_AA64DFR0_EL1")
    : registerPlace(f, "guest", register);
}

/** Where an entry finds what it loads, after `setup`. */
function loadedPlace(f: KvmFrame, register: number): Place {
  const { debugSwitch } = f.kernel;
  if (register < NUMBERED_MAX) {
    return registerPlace(f, spaceAt(debugSwitch.selected(f)), register);
  }
  if (register === REG.MDSCR_EL1) {
    return mdscrPlace(f, debugSwitch.loadedMdscr(f));
  }
  if (register === REG.MDCR_EL2) return placeIn(f, "kvm", "mdcr_el2");
  return storedPlace(f, register);
}

/** Where the guest finds a register that does not trap, right after an entry: what was not switched is the CPU's. */
function untrappedPlace(
  f: KvmFrame,
  register: number,
): Place | undefined {
  const isSwitched = register < NUMBERED_MAX || register === REG.MDCCINT_EL1;
  if (isSwitched && f.w[f.cpu + CPU.switched] === 0) {
    return registerPlace(f, "cpu", register);
  }
  // The CPU's own ID registers are no place of the model's.
  return isIdRegister(register) ? undefined : loadedPlace(f, register);
}

/** Where KVM_GET_ONE_REG finds a register. */
function userPlace(f: KvmFrame, register: number): Place | undefined {
  if (register >= NUMBERED_MAX) return storedPlace(f, register);
  const kind = (register >> 4) as Kind;
  const slot = f.kernel.numbering.userSlot(f, kind, bankIndex(f, register));
  return slot < 0
    ? undefined
    : registerPlace(f, "guest", numberedId(kind, slot));
}

/** A register that is in the CPU for the guest right now, where its value is newer than KVM's copy. */
function inCpu(f: KvmFrame, register: number): Place | undefined {
  if (f.w[f.vcpu + VCPU_BASE.mode] !== MODE.guest) return undefined;
  if (!ARM64_REGISTERS.byId(register).physical) return undefined;
  const isSwitched = register < NUMBERED_MAX || register === REG.MDCCINT_EL1;
  if (isSwitched && f.w[f.cpu + CPU.switched] === 0) return undefined;
  return registerPlace(f, "cpu", register);
}

const BANKS: Readonly<Record<string, Space>> = {
  shadow: "shadow",
  external: "external",
  stored: "guest",
};

/** Where a name of the kvm view is kept. */
export function kvmPlace(f: KvmFrame, name: string): Place {
  if (name === "emulate") return placeIn(f, "vm", "emulate");
  if (name === "shadow_mdscr_el1") {
    return placeIn(f, "kvm", "saved_mdscr_el1");
  }
  const underscore = name.indexOf("_");
  const space = BANKS[name.slice(0, underscore)];
  const register = ARM64_REGISTERS.find(name.slice(underscore + 1));
  return space && register
    ? registerPlace(f, space, register.id)
    : placeIn(f, "kvm", name);
}

/** Where a guest read would find a register. */
function guestPlace(f: KvmFrame, register: number): Place | undefined {
  if (register === REG.PSTATE) return storedPlace(f, register);
  const live = inCpu(f, register);
  toGuest(f);
  switch (access(f, readInsn(register))) {
    case ACCESS.undef:
      return undefined;
    case ACCESS.trap:
      interrupt(f);
      exitGuest(f, null);
      return emulatedPlace(f, register);
    default:
      return live ?? untrappedPlace(f, register);
  }
}

/** Where the value that a view shows is kept. */
export function placeOf(
  f: KvmFrame,
  view: "guest" | "user" | "hw" | "cpu",
  register: number,
): Place | undefined {
  switch (view) {
    case "cpu":
      return ARM64_REGISTERS.byId(register).physical
        ? registerPlace(f, "cpu", register)
        : undefined;
    case "guest":
      return guestPlace(f, register);
    case "user":
      return inCpu(f, register) ?? userPlace(f, register);
    case "hw": {
      const live = inCpu(f, register);
      if (live !== undefined) return live;
      toUser(f);
      vcpuLoad(f);
      f.kernel.debugSwitch.setup(f);
      return loadedPlace(f, register);
    }
    default:
      return view satisfies never;
  }
}
