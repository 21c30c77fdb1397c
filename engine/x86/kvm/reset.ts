/**
 * Reset and INIT.
 *
 * @module
 */
import { type Move, setPair, setWord } from "../../moves.ts";
import { VCPU } from "../blocks.ts";
import { bySlot, setDrAccesses } from "../moves.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { SLOTS } from "../registers/ids.ts";
import { FLAGS } from "../registers/rflags.ts";
import { updateAll } from "./dr_registers.ts";
import { dropException } from "./exceptions.ts";
import { resetEvents } from "./interrupts.ts";
import type { KvmFrame } from "./kernel.ts";

const RESET_DB = bySlot((n): Move => ({
  cause: "reset",
  to: ["guest", `DR${n}`],
  from: null,
  rule: "x86:A/1",
}));
const RESET_DR6: Move = {
  cause: "reset",
  to: ["guest", "DR6"],
  from: null,
  rule: "x86:A/1",
};
const RESET_DR7: Move = {
  cause: "reset",
  to: ["guest", "DR7"],
  from: null,
  rule: "x86:A/1",
};
const RESET_SWITCH: Move = {
  cause: "reset",
  to: ["kvm", "switch_db_regs"],
  from: null,
  rule: "x86:C19",
};
const RESET_VMCS_DR7: Move = {
  cause: "reset",
  to: ["vmcs", "DR7"],
  from: null,
  rule: "x86:B27",
};
const RESET_VMCB_DR6: Move = {
  cause: "reset",
  to: ["vmcs", "DR6"],
  from: null,
  rule: "x86:C19",
};

/** The guest's own registers at reset. Rule x86:A/1. */
function resetOwn(f: KvmFrame): void {
  const { vcpu } = f;
  setWord(f, vcpu + VCPU.switchDbRegs, 0, RESET_SWITCH);
  for (let n = 0; n < SLOTS; n++) {
    setPair(f, vcpu + VCPU.db + 2 * n, 0, 0, RESET_DB[n]);
  }
  setPair(f, vcpu + VCPU.dr6, DR6_BITS.RESET, 0, RESET_DR6);
  setPair(f, vcpu + VCPU.dr7, DR7_BITS.FIXED, 0, RESET_DR7);
}

/** Since 2015: what is effective follows, and userspace's guest debug survives. Rule x86:C19, bugs x86:F3, x86:F4. */
export function resetAndUpdate(f: KvmFrame): void {
  resetOwn(f);
  if (f.vendor === "svm") {
    setWord(f, f.vcpu + VCPU.vmDr6, DR6_BITS.RESET, RESET_VMCB_DR6);
  }
  updateAll(f);
}

/** 2008: eff_db keeps the old addresses, and the debugger's DR7 is overwritten. Rule x86:B27, quirks x86:Q18, x86:Q19. */
export function reset2008(f: KvmFrame): void {
  resetOwn(f);
  setPair(f, f.vcpu + VCPU.vmDr7, DR7_BITS.FIXED, 0, RESET_VMCS_DR7);
  if (f.vendor === "svm") {
    setWord(f, f.vcpu + VCPU.vmDr6, DR6_BITS.RESET, RESET_VMCB_DR6);
  }
}

/**
 * The INIT reset of a vCPU. The model's guest goes on with its program afterwards: the start-up IPI is taken
 * for granted.
 */
export function resetVcpu(f: KvmFrame): void {
  const { w, vcpu, kernel } = f;
  w[vcpu + VCPU.rflags] = FLAGS.FIXED;
  w[vcpu + VCPU.cr4] = 0;
  w[vcpu + VCPU.shadow] = 0;
  w[vcpu + VCPU.pendingDb] = 0;
  w[vcpu + VCPU.repeating] = 0;
  w[vcpu + VCPU.rcx] = 0;
  w[vcpu + VCPU.r11] = 0;
  dropException(f, true);
  resetEvents(f);
  w[vcpu + VCPU.completion] = 0;
  w[vcpu + VCPU.inHandler] = 0;
  w[vcpu + VCPU.outerStep] = 0;
  w[vcpu + VCPU.stopped] = 0;
  setDrAccesses(f, kernel.drAccesses, "x86:C19");
  kernel.reset(f);
}
