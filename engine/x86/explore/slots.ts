/**
 * Which of DR0 to DR3 a model does not tell apart, and how they are exchanged in its blocks.
 *
 * All rules treat the four alike but two. Debugger and host take the lowest free slot: as many as they can ask for
 * stay what they are. The guest's handler of #DB reads DRn for each execute breakpoint that DR6 tells of, in
 * order: so no DR7 of the model may enable two exchangeable slots for execution.
 *
 * @module
 */
import type { ProgrammedMachine } from "../../explore/programmed_machine.ts";
import {
  exchangeBits,
  exchangePairs,
  registerUses,
  type SlotNames,
  slotRequests,
  type Slots,
} from "../../explore/slots.ts";
import { lowWord, unsigned } from "../../word64.ts";
import { BARE } from "../bare/block.ts";
import { CPU, EXIT, USER, VCPU } from "../blocks.ts";
import { READ_DR0 } from "../guest/handler.ts";
import type { KvmFrame } from "../kvm/kernel.ts";
import { RW, slotEnabled, slotNibble } from "../registers/dr7.ts";
import { REG, SLOTS } from "../registers/ids.ts";
import { OWN } from "./own_registers.ts";

/** DR4 and DR5 mean DR6 and DR7. Rule x86:A/1. */
function real(register: number): number {
  return register === REG.DR4 || register === REG.DR5 ? register + 2 : register;
}

/** B0 to B3, and what hardware holds of them. */
function statusOf(dr6: number, names: SlotNames): number {
  return exchangeBits(dr6, names, { first: 0, width: 1 });
}

/** Ln and Gn, RWn and LENn. */
function controlOf(dr7: number, names: SlotNames): number {
  const enables = exchangeBits(dr7, names, { first: 0, width: 2 });
  return exchangeBits(enables, names, { first: 16, width: 4 });
}

function executes(dr7: number, slot: number): boolean {
  return slotEnabled(dr7, slot) && (slotNibble(dr7, slot) & 3) === RW.execute;
}

/** Every DR7 that the model's machine begins with, of anybody. */
function controlsAtStart({ initial, rules }: ProgrammedMachine): number[] {
  const { vcpu: user } = rules.sizes;
  return [
    ...initial.vcpus.flatMap((w) => [
      w[VCPU.dr7],
      w[VCPU.guestDebugDr7],
      w[VCPU.vmDr7],
      w[VCPU.handlerDr7],
      w[user + USER.dr7],
    ]),
    ...initial.cpus.flatMap((w) => [
      w[CPU.dr7],
      w[CPU.hostDr7],
      w[CPU.savedDr7],
    ]),
  ];
}

function groups(model: ProgrammedMachine): number[][] {
  const uses = registerUses(model).map((use) => ({
    ...use,
    register: real(use.register),
  }));
  if (
    uses.some(({ register, value, isWhole }) =>
      register === REG.DEBUGREGS ||
      register <= REG.DR7 && value !== undefined && !isWhole
    )
  ) return [];
  const { breakpoints, watchpoints, alsoByNumber } = slotRequests(model);
  const requests = breakpoints + watchpoints;
  const { initial, rules } = model;
  const usedAtStart =
    initial.vcpus.some((w) => w[rules.sizes.vcpu + USER.dr7] !== 0) ||
    initial.cpus.some((w) => w[CPU.hostDr7] !== 0);
  if (requests > 0 && (alsoByNumber || usedAtStart)) return [];
  const controls = uses.flatMap(({ register, value }) =>
    register === REG.DR7 && value !== undefined ? [lowWord(value)] : []
  );
  const named = [0, 1, 2, 3].filter((slot) =>
    slot >= requests &&
    (uses.some(({ register }) => register === slot) ||
      controls.some((dr7) => slotEnabled(dr7, slot)))
  );
  const reads = [...controls, ...controlsAtStart(model)].some((dr7) =>
    named.filter((slot) => executes(dr7, slot)).length > 1
  );
  return reads || named.length < 2 ? [] : [named];
}

/** Where a vCPU's block has DR6 or bits of its kind, and where DR7. */
const STATUS = [
  VCPU.pendingDb,
  VCPU.latentDb,
  VCPU.pendingPayload,
  VCPU.dr6,
  VCPU.vmDr6,
  VCPU.runDr6,
  VCPU.handlerDr6,
];
const CONTROL = [
  VCPU.dr7,
  VCPU.guestDebugDr7,
  VCPU.vmDr7,
  VCPU.cachedDr7,
  VCPU.runDr7,
  VCPU.handlerDr7,
];

/** Which DRn the handler reads next, if it reads one. */
function stepOf(step: number, names: SlotNames): number {
  const slot = step - READ_DR0;
  return slot >= 0 && slot < SLOTS ? READ_DR0 + names[slot] : step;
}

/** What exitData names. */
function exitDataOf(reason: number, data: number, names: SlotNames): number {
  switch (reason) {
    case EXIT.drAccess:
      return (data & 0xf) < SLOTS ? names[data & 0xf] | data & ~0xf : data;
    case EXIT.db:
      return statusOf(data, names);
    default:
      return data;
  }
}

/** The four slots. */
export const X86_SLOTS: Slots = {
  count: SLOTS,
  groups,
  register: (register, names) =>
    register >= 0 && register < SLOTS ? names[register] : register,
  value(register, value, names) {
    const change = real(register) === REG.DR6
      ? statusOf
      : real(register) === REG.DR7
      ? controlOf
      : undefined;
    if (change === undefined) return value;
    const low = change(lowWord(value), names);
    return value >> 32n << 32n | unsigned(low);
  },
  exchangeVcpu(f, at, names) {
    const { w, vcpu, user } = f;
    exchangePairs(w, vcpu + VCPU.db, names);
    exchangePairs(w, vcpu + VCPU.effDb, names);
    exchangePairs(w, vcpu + VCPU.vmDr, names);
    exchangePairs(w, user + USER.debugreg, names);
    exchangePairs(w, at + OWN.dr, names);
    for (const field of STATUS) {
      w[vcpu + field] = statusOf(w[vcpu + field], names);
    }
    for (const field of CONTROL) {
      w[vcpu + field] = controlOf(w[vcpu + field], names);
    }
    w[user + USER.dr7] = controlOf(w[user + USER.dr7], names);
    w[at + OWN.dr7] = controlOf(w[at + OWN.dr7], names);
    // In 2008 the word holds the enables of DR7, not flags.
    if (f.bare === undefined && (f as KvmFrame).kernel.debugregs === "none") {
      const flags = vcpu + VCPU.switchDbRegs;
      w[flags] = controlOf(w[flags], names);
    }
    const accesses = vcpu + VCPU.vmDrAccesses;
    w[accesses] = statusOf(w[accesses], names);
    w[accesses] = exchangeBits(w[accesses], names, { first: 16, width: 1 });
    w[vcpu + VCPU.exitData] = exitDataOf(
      w[vcpu + VCPU.exitReason],
      w[vcpu + VCPU.exitData],
      names,
    );
    for (const field of [VCPU.inHandler, VCPU.outerStep]) {
      w[vcpu + field] = stepOf(w[vcpu + field], names);
    }
  },
  exchangeBare({ w }, at, names) {
    exchangePairs(w, at + BARE.dr, names);
    for (
      const field of [BARE.dr6, BARE.leftStatus, BARE.pendingDb, BARE.latentDb]
    ) {
      w[at + field] = statusOf(w[at + field], names);
    }
    w[at + BARE.dr7] = controlOf(w[at + BARE.dr7], names);
  },
  exchangeCpu(f, names) {
    const { w, cpu } = f;
    for (const field of [CPU.dr, CPU.hostDr, CPU.savedDr]) {
      exchangePairs(w, cpu + field, names);
    }
    for (const field of [CPU.dr6, CPU.savedDr6]) {
      w[cpu + field] = statusOf(w[cpu + field], names);
    }
    for (const field of [CPU.dr7, CPU.hostDr7, CPU.savedDr7]) {
      w[cpu + field] = controlOf(w[cpu + field], names);
    }
  },
};
