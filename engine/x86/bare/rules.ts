/**
 * An x86 machine without a hypervisor.
 *
 * @module
 */
import { aloneMode } from "../../bare/mode.ts";
import { bareRules } from "../../bare/rules.ts";
import { placeIn } from "../../moves.ts";
import type { Rules, ViewValue } from "../../rules.ts";
import { join64, unsigned } from "../../word64.ts";
import { CPU, USER, VCPU, VM } from "../blocks.ts";
import { programStart, setFeatures } from "../configuration.ts";
import { type X86Frame, x86Frame } from "../frame.ts";
import { guestStep } from "../guest/step.ts";
import { pushedFlags } from "../hardware/flags.ts";
import type { Vendor, X86Model } from "../hardware/models.ts";
import { readDr } from "../hardware/mov_dr.ts";
import { powerOn } from "../hardware/power_on.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import { DR7_BITS } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { CR4_DE, FLAGS } from "../registers/rflags.ts";
import { X86_REGISTERS } from "../registers/table.ts";
import { cpuView } from "../views.ts";
import { verdict } from "./verdicts.ts";

/** The rules of a CPU's model. */
export function x86BareRules(
  { vendor, model }: { readonly vendor: Vendor; readonly model: X86Model },
): Rules<X86Frame> {
  if (!model.vendors.includes(vendor)) {
    throw new RangeError(`${model.name} has no ${vendor}`);
  }
  return bareRules<X86Frame>({
    sizes: {
      vm: VM.words,
      vcpu: VCPU.words,
      user: USER.words,
      cpu: CPU.words,
    },
    frame: (w) =>
      x86Frame(w, {
        bare: aloneMode(),
        vendor,
        model,
        kernel: undefined,
        ownerOf: () => "guest",
      }),
    rule: "x86:A/1",
    initVm: () => {},
    initVcpu({ w, vcpu }, index) {
      w[vcpu + VCPU.index] = index;
      w[vcpu + VCPU.pc] = programStart(index);
      w[vcpu + VCPU.rflags] = FLAGS.FIXED;
      w[vcpu + VCPU.dr6] = DR6_BITS.RESET;
      w[vcpu + VCPU.dr7] = DR7_BITS.FIXED;
    },
    initCpu: powerOn,
    beginProgram({ w, vcpu }) {
      w[vcpu + VCPU.exceptions] = 0;
    },
    load({ w, vcpu, cpu }) {
      for (let i = 0; i < 2 * SLOTS; i++) {
        w[cpu + CPU.dr + i] = w[vcpu + VCPU.db + i];
      }
      w[cpu + CPU.dr6] = w[vcpu + VCPU.dr6];
      w[cpu + CPU.dr7] = w[vcpu + VCPU.dr7];
      w[cpu + CPU.debugctl] = w[vcpu + VCPU.vmDebugctl];
    },
    put({ w, vcpu, cpu }) {
      for (let i = 0; i < 2 * SLOTS; i++) {
        w[vcpu + VCPU.db + i] = w[cpu + CPU.dr + i];
      }
      w[vcpu + VCPU.dr6] = w[cpu + CPU.dr6];
      w[vcpu + VCPU.dr7] = w[cpu + CPU.dr7];
      w[vcpu + VCPU.vmDebugctl] = w[cpu + CPU.debugctl];
    },
    instruction: (f, insn) => guestStep(f, insn),
    setCounts: setFeatures,
    cpuView,
    verdict,
    read,
    place(f, register) {
      if (register === REG.DEBUGCTL) return placeIn(f, "cpu", "DEBUGCTL");
      if (register > REG.CR4) return undefined;
      const real = register === REG.DR4 || register === REG.DR5
        ? register + 2
        : register;
      const { name } = X86_REGISTERS.byId(real);
      return placeIn(f, real <= REG.DR7 ? "cpu" : "guest", name);
    },
  });
}

function read(f: X86Frame, register: number): ViewValue {
  const { w, vcpu } = f;
  const cr4 = w[vcpu + VCPU.cr4];
  if (register === REG.RFLAGS) {
    return { kind: "value", value: unsigned(pushedFlags(f)) };
  }
  if (register === REG.CR4) return { kind: "value", value: unsigned(cr4) };
  if (register === REG.DEBUGCTL) {
    return { kind: "value", value: unsigned(w[f.cpu + CPU.debugctl]) };
  }
  if (register > REG.DR7) {
    return { kind: "none", why: "not a register of the guest's" };
  }
  const isAlias = register === REG.DR4 || register === REG.DR5;
  if (isAlias && (cr4 & CR4_DE) !== 0) return { kind: "undef" };
  readDr(f, isAlias ? register + 2 : register);
  return { kind: "value", value: join64(f.lo, f.hi) };
}
