/**
 * The world switch: the debug registers on the way into the guest and out of it.
 *
 * @module
 */
import type { RuleId, SetCause, Space } from "../../events.ts";
import { CPU_BASE, VCPU_BASE } from "../../rules.ts";
import { copy64, get64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import { injectUndefined } from "../hardware/exception_entry.ts";
import { skipInstruction } from "../hardware/instruction.ts";
import { writePhysical } from "../hardware/register_file.ts";
import { returnFromEl2 } from "../hardware/software_step.ts";
import {
  KIND,
  type Kind,
  NUMBERED_MAX,
  numberedId,
  REG,
} from "../registers/ids.ts";
import type { KvmFrame } from "./kernel.ts";
import { enterMdcr, leaveMdcr } from "./mdcr.ts";
import { registerPlace, store64 } from "./trace.ts";

/** Breakpoints or watchpoints of a kind that the machine has. */
function countOf(f: KvmFrame, kind: Kind): number {
  return kind === KIND.bcr || kind === KIND.bvr ? f.host.brps : f.host.wrps;
}

const KINDS: readonly Kind[] = [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr];

/** Writes a physical register and reports it if its value changed. */
function load(
  f: KvmFrame,
  register: number,
  at: number,
  { space, rule }: { space: "guest" | "external" | "host"; rule: RuleId },
): void {
  const { w } = f;
  f.lo = w[at];
  f.hi = w[at + 1];
  if (f.sink === null) {
    writePhysical(f, register);
    return;
  }
  const physical = f.cpu + CPU.hw + 2 * register;
  const old = get64(w, physical);
  writePhysical(f, register);
  const value = get64(w, physical);
  if (old !== value) {
    f.sink.push({
      kind: "set",
      cause: space === "host" ? "restore" : "load",
      to: registerPlace(f, "cpu", register),
      from: registerPlace(f, space, register),
      old,
      new: value,
      rule,
    });
  }
}

/** Reads a physical register into a set, and reports it if the set's value changed. */
function save(
  f: KvmFrame,
  register: number,
  at: number,
  { space, rule }: { space: "guest" | "external"; rule: RuleId },
): void {
  const { w } = f;
  const physical = f.cpu + CPU.hw + 2 * register;
  if (
    f.sink !== null && (w[at] !== w[physical] || w[at + 1] !== w[physical + 1])
  ) {
    f.sink.push({
      kind: "set",
      cause: "save",
      to: registerPlace(f, space, register),
      from: registerPlace(f, "cpu", register),
      old: get64(w, at),
      new: get64(w, physical),
      rule,
    });
  }
  w[at] = w[physical];
  w[at + 1] = w[physical + 1];
}

/** Copies a register from one place to another, and reports it if the value changed. */
function move(
  f: KvmFrame,
  register: number,
  { to, from }: { to: number; from: number },
  { cause, spaces, rule }: {
    cause: SetCause;
    spaces: readonly [to: Space, from: Space];
    rule: RuleId;
  },
): void {
  const { w } = f;
  if (f.sink === null) {
    copy64(w, { to, from, count: 1 });
    return;
  }
  store64(f, to, w[from], w[from + 1], {
    cause,
    to: registerPlace(f, spaces[0], register),
    from: registerPlace(f, spaces[1], register),
    rule,
  });
}

/** What the CPU holds for the host, kept while a guest is in. */
function keepHost(f: KvmFrame, to: number, from: number): void {
  copy64(f.w, { to: f.cpu + to, from: f.cpu + from, count: 1 });
}

function spaceOf(offset: number): "guest" | "external" {
  return offset === VCPU.external ? "external" : "guest";
}

/** Saves the host's registers and loads the selected set. Rules arm64:B9, arm64:E.1.8, arm64:E.2.8. */
function switchIn(f: KvmFrame): void {
  const { w } = f;
  const offset = f.kernel.debugSwitch.selected(f);
  const space = spaceOf(offset);
  copy64(w, {
    to: f.cpu + CPU.hostSaved,
    from: f.cpu + CPU.hw,
    count: NUMBERED_MAX,
  });
  for (const kind of KINDS) {
    // The kernel begins with the highest number, which a stand-in CPU can tell.
    for (let n = countOf(f, kind) - 1; n >= 0; n--) {
      const id = numberedId(kind, n);
      load(f, id, f.vcpu + offset + 2 * id, {
        space,
        rule: f.kernel.switchRules.switchIn,
      });
    }
  }
  keepHost(f, CPU.hostMdccint, CPU.mdccint);
  move(f, REG.MDCCINT_EL1, {
    to: f.cpu + CPU.mdccint,
    from: f.vcpu + VCPU.mdccint,
  }, {
    cause: "load",
    spaces: ["cpu", "guest"],
    rule: f.kernel.switchRules.switchIn,
  });
  w[f.cpu + CPU.switched] = 1;
  f.sink?.push({
    kind: "load",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    set: space,
    rule: f.kernel.switchRules.switchIn,
  });
}

/** Saves the registers into the selected set and restores the host's. Rules arm64:B10, arm64:E.1.8. */
function switchOut(f: KvmFrame): void {
  const { w } = f;
  const offset = f.kernel.debugSwitch.selected(f);
  const space = spaceOf(offset);
  for (const kind of KINDS) {
    const count = countOf(f, kind);
    for (let n = 0; n < count; n++) {
      const id = numberedId(kind, n);
      save(f, id, f.vcpu + offset + 2 * id, {
        space,
        rule: f.kernel.switchRules.switchOut,
      });
      load(f, id, f.cpu + CPU.hostSaved + 2 * id, {
        space: "host",
        rule: f.kernel.switchRules.switchOut,
      });
    }
  }
  move(f, REG.MDCCINT_EL1, {
    to: f.vcpu + VCPU.mdccint,
    from: f.cpu + CPU.mdccint,
  }, {
    cause: "save",
    spaces: ["guest", "cpu"],
    rule: f.kernel.switchRules.switchOut,
  });
  move(f, REG.MDCCINT_EL1, {
    to: f.cpu + CPU.mdccint,
    from: f.cpu + CPU.hostMdccint,
  }, {
    cause: "restore",
    spaces: ["cpu", "host"],
    rule: f.kernel.switchRules.switchOut,
  });
  w[f.cpu + CPU.switched] = 0;
  f.sink?.push({
    kind: "save",
    vcpu: w[f.vcpu + VCPU_BASE.index],
    cpu: w[f.cpu + CPU_BASE.index],
    set: space,
    rule: f.kernel.switchRules.switchOut,
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
    skipInstruction(f, f.kernel.skipAdvancesStep);
  }
}

/** World switch into the guest. Rules arm64:B8, arm64:B9, arm64:E.1.3 to arm64:E.1.8. */
export function enterGuest(f: KvmFrame): void {
  const { w } = f;
  const { debugSwitch } = f.kernel;
  const { adjustsPcAtEntry, trapsIdRegisters } = f.kernel;
  // A PC that is adjusted here is adjusted after the step state was forced, and so its step counts. Rule arm64:F4.
  if (!adjustsPcAtEntry) adjustPc(f);
  debugSwitch.setup(f);
  if (adjustsPcAtEntry) adjustPc(f);
  enterMdcr(f);
  w[f.cpu + CPU.tid3] = trapsIdRegisters ? 1 : 0;
  move(f, REG.CONTEXTIDR_EL1, {
    to: f.cpu + CPU.contextidr,
    from: f.vcpu + VCPU.contextidr,
  }, {
    cause: "load",
    spaces: ["cpu", "guest"],
    rule: f.kernel.switchRules.enter,
  });
  keepHost(f, CPU.hostMdscr, CPU.mdscr);
  loadMdscr(f);
  if (debugSwitch.switches(f)) switchIn(f);
  copy64(w, {
    to: f.vcpu + VCPU.mdcrAtEntry,
    from: f.cpu + CPU.mdcr,
    count: 1,
  });
  copy64(w, {
    to: f.vcpu + VCPU.mdscrAtEntry,
    from: f.cpu + CPU.mdscr,
    count: 1,
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
    rule: f.kernel.switchRules.enter,
  });
}

function loadMdscr(f: KvmFrame): void {
  const { w } = f;
  const offset = f.kernel.debugSwitch.loadedMdscr(f);
  const at = f.vcpu + offset;
  const physical = f.cpu + CPU.mdscr;
  const old = f.sink === null ? 0n : get64(w, physical);
  f.lo = w[at];
  f.hi = w[at + 1];
  writePhysical(f, REG.MDSCR_EL1);
  if (f.sink !== null && old !== get64(w, physical)) {
    f.sink.push({
      kind: "set",
      cause: "load",
      to: registerPlace(f, "cpu", REG.MDSCR_EL1),
      from: registerPlace(
        f,
        offset === VCPU.mdscr ? "guest" : "external",
        REG.MDSCR_EL1,
      ),
      old,
      new: get64(w, physical),
      rule: f.kernel.switchRules.enter,
    });
  }
}

/** World switch out of the guest, up to the handling of the exit. Rules arm64:B10, arm64:B11. */
export function leaveGuest(f: KvmFrame): void {
  const { w } = f;
  const { debugSwitch } = f.kernel;
  const mdscr = f.vcpu + debugSwitch.loadedMdscr(f);
  const physical = f.cpu + CPU.mdscr;
  move(f, REG.MDSCR_EL1, { to: mdscr, from: physical }, {
    cause: "save",
    spaces: [
      mdscr === f.vcpu + VCPU.mdscr ? "guest" : "external",
      "cpu",
    ],
    rule: f.kernel.switchRules.switchOut,
  });
  move(f, REG.CONTEXTIDR_EL1, {
    to: f.vcpu + VCPU.contextidr,
    from: f.cpu + CPU.contextidr,
  }, {
    cause: "save",
    spaces: ["guest", "cpu"],
    rule: f.kernel.switchRules.switchOut,
  });
  move(f, REG.MDSCR_EL1, { to: physical, from: f.cpu + CPU.hostMdscr }, {
    cause: "restore",
    spaces: ["cpu", "host"],
    rule: f.kernel.switchRules.switchOut,
  });
  leaveMdcr(f);
  w[f.cpu + CPU.tid3] = 0;
  if (w[f.cpu + CPU.switched] !== 0) switchOut(f);
  if (!debugSwitch.clearsAfterHandling) debugSwitch.clear(f);
}
