/**
 * Which breakpoints and watchpoints a model does not tell apart, and how they are exchanged in its blocks. A
 * breakpoint's slot is its number, a watchpoint's the number after those of all breakpoints.
 *
 * Exchanged are numbers that are the same for guest and machine under every kernel, context-aware ones apart from
 * the others: a renumbering moves the rest. What a linked type names in LBN stays what it is, and so do as many
 * of the lowest as a debugger or the host can ask for. Of two watchpoints that an access hits the lower one makes
 * the syndrome: they are exchanged only where all would make the same, which is so where every access is aligned,
 * every watchpoint watches a whole double word, and no instruction both reads and writes.
 *
 * @module
 */
import type { ProgrammedMachine } from "../../explore/programmed_machine.ts";
import {
  exchangePairs,
  registerUses,
  type SlotNames,
  slotRequests,
  type Slots,
} from "../../explore/slots.ts";
import { lowWord } from "../../word64.ts";
import { BARE } from "../bare/block.ts";
import { CPU, PAIRS_MAX, USER, VCPU, VM } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { accessIss } from "../hardware/encoding.ts";
import { EC } from "../hardware/exception_class.ts";
import { bankAt } from "../hardware/register_file.ts";
import type { KvmFrame } from "../kvm/kernel.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { KIND, type Kind, NUMBERED_MAX } from "../registers/ids.ts";
import { OWN } from "./own_registers.ts";

const LBN = DBGBCR.word("LBN");
const BT = DBGBCR.word("BT");
const WT = DBGWCR.word("WT");
const BAS = DBGWCR.word("BAS");
const MASK = DBGWCR.word("MASK");

/** Where a syndrome has its exception class. */
const EC_SHIFT = 26;

/** The ISS of a syndrome, and its bit 0 for a system register: the access is a read. */
const ISS = 0x1ff_ffff;
const ISS_READ = 1;

/** A value that a numbered register can have. */
interface Value {
  readonly kind: Kind;
  readonly number: number;
  readonly value: bigint | undefined;
}

/** One that a program or userspace names. */
interface Named extends Value {
  /** All bits are written. */
  readonly isWhole: boolean;
}

/** What programs name or write, and what the guests' own registers hold at the start. */
function valuesOf(model: ProgrammedMachine): { named: Named[]; all: Value[] } {
  const named = registerUses(model).filter(({ register }) =>
    register < NUMBERED_MAX
  ).map(({ register, value, isWhole }) => ({
    kind: register >> 4 as Kind,
    number: register & 15,
    value,
    isWhole,
  }));
  const atStart = model.initial.vcpus.flatMap((w) =>
    [KIND.bcr, KIND.wcr, KIND.wvr].flatMap((kind) =>
      Array.from({ length: PAIRS_MAX }, (_, number) => ({
        kind,
        number,
        value: BigInt(w[bankAt(VCPU.guest, kind, number)]),
      }))
    )
  );
  return { named, all: [...named, ...atStart] };
}

function word(value: bigint | undefined): number {
  return value === undefined ? 0 : lowWord(value);
}

/** Breakpoints that a linked type of the model names. */
function linkedBy({ kind, value }: Value): number[] {
  const control = word(value);
  const isLinked = kind === KIND.bcr
    ? (control >>> BT.shift & 1) !== 0
    : kind === KIND.wcr && (control >>> WT.shift & WT.mask) !== 0;
  return isLinked ? [control >>> LBN.shift & LBN.mask] : [];
}

/** Instructions that read memory or write it. */
const ONE_WAY: readonly string[] = ["load", "store", "ldxr", "stxr"];

/** Whichever of several watchpoints makes the syndrome, it is the same. */
function allWatchAlike(
  model: ProgrammedMachine,
  all: readonly Value[],
): boolean {
  const watches = all.every(({ kind, value }) => {
    const low = word(value);
    switch (kind) {
      case KIND.wcr:
        return low === 0 ||
          (low >>> MASK.shift & MASK.mask) === 0 &&
            (low >>> BAS.shift & BAS.mask) === BAS.mask;
      case KIND.wvr:
        return (low & 7) === 0;
      default:
        return true;
    }
  });
  return watches && model.guests.every(({ nodes }) =>
    nodes.every((node) => {
      if (node.kind !== "act") return true;
      const { op, lo, sizeBytes } = node.action;
      if (op === "rmw") return false;
      if (!ONE_WAY.includes(op)) return true;
      return (lo & 7) + sizeBytes <= 8;
    })
  );
}

/** Runs of numbers that guest and machine count alike, by the numbers at which they end. */
function runsOf(
  model: ProgrammedMachine,
): { breakpoints: number[]; watchpoints: number } {
  const { host } = model.rules.frame(model.initial.vm) as Arm64Frame;
  const dfr0 = model.initial.vm[VM.dfr0];
  const field = (name: "BRPs" | "CTX_CMPs" | "WRPs"): number => {
    const { shift, mask } = ID_AA64DFR0.word(name);
    return (dfr0 >>> shift & mask) + 1;
  };
  const brps = field("BRPs");
  const ofGuest = brps - field("CTX_CMPs");
  const ofMachine = host.brps - host.ctx;
  const last = Math.min(brps, host.brps);
  const breakpoints = ofGuest < ofMachine
    ? [Math.min(ofGuest, last)]
    : [ofMachine, ofGuest, last].map((end) => Math.min(end, last));
  return { breakpoints, watchpoints: Math.min(field("WRPs"), host.wrps) };
}

function groups(model: ProgrammedMachine): number[][] {
  const { named, all } = valuesOf(model);
  const { breakpoints, watchpoints, alsoByNumber } = slotRequests(model);
  const frame = model.rules.frame(model.initial.vm) as KvmFrame;
  const { host } = frame;
  // Number 0 is not like the others. Rule arm64:F1.
  if (frame.bare === undefined && frame.kernel.aliasesNumber0) return [];
  const { initial, rules } = model;
  const { vcpu } = rules.sizes;
  const usedAtStart =
    initial.vcpus.some((w) =>
      w[vcpu + USER.breakpoints] + w[vcpu + USER.watchpoints] > 0
    ) || initial.cpus.some((w) =>
      w[CPU.hostBreakpoints] + w[CPU.hostWatchpoints] > 0
    );
  // A raw KVM_SET_GUEST_DEBUG makes the debugger count its slots by number.
  if (usedAtStart || alsoByNumber) return [];
  const partly = named.some(({ kind, value, isWhole }) =>
    (kind === KIND.bcr || kind === KIND.wcr) && value !== undefined && !isWhole
  );
  if (partly) return [];
  const linked = new Set(all.flatMap(linkedBy));
  const isNamed = (kinds: readonly Kind[], slot: number): boolean =>
    named.some(({ kind, number }) => number === slot && kinds.includes(kind));
  const runs = runsOf(model);
  const found: number[][] = [];
  let from = 0;
  for (const end of runs.breakpoints) {
    const run: number[] = [];
    for (let n = from; n < end; n++) {
      if (
        n >= breakpoints && !linked.has(n) &&
        isNamed([KIND.bcr, KIND.bvr], n)
      ) run.push(n);
    }
    found.push(run);
    from = Math.max(from, end);
  }
  const unit = host.model.watchpointUnit;
  if (unit !== "listed" && allWatchAlike(model, all)) {
    const run: number[] = [];
    for (let n = watchpoints; n < runs.watchpoints; n++) {
      if (isNamed([KIND.wcr, KIND.wvr], n)) run.push(PAIRS_MAX + n);
    }
    found.push(run);
  }
  return found.filter(({ length }) => length > 1);
}

/** The first slot of a kind of register. */
function firstSlot(kind: number): number {
  return kind === KIND.bcr || kind === KIND.bvr ? 0 : PAIRS_MAX;
}

function exchangeBank(w: Int32Array, at: number, names: SlotNames): void {
  for (const kind of [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr]) {
    exchangePairs(
      w,
      bankAt(at, kind, 0),
      names,
      firstSlot(kind),
      PAIRS_MAX,
    );
  }
}

function renamed(register: number, names: SlotNames): number {
  if (register < 0 || register >= NUMBERED_MAX) return register;
  const first = firstSlot(register >> 4);
  return (register & ~15) | (names[first + (register & 15)] - first);
}

/** The syndrome of a trapped access of a numbered register, which names it. */
function syndromeOf(esr: number, names: SlotNames): number {
  if (esr >>> EC_SHIFT !== EC.systemRegister) return esr;
  const isWrite = (esr & ISS_READ) === 0;
  for (let register = 0; register < NUMBERED_MAX; register++) {
    if (accessIss(register, isWrite) !== (esr & ISS)) continue;
    return (esr & ~ISS) | accessIss(renamed(register, names), isWrite);
  }
  return esr;
}

/** Breakpoints, then watchpoints. */
export const ARM64_SLOTS: Slots = {
  count: 2 * PAIRS_MAX,
  groups,
  register: renamed,
  value: (_register, value) => value,
  exchangeVcpu(f, at, names) {
    const { w, vcpu, user } = f;
    for (const bank of [VCPU.guest, VCPU.external, VCPU.shadow]) {
      exchangeBank(w, vcpu + bank, names);
    }
    exchangeBank(w, user + USER.bank, names);
    exchangeBank(w, at + OWN.bank, names);
    w[vcpu + VCPU.exitEsr] = syndromeOf(w[vcpu + VCPU.exitEsr], names);
  },
  exchangeBare({ w }, at, names) {
    exchangeBank(w, at + BARE.bank, names);
  },
  exchangeCpu(f, names) {
    for (const bank of [CPU.hw, CPU.hostSaved, CPU.host]) {
      exchangeBank(f.w, f.cpu + bank, names);
    }
  },
};
