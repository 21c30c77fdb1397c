/**
 * How a VMM saves and restores a vCPU: which ioctls, and in which order. What no ioctl gives is lost.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import type { Carried, SavedVcpu, Saving } from "../../saving.ts";
import { get64, highWord, join64, lowWord, set64 } from "../../word64.ts";
import { VCPU_BASE } from "../../rules.ts";
import { VCPU, VM } from "../blocks.ts";
import { SERROR, SPI } from "../hardware/interrupts.ts";
import { NUMBERED_MAX, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { userEvent } from "./events.ts";
import { resetIds } from "./id_values.ts";
import type { KvmFrame } from "./kernel.ts";
import { getOneReg, offeredRegisters, setOneReg } from "./one_reg.ts";
import { adjustPc } from "./world_switch.ts";

/** Names of the VMMs, the default first. */
export const ARM64_VMMS: readonly string[] = ["qemu"];

/** Words of a block that are the guest's memory or the program's place: those of its handler. */
const IN_MEMORY: readonly number[] = [
  VCPU_BASE.next,
  VCPU_BASE.handler,
  VCPU_BASE.inHandler,
  VCPU_BASE.stopped,
  VCPU.exceptions,
  VCPU.asynchronous,
  VCPU.intid,
  VCPU.ownMode,
];

/** Registers of KVM_GET_ONE_REG that the language does not name: core registers, and those of the exception handler. */
const UNNAMED: readonly (readonly [name: string, at: number])[] = [
  ["PC", VCPU_BASE.pc],
  ["ELR_EL1", VCPU.elr],
  ["ESR_EL1", VCPU.esr],
  ["FAR_EL1", VCPU.farEl1],
];

/** SPSR_EL1, which has one word. */
const SPSR = "SPSR_EL1";

/** What is pending, as the events and the GIC's registers give it. */
const SERROR_PENDING = "serror_pending";
const PENDING_SPIS = "pending_spis";

/** What `save` gives. */
type Saved = Omit<SavedVcpu, "carried">;

/** Bytes of an A64 instruction. */
const INSTRUCTION_BYTES = 4n;

/** The next instruction, for a PC that KVM moves. */
function pointNext(f: KvmFrame): void {
  const next = get64(f.w, f.vcpu + VCPU_BASE.pc) + INSTRUCTION_BYTES;
  f.nextLo = lowWord(next);
  f.nextHi = highWord(next);
}

/** The GET ioctls: the registers of KVM_GET_REG_LIST, the events, the GIC. Rule arm64:E/5.1. */
function save(f: KvmFrame): Saved {
  const { w, vcpu } = f;
  const block = w.slice(vcpu, vcpu + VCPU.words);
  const given = new Map<string, bigint>();
  for (const [name, at] of UNNAMED) given.set(name, get64(w, vcpu + at));
  given.set(SPSR, BigInt(w[vcpu + VCPU.spsr] >>> 0));
  for (const name of ["PSTATE", ...offeredRegisters(f)]) {
    getOneReg(f, ARM64_REGISTERS.find(name)!.id);
    given.set(name, join64(f.lo, f.hi));
  }
  if (f.kernel.vcpuEvents) {
    given.set(SERROR_PENDING, BigInt(w[vcpu + VCPU.serror]));
  }
  given.set(PENDING_SPIS, BigInt(w[vcpu + VCPU.spis] >>> 0));
  return { block, given };
}

/**
 * The SET ioctls: core registers, the registers of the list in its order, where a debug register comes before the ID
 * registers, then the events and the GIC. Rules arm64:E/5.2 to arm64:E/5.4.
 */
function restore(f: KvmFrame, { block, given }: Saved): number {
  const { w, vcpu } = f;
  for (const at of IN_MEMORY) w[vcpu + at] = block[at];
  for (const [name, at] of UNNAMED) set64(w, vcpu + at, given.get(name)!);
  w[vcpu + VCPU.spsr] = lowWord(given.get(SPSR)!);
  const set = (name: string, register: number): number => {
    const value = given.get(name)!;
    f.lo = lowWord(value);
    f.hi = highWord(value);
    return setOneReg(f, register);
  };
  set("PSTATE", REG.PSTATE);
  let result = 0;
  for (const name of offeredRegisters(f)) {
    if (!given.has(name)) continue;
    const answer = set(name, ARM64_REGISTERS.find(name)!.id);
    // QEMU goes on with the others, and fails in the end.
    if (answer < 0 && result === 0) result = answer;
  }
  if (result < 0) return result;
  if (given.get(SERROR_PENDING) === 1n) userEvent(f, SERROR);
  const spis = lowWord(given.get(PENDING_SPIS)!);
  for (let n = 0; n <= SPI.last - SPI.first; n++) {
    if ((spis >>> n & 1) !== 0) userEvent(f, SPI.first + n);
  }
  return 0;
}

/** Nouns of what is on its way to the guest. */
const WHAT = { pc: "PC", serror: "SError", interrupts: "interrupts" } as const;

/** Registers that a vCPU has once, with their words. */
const ONCE: readonly (readonly [name: string, at: number, words: 1 | 2])[] = [
  ["MDSCR_EL1", VCPU.mdscr, 2],
  ["MDCCINT_EL1", VCPU.mdccint, 2],
  ["CONTEXTIDR_EL1", VCPU.contextidr, 2],
  ["OSLSR_EL1", VCPU.oslsr, 2],
  ["PSTATE", VCPU.pstate, 1],
  ["ELR_EL1", VCPU.elr, 2],
  ["SPSR_EL1", VCPU.spsr, 1],
  ["ESR_EL1", VCPU.esr, 2],
  ["FAR_EL1", VCPU.farEl1, 2],
  [WHAT.pc, VCPU_BASE.pc, 2],
  [WHAT.serror, VCPU.serror, 1],
  [WHAT.interrupts, VCPU.spis, 1],
];

/** What the guest goes on with, once KVM has made what it is to make. */
function carried(f: KvmFrame): readonly Carried[] {
  const { w, vcpu } = f;
  pointNext(f);
  adjustPc(f);
  if (w[vcpu + VCPU.serror] !== 0) {
    w[vcpu + VCPU.serror] = 0;
    userEvent(f, SERROR);
  }
  const numbered = Array.from({ length: NUMBERED_MAX }, (_, id) => ({
    what: ARM64_REGISTERS.byId(id).name,
    value: get64(w, vcpu + VCPU.guest + 2 * id),
  }));
  return [
    ...numbered,
    ...ONCE.map(([what, at, words]) => ({
      what,
      value: words === 2 ? get64(w, vcpu + at) : BigInt(w[vcpu + at] >>> 0),
    })),
  ];
}

/** Rules of what is lost. */
function lostBy(what: string): RuleId {
  if (/^DBG[BW]/.test(what)) return "arm64:F25";
  return what === WHAT.serror || what === WHAT.interrupts
    ? "arm64:E/5"
    : "arm64:E/5.5";
}

/** arm64. Rules arm64:E/5, arm64:E/5.1 to arm64:E/5.5. */
export const ARM64_SAVING: Saving<KvmFrame> = {
  isAccessPending: ({ w, vcpu }) => w[vcpu + VCPU.mmioPending] !== 0,
  isBehind: ({ w, vcpu }) => w[vcpu + VCPU.incrementPc] !== 0,
  renewVm(f) {
    f.w.fill(0, f.vm, f.vm + VM.words);
    resetIds(f);
  },
  save,
  restore,
  carried,
  lostBy,
};
