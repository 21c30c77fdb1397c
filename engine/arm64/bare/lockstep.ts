/**
 * The bare machine beside an arm64 vCPU.
 *
 * @module
 */
import { bareMode } from "../../bare/mode.ts";
import type { Lockstep, OtherValue } from "../../bare/lockstep.ts";
import { makeInsn } from "../../program.ts";
import { type Frame, VCPU_BASE, type ViewValue } from "../../rules.ts";
import { get64, join64, set64, type Words } from "../../word64.ts";
import { CPU, VCPU, VM } from "../blocks.ts";
import type { Arm64Frame, Arm64Host } from "../frame.ts";
import { handledKind, kindOf } from "../guest/handler.ts";
import { ACCESS, access } from "../hardware/access.ts";
import { AT_VECTOR } from "../hardware/exception_entry.ts";
import { ASYNCHRONOUS } from "../hardware/interrupts.ts";
import { STEP_ISV } from "../hardware/exception_class.ts";
import { executeInstruction } from "../hardware/instruction.ts";
import { writePhysical } from "../hardware/register_file.ts";
import { PSTATE_SS } from "../hardware/software_step.ts";
import { OSLK } from "../kvm/os_lock.ts";
import { NUMBERED_MAX, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { BARE } from "./block.ts";
import { comparedBits } from "./compared.ts";
import { guestCounts, guestHost } from "./machine.ts";

/** Fields of the CPU block or the vCPU block, by field of the bare machine's. */
type Fields = readonly (readonly [theirs: number, bare: number])[];

/** Registers of 64 bits of the CPU block, apart from the numbered ones. */
const OF_CPU: Fields = [
  [CPU.mdscr, BARE.mdscr],
  [CPU.mdccint, BARE.mdccint],
  [CPU.contextidr, BARE.contextidr],
  [CPU.watchpointOrder, BARE.watchpointOrder],
];

/** The same of single words. */
const WORDS_OF_CPU: Fields = [
  [CPU.osLock, BARE.osLock],
  [CPU.watchpointHits, BARE.watchpointHits],
];

/** Registers of 64 bits that a guest under KVM does not have. */
const EXTERNAL: Fields = [
  [CPU.osdtrrx, BARE.osdtrrx],
  [CPU.osdtrtx, BARE.osdtrtx],
  [CPU.oseccr, BARE.oseccr],
  [CPU.osdlr, BARE.osdlr],
  [CPU.dbgprcr, BARE.dbgprcr],
  [CPU.dbgclaim, BARE.dbgclaim],
];

/** The registers of external debug. */
const EXTERNAL_REGISTERS: ReadonlySet<number> = new Set([
  REG.OSDLR_EL1,
  REG.OSDTRRX_EL1,
  REG.OSDTRTX_EL1,
  REG.OSECCR_EL1,
  REG.MDRAR_EL1,
  REG.DBGPRCR_EL1,
  REG.DBGCLAIMSET_EL1,
  REG.DBGCLAIMCLR_EL1,
  REG.MDCCSR_EL0,
  REG.DBGDTR_EL0,
  REG.DBGDTRRX_EL0,
  REG.DBGDTRTX_EL0,
]);

/**
 * The same of the vCPU block, a word each. Not the exclusive monitor: the architecture lets a store-exclusive fail
 * whenever it likes, and the bare machine's fails when the guest's does. Rule arm64:A/16.
 */
const OF_VCPU: Fields = [
  [VCPU.pstate, BARE.pstate],
  [VCPU.stepped, BARE.stepped],
  [VCPU.steppedExclusive, BARE.steppedExclusive],
  [VCPU.ownMode, BARE.ownMode],
];

/** Where the guest's software is. */
const PLACE = [
  VCPU_BASE.inHandler,
  VCPU_BASE.stopped,
  VCPU.exceptions,
];

/** What an exception comes with, by name. */
const SYNDROME = [
  ["esr", VCPU.esr, 2],
  ["far", VCPU.farEl1, 2],
  ["elr", VCPU.elr, 2],
  ["spsr", VCPU.spsr, 1],
] as const;

function copy(
  from: Words,
  at: number,
  to: Words,
  there: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[there + i] = from[at + i];
}

/** Words of a register of 64 bits, and of all numbered ones. */
const REGISTER_WORDS = 2;
const BANK_WORDS = REGISTER_WORDS * NUMBERED_MAX;

/** Takes the registers of the CPU block into the bare machine's. */
function takeCpu(w: Words, cpu: number, block: Words, at: number): void {
  copy(w, cpu + CPU.hw, block, at + BARE.bank, BANK_WORDS);
  for (const [from, to] of OF_CPU) {
    copy(w, cpu + from, block, at + to, REGISTER_WORDS);
  }
  for (const [from, to] of WORDS_OF_CPU) block[at + to] = w[cpu + from];
}

/** Puts the registers of the bare machine's block into the CPU block. */
function putCpu(block: Words, at: number, w: Words, cpu: number): void {
  copy(block, at + BARE.bank, w, cpu + CPU.hw, BANK_WORDS);
  for (const [to, from] of OF_CPU) {
    copy(block, at + from, w, cpu + to, REGISTER_WORDS);
  }
  for (const [to, from] of WORDS_OF_CPU) w[cpu + to] = block[at + from];
}

/** SPSR or PSTATE: a debugger's SS is shown while it steps. Rule arm64:A/13. */
function withStepFlag({ w, vcpu }: Frame, other: OtherValue): OtherValue {
  const isStepFlag = w[vcpu + VCPU.guestDebug] !== 0 &&
    (other.seen ^ other.own) === BigInt(PSTATE_SS);
  return isStepFlag ? { ...other, allowance: "step-flag" } : other;
}

/** A step whose instruction KVM has completed: its syndrome is not valid. Rule arm64:A/13. */
function withStepSyndrome(other: OtherValue): OtherValue {
  const isStep = kindOf(Number(other.own) >>> 26) === "step";
  return isStep && (other.seen ^ other.own) === BigInt(STEP_ISV)
    ? { ...other, allowance: "step-syndrome" }
    : other;
}

/** A bare frame, whose machine follows what userspace gives the guest. */
type BareFrame = Omit<Arm64Frame, "host"> & { host: Arm64Host };

/** Registers that exist once, where the block has them. */
const SINGLE = new Map<number, number>([
  [REG.MDSCR_EL1, BARE.mdscr],
  [REG.MDCCINT_EL1, BARE.mdccint],
  [REG.CONTEXTIDR_EL1, BARE.contextidr],
]);

/** The arm64 part. */
export const ARM64_LOCKSTEP: Lockstep = {
  words: BARE.words,
  // An instruction, its exception, a handler of 20, and once more.
  stepsMax: 48,
  addresses: [1, 3].flatMap((kind) =>
    Array.from({ length: 16 }, (_, n) => BARE.bank + 2 * (kind << 4 | n))
  ),

  frame(frame) {
    const bare: BareFrame = {
      ...frame as Arm64Frame,
      host: guestHost(frame as Arm64Frame),
      w: new Int32Array(frame.w.length),
      sink: null,
      bare: bareMode({
        isStepwise: true,
        answersCalls: frame.bare === undefined,
      }),
      ownerOf: () => "guest",
    };
    return bare;
  },
  begin(f, at, read) {
    const { w, vcpu } = f;
    w.fill(0, at, at + BARE.words);
    const take = (register: number, to: number): void => {
      const seen = read(register);
      if (seen.kind === "value") set64(w, to, seen.value);
    };
    for (let id = 0; id < NUMBERED_MAX; id++) take(id, at + BARE.bank + 2 * id);
    for (const [register, to] of SINGLE) take(register, at + to);
    const lock = read(REG.OSLSR_EL1);
    const isLocked = lock.kind === "value" &&
      (lock.value & BigInt(OSLK)) !== 0n;
    w[at + BARE.osLock] = Number(isLocked);
    for (const [from, to] of OF_VCPU) w[at + to] = w[vcpu + from];
  },
  load(bare, block, at) {
    const { w, vm, cpu, vcpu } = bare;
    const frame = bare as BareFrame;
    const { dfr0, idDfr0 } = frame.host.model;
    if (
      dfr0.lo !== w[vm + VM.dfr0] || dfr0.hi !== w[vm + VM.dfr0 + 1] ||
      idDfr0 !== w[vm + VM.idDfr0]
    ) frame.host = guestHost(frame);
    putCpu(block, at, w, cpu);
    for (const [to, from] of EXTERNAL) {
      copy(block, at + from, w, cpu + to, REGISTER_WORDS);
    }
    for (const [to, from] of OF_VCPU) w[vcpu + to] = block[at + from];
    w[cpu + CPU.mdcr] = 0;
    w[cpu + CPU.mdcr + 1] = 0;
    w[cpu + CPU.tid3] = 0;
    w[cpu + CPU.tvm] = 0;
  },
  save({ w, cpu, vcpu, bare }, block, at) {
    if (!bare!.answersCalls) {
      for (const [from, to] of EXTERNAL) {
        copy(w, cpu + from, block, at + to, REGISTER_WORDS);
      }
    }
    takeCpu(w, cpu, block, at);
    for (const [from, to] of OF_VCPU) block[at + to] = w[vcpu + from];
  },
  arrives({ w, vcpu }, bare) {
    // KVM has delivered an SError, which the bare machine is to take by itself. Rule arm64:E/1.35.
    const isNew = w[vcpu + VCPU_BASE.inHandler] === AT_VECTOR &&
      bare.w[vcpu + VCPU_BASE.inHandler] === 0;
    if (isNew && w[vcpu + VCPU.asynchronous] === ASYNCHRONOUS.serror) {
      bare.w[vcpu + VCPU.serror] = 1;
    }
  },
  step: (bare, insn) => executeInstruction(bare as Arm64Frame, insn),
  isSamePlace: ({ w, vcpu }, bare) =>
    PLACE.every((at) => w[vcpu + at] === bare.w[vcpu + at]),
  raised: (bare) =>
    bare.w[bare.vcpu + VCPU_BASE.inHandler] === AT_VECTOR
      ? handledKind(bare as Arm64Frame)
      : undefined,
  handled: (f) =>
    f.w[f.vcpu + VCPU_BASE.inHandler] !== 0 || f.w[f.vcpu + VCPU.exceptions] > 0
      ? handledKind(f as Arm64Frame)
      : undefined,
  due: () => undefined,
  pending: ({ w, vcpu }) =>
    w[vcpu + VCPU.pendingUndef] !== 0 ? "undef" : undefined,
  // An UNDEF leaves nothing in registers, and no guest debug hides it.
  isQueued: () => false,
  allowsStray: (insn, exception) =>
    exception === "undef" && insn !== null &&
      EXTERNAL_REGISTERS.has(insn.register)
      ? "external-debug"
      : undefined,
  isDebugged: ({ w, vcpu }) => w[vcpu + VCPU.guestDebug] !== 0,
  hidesGeneralDetect: () => false,
  differences(f, bare, entered) {
    if (!entered) return [];
    const { w, vcpu } = f;
    return SYNDROME.flatMap(([name, at, words]) => {
      const value = (w: Words): bigint =>
        words === 2 ? get64(w, vcpu + at) : BigInt(w[vcpu + at] >>> 0);
      const other = { name, seen: value(w), own: value(bare.w) };
      if (other.seen === other.own) return [];
      if (name === "spsr") return [withStepFlag(f, other)];
      return [name === "esr" ? withStepSyndrome(other) : other];
    });
  },
  readDiffers(f, _at, read) {
    if (EXTERNAL_REGISTERS.has(read.register)) {
      return { ...read, allowance: "external-debug" };
    }
    const { register, seen, own } = read;
    if (register === REG.PSTATE) return withStepFlag(f, read);
    const bits = comparedBits(f as Arm64Frame, register, own);
    return ((seen ^ own) & bits) === 0n ? undefined : read;
  },
  resumes: () => false,
  value(f, at, register): ViewValue {
    const { w } = f;
    if (register === REG.PSTATE) {
      return { kind: "value", value: BigInt(w[at + BARE.pstate] >>> 0) };
    }
    const { access: accesses, name } = ARM64_REGISTERS.byId(register);
    if (accesses === "WO") {
      return { kind: "none", why: `${name} is write-only` };
    }
    const single = SINGLE.get(register);
    if (single !== undefined) {
      return { kind: "value", value: get64(w, at + single) };
    }
    if (register < NUMBERED_MAX) {
      const { brps, wrps } = guestCounts(f as Arm64Frame);
      const count = register >> 5 === 0 ? brps : wrps;
      return (register & 15) >= count
        ? { kind: "undef" }
        : { kind: "value", value: get64(w, at + BARE.bank + 2 * register) };
    }
    if (EXTERNAL_REGISTERS.has(register) && f.bare === undefined) {
      return {
        kind: "none",
        why: "a guest under KVM has none that keeps anything",
      };
    }
    const bare = machineOf(f as Arm64Frame, at);
    const insn = makeInsn({ op: "read", register, level: 1 });
    if (access(bare, insn) === ACCESS.undef) return { kind: "undef" };
    return { kind: "value", value: join64(bare.lo, bare.hi) };
  },
  write(f, at, register, lo, hi) {
    const { w } = f;
    if (register === REG.PSTATE) {
      w[at + BARE.pstate] = lo;
      return;
    }
    if (register === REG.OSLSR_EL1) {
      w[at + BARE.osLock] = Number((lo & OSLK) !== 0);
      return;
    }
    const bare = machineOf(f as Arm64Frame, at);
    bare.lo = lo;
    bare.hi = hi;
    writePhysical(bare, register);
    takeCpu(bare.w, bare.cpu, w, at);
  },
  leaveHandler() {
    // Nothing is raised and not taken.
  },
  dropDue() {
    // Nothing is due without being raised.
  },
  setHandlerSteps() {
    // The handler of arm64 counts no steps.
  },
  inject() {
    // KVM_SET_GUEST_DEBUG of arm64 injects nothing.
  },
};

/** A frame on the bare machine alone. */
function machineOf(f: Arm64Frame, at: number): Arm64Frame {
  const bare = ARM64_LOCKSTEP.frame(f) as Arm64Frame;
  bare.w.set(f.w);
  ARM64_LOCKSTEP.load(bare, f.w, at);
  return bare;
}
