/**
 * The world switch: the debug registers on the way into the guest and out of it.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { CPU_BASE, VCPU_BASE } from "../../rules.ts";
import { copy64, copySet64, get64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import { injectUndefined } from "../hardware/exception_entry.ts";
import { writePhysical } from "../hardware/register_file.ts";
import { returnFromEl2 } from "../hardware/software_step.ts";
import { type RegisterRoute, reportRegister, setRegister } from "../moves.ts";
import {
  KIND,
  type Kind,
  NUMBERED_MAX,
  numberedId,
  REG,
} from "../registers/ids.ts";
import { type KvmFrame, runsAtEl2 } from "./kernel.ts";
import { enterMdcr, leaveMdcr } from "./mdcr.ts";
import { skipEmulated } from "./step_flag.ts";

/** Breakpoints or watchpoints of a kind that the machine has. */
function countOf(f: KvmFrame, kind: Kind): number {
  return kind === KIND.bcr || kind === KIND.bvr ? f.host.brps : f.host.wrps;
}

const KINDS: readonly Kind[] = [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr];

const LOAD: Readonly<Record<"guest" | "external" | "host", RegisterRoute>> = {
  guest: { cause: "load", to: "cpu", from: "guest" },
  external: { cause: "load", to: "cpu", from: "external" },
  host: { cause: "restore", to: "cpu", from: "host" },
};
const SAVE: Readonly<Record<"guest" | "external", RegisterRoute>> = {
  guest: { cause: "save", to: "guest", from: "cpu" },
  external: { cause: "save", to: "external", from: "cpu" },
};

/** Writes a physical register from a place at an index, and reports it if its value changed. */
function load(
  f: KvmFrame,
  register: number,
  at: number,
  route: RegisterRoute,
  rule: RuleId,
): void {
  const { w } = f;
  f.lo = w[at];
  f.hi = w[at + 1];
  if (f.sink === null) {
    writePhysical(f, register);
    return;
  }
  const physical = f.cpu +
    (register === REG.MDSCR_EL1 ? CPU.mdscr : CPU.hw + 2 * register);
  const old = get64(w, physical);
  writePhysical(f, register);
  reportRegister(f, old, get64(w, physical), route, register, rule);
}

/** Copies a register from one place to another, and reports it if the value changed. */
function copy(
  f: KvmFrame,
  register: number,
  { to, from }: { to: number; from: number },
  route: RegisterRoute,
  rule: RuleId,
): void {
  setRegister(f, to, f.w[from], f.w[from + 1], route, register, rule);
}

/**
 * CONTEXTIDR_EL1 of the guest, as the CPU keeps it. Only a host at EL1 has one of its own to keep.
 *
 * arch/arm64/kvm/hyp/switch.c, __kvm_vcpu_run_nvhe(), 4.20 to 5.7; hyp/nvhe/switch.c, __kvm_vcpu_run(), since 5.8.
 * Rule arm64:E/1.29.
 */
function loadContext(f: KvmFrame, rule: RuleId): void {
  if (!runsAtEl2(f)) keepHost(f, CPU.hostContextidr, CPU.contextidr);
  const { lo, hi } = f.host.model.kept.contextidr;
  setRegister(
    f,
    f.cpu + CPU.contextidr,
    f.w[f.vcpu + VCPU.contextidr] & lo,
    f.w[f.vcpu + VCPU.contextidr + 1] & hi,
    LOAD.guest,
    REG.CONTEXTIDR_EL1,
    rule,
  );
}

/** What the CPU holds for the host, kept while a guest is in. */
function keepHost(f: KvmFrame, to: number, from: number): void {
  copy64(f.w, { to: f.cpu + to, from: f.cpu + from });
}

/** The CPU holds again what was kept for the host. */
function restoreHost(
  f: KvmFrame,
  register: number,
  { to, from }: { to: number; from: number },
  rule: RuleId,
): void {
  const words = { to: f.cpu + to, from: f.cpu + from };
  copy(f, register, words, LOAD.host, rule);
}

function spaceOf(offset: number): "guest" | "external" {
  return offset === VCPU.external ? "external" : "guest";
}

/** Saves the host's registers and loads the selected set. Rules arm64:B9, arm64:E/1.8, arm64:E/2.8. */
function switchIn(f: KvmFrame): void {
  const { w } = f;
  const rule = f.kernel.switchRules.switchIn;
  const offset = f.kernel.debugSwitch.selected(f);
  const space = spaceOf(offset);
  copySet64(w, {
    to: f.cpu + CPU.hostSaved,
    from: f.cpu + CPU.hw,
    count: NUMBERED_MAX,
  });
  for (const kind of KINDS) {
    // The kernel begins with the highest number, which a stand-in CPU can tell.
    for (let n = countOf(f, kind) - 1; n >= 0; n--) {
      const id = numberedId(kind, n);
      load(f, id, f.vcpu + offset + 2 * id, LOAD[space], rule);
    }
  }
  keepHost(f, CPU.hostMdccint, CPU.mdccint);
  copy(
    f,
    REG.MDCCINT_EL1,
    {
      to: f.cpu + CPU.mdccint,
      from: f.vcpu + VCPU.mdccint,
    },
    LOAD.guest,
    rule,
  );
  w[f.cpu + CPU.switched] = 1;
  f.sink?.push({
    kind: "load",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    set: space,
    rule,
  });
}

/** Saves the registers into the selected set and restores the host's. Rules arm64:B10, arm64:E/1.8. */
function switchOut(f: KvmFrame): void {
  const { w } = f;
  const rule = f.kernel.switchRules.switchOut;
  const offset = f.kernel.debugSwitch.selected(f);
  const space = spaceOf(offset);
  for (const kind of KINDS) {
    const count = countOf(f, kind);
    for (let n = 0; n < count; n++) {
      const id = numberedId(kind, n);
      copy(
        f,
        id,
        {
          to: f.vcpu + offset + 2 * id,
          from: f.cpu + CPU.hw + 2 * id,
        },
        SAVE[space],
        rule,
      );
      load(f, id, f.cpu + CPU.hostSaved + 2 * id, LOAD.host, rule);
    }
  }
  copy(
    f,
    REG.MDCCINT_EL1,
    {
      to: f.vcpu + VCPU.mdccint,
      from: f.cpu + CPU.mdccint,
    },
    SAVE.guest,
    rule,
  );
  const mdccint = { to: CPU.mdccint, from: CPU.hostMdccint };
  restoreHost(f, REG.MDCCINT_EL1, mdccint, rule);
  w[f.cpu + CPU.switched] = 0;
  f.sink?.push({
    kind: "save",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    set: space,
    rule,
  });
  f.kernel.debugSwitch.switchedOut(f);
}

/** PC and exceptions that KVM decided on while it handled the exit. Rule arm64:F4. */
export function adjustPc(f: KvmFrame): void {
  const { w } = f;
  if (w[f.vcpu + VCPU.pendingUndef] !== 0) {
    w[f.vcpu + VCPU.pendingUndef] = 0;
    injectUndefined(f);
  } else if (w[f.vcpu + VCPU.incrementPc] !== 0) {
    w[f.vcpu + VCPU.incrementPc] = 0;
    skipEmulated(f);
  }
}

/**
 * HCR_EL2.TVM: KVM clears it when the guest turns its MMU and caches on, which the modelled guest never does.
 *
 * arch/arm64/include/asm/kvm_emulate.h, vcpu_reset_hcr(), 5.2. Rule arm64:E/1.38.
 */
function trapsVm({ host, kernel }: KvmFrame): boolean {
  return !(kernel.leavesVmWithFwb && host.model.stage2Fwb);
}

/** World switch into the guest. Rules arm64:B8, arm64:B9, arm64:E/1.3 to arm64:E/1.8. */
export function enterGuest(f: KvmFrame): void {
  const { w } = f;
  const { debugSwitch, switchRules: { enter: rule } } = f.kernel;
  const { adjustsPcAtEntry, trapsIdRegisters } = f.kernel;
  // A PC that is adjusted here is adjusted after the step state was forced, and so its step counts. Bug arm64:F27.
  if (!adjustsPcAtEntry) adjustPc(f);
  debugSwitch.setup(f);
  if (adjustsPcAtEntry) adjustPc(f);
  enterMdcr(f);
  w[f.cpu + CPU.tid3] = trapsIdRegisters ? 1 : 0;
  w[f.cpu + CPU.tvm] = trapsVm(f) ? 1 : 0;
  loadContext(f, rule);
  keepHost(f, CPU.hostMdscr, CPU.mdscr);
  const offset = debugSwitch.loadedMdscr(f);
  const mdscrRoute = offset === VCPU.mdscr ? LOAD.guest : LOAD.external;
  load(f, REG.MDSCR_EL1, f.vcpu + offset, mdscrRoute, rule);
  if (debugSwitch.switches(f)) switchIn(f);
  copy64(w, {
    to: f.vcpu + VCPU.mdcrAtEntry,
    from: f.cpu + CPU.mdcr,
  });
  copy64(w, {
    to: f.vcpu + VCPU.mdscrAtEntry,
    from: f.cpu + CPU.mdscr,
  });
  w[f.vcpu + VCPU.entered] = 1;
  returnFromEl2(f);
  f.sink?.push({
    kind: "enter",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    values: {
      mdcr_el2: get64(w, f.cpu + CPU.mdcr),
      mdscr_el1: get64(w, f.cpu + CPU.mdscr),
    },
    rule,
  });
}

/** World switch out of the guest, up to the handling of the exit. Rules arm64:B10, arm64:B11. */
export function leaveGuest(f: KvmFrame): void {
  const { w } = f;
  const { debugSwitch, switchRules: { switchOut: rule } } = f.kernel;
  const offset = debugSwitch.loadedMdscr(f);
  copy(
    f,
    REG.MDSCR_EL1,
    {
      to: f.vcpu + offset,
      from: f.cpu + CPU.mdscr,
    },
    offset === VCPU.mdscr ? SAVE.guest : SAVE.external,
    rule,
  );
  copy(
    f,
    REG.CONTEXTIDR_EL1,
    {
      to: f.vcpu + VCPU.contextidr,
      from: f.cpu + CPU.contextidr,
    },
    SAVE.guest,
    rule,
  );
  if (!runsAtEl2(f)) {
    const contextidr = { to: CPU.contextidr, from: CPU.hostContextidr };
    restoreHost(f, REG.CONTEXTIDR_EL1, contextidr, rule);
  }
  const mdscr = { to: CPU.mdscr, from: CPU.hostMdscr };
  restoreHost(f, REG.MDSCR_EL1, mdscr, rule);
  // What was kept is of no use any more: a search would tell states apart by it.
  w.fill(0, f.cpu + CPU.hostMdscr, f.cpu + CPU.hostMdscr + 2);
  leaveMdcr(f);
  w[f.cpu + CPU.tid3] = 0;
  w[f.cpu + CPU.tvm] = 0;
  if (w[f.cpu + CPU.switched] !== 0) switchOut(f);
  if (!debugSwitch.clearsAfterHandling) debugSwitch.clear(f);
}
