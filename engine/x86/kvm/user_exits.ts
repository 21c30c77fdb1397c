/**
 * What KVM_RUN returns with: the exit structures that userspace reads, which overlay each other.
 *
 * @module
 */
import { linearRip } from "../hardware/linear.ts";
import type { RuleId } from "../../events.ts";
import { placeIn } from "../../moves.ts";
import { join64 } from "../../word64.ts";
import { USER_EXIT, VCPU, VECTOR } from "../blocks.ts";
import { DR6_BITS } from "../registers/dr6.ts";
import type { KvmFrame } from "./kernel.ts";
import { addCsBase } from "./linear.ts";

/**
 * Which of the fields a path fills beside `exception` and `pc`; `signed` is for a dr7 that was an `int`. Rule x86:D/10,
 * bug x86:F36.
 */
export const FILLS = { dr6: 1, dr7: 2, signed: 4 } as const;

/** What `pc` of a debug exit is: the linear address of RIP, RIP of the CPU's exception, or where the step was asked for. */
export type ExitPc = "linear" | "cpu" | "requested";

/** Fills `pc`. Rules x86:D27, x86:D/17.2. */
function tellPc(f: KvmFrame, pc: ExitPc): void {
  const { w, vcpu } = f;
  if (pc === "requested") {
    w[vcpu + VCPU.runPc] = w[vcpu + VCPU.singlestepRip];
    w[vcpu + VCPU.runPc + 1] = w[vcpu + VCPU.singlestepRip + 1];
    return;
  }
  const addsBase = pc === "cpu" && f.kernel.exitPc === "base-plus-rip";
  w[vcpu + VCPU.runPc] = addsBase ? w[vcpu + VCPU.pc] : linearRip(f);
  w[vcpu + VCPU.runPc + 1] = w[vcpu + VCPU.pc + 1];
  if (addsBase) addCsBase(f, vcpu + VCPU.runPc);
}

/**
 * KVM_EXIT_DEBUG.
 *
 * @param vector 1 or 3
 * @param dr6 value, if `fills` has it
 * @param fills bits of `FILLS`; what is not filled stays as it was left
 * @param pc which address it tells: of an exception that the CPU has raised, or where the step was asked for
 */
export function debugExit(
  f: KvmFrame,
  vector: number,
  dr6: number,
  fills: number,
  rule: RuleId,
  pc: ExitPc = "linear",
): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.runException] = vector;
  tellPc(f, pc);
  if ((fills & FILLS.dr6) !== 0) {
    w[vcpu + VCPU.runDr6] = dr6;
    w[vcpu + VCPU.runDr6 + 1] = 0;
  }
  if ((fills & FILLS.dr7) !== 0) {
    const dr7 = w[vcpu + VCPU.vmDr7];
    w[vcpu + VCPU.runDr7] = dr7;
    w[vcpu + VCPU.runDr7 + 1] = (fills & FILLS.signed) !== 0 ? dr7 >> 31 : 0;
  }
  w[vcpu + VCPU.userExit] = USER_EXIT.debug;
  if (f.sink === null) return;
  f.sink.push({
    kind: "user-exit",
    vcpu: w[vcpu + VCPU.index],
    exit: "debug",
    values: exitValues(f),
    from: (fills & FILLS.dr7) === 0 ? {} : { dr7: placeIn(f, "vmcs", "DR7") },
    left: (["dr6", "dr7"] as const).filter((name) =>
      (fills & FILLS[name]) === 0
    ),
    rule,
  });
}

/** The debug exit of a finished step: dr7 is not filled. Rules x86:D27, x86:D/10. */
export function stepExit(f: KvmFrame, pc: ExitPc): void {
  const dr6 = DR6_BITS.RESET | DR6_BITS.BS;
  debugExit(f, VECTOR.DB, dr6, FILLS.dr6, "x86:D27", pc);
}

/** KVM_EXIT_INTERNAL_ERROR: the emulator could not decode an instruction. */
export function internalError(f: KvmFrame, rule: RuleId): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.userExit] = USER_EXIT.internalError;
  f.sink?.push({
    kind: "user-exit",
    vcpu: w[vcpu + VCPU.index],
    exit: "error",
    values: exitValues(f),
    rule,
  });
}

/**
 * KVM_EXIT_IO: its data lie over `exception` and `pc` of the debug exit.
 *
 * @param count items, of `sizeBytes` each: more than one for REP INS
 */
export function ioExit(
  f: KvmFrame,
  portLo: number,
  sizeBytes: number,
  isWrite: boolean,
  count = 1,
): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.userExit] = USER_EXIT.io;
  w[vcpu + VCPU.ioCount] = count;
  w[vcpu + VCPU.ioAddress] = portLo;
  w[vcpu + VCPU.ioAddress + 1] = 0;
  w[vcpu + VCPU.ioSize] = sizeBytes;
  w[vcpu + VCPU.ioWrite] = isWrite ? 1 : 0;
  reportAccessExit(f, "io");
}

/** KVM_EXIT_MMIO: its data lie over `exception`, `pc` and `dr6` of the debug exit. */
export function mmioExit(
  f: KvmFrame,
  lo: number,
  hi: number,
  sizeBytes: number,
  isWrite: boolean,
): void {
  const { w, vcpu } = f;
  w[vcpu + VCPU.userExit] = USER_EXIT.mmio;
  w[vcpu + VCPU.ioAddress] = lo;
  w[vcpu + VCPU.ioAddress + 1] = hi;
  w[vcpu + VCPU.ioSize] = sizeBytes;
  w[vcpu + VCPU.ioWrite] = isWrite ? 1 : 0;
  w[vcpu + VCPU.runDr6] = sizeBytes;
  w[vcpu + VCPU.runDr6 + 1] = (w[vcpu + VCPU.runDr6 + 1] & ~0xff) |
    (isWrite ? 1 : 0);
  reportAccessExit(f, "mmio");
}

function reportAccessExit(f: KvmFrame, exit: "io" | "mmio"): void {
  if (f.sink === null) return;
  f.sink.push({
    kind: "user-exit",
    vcpu: f.w[f.vcpu + VCPU.index],
    exit,
    values: exitValues(f),
    rule: exit === "io" ? "x86:D50" : "x86:D26",
  });
}

/** hardware_entry_failure_reason: VMX's exit reason 33 with bit 31, and SVM's VMEXIT_INVALID. */
const FAILURE_REASON = { vmx: 0x8000_0021n, svm: 0xffff_ffffn } as const;

/** The exit data of the last KVM_RUN, by the recordings' names. */
export function exitValues(f: KvmFrame): Record<string, bigint> {
  const { w, vcpu } = f;
  const rip = join64(w[vcpu + VCPU.pc], w[vcpu + VCPU.pc + 1]);
  const address = join64(
    w[vcpu + VCPU.ioAddress],
    w[vcpu + VCPU.ioAddress + 1],
  );
  const size = BigInt(w[vcpu + VCPU.ioSize]);
  const isWrite = BigInt(w[vcpu + VCPU.ioWrite]);
  switch (w[vcpu + VCPU.userExit]) {
    case USER_EXIT.debug:
      return {
        exception: BigInt(w[vcpu + VCPU.runException]),
        pc: join64(w[vcpu + VCPU.runPc], w[vcpu + VCPU.runPc + 1]),
        dr6: join64(w[vcpu + VCPU.runDr6], w[vcpu + VCPU.runDr6 + 1]),
        dr7: join64(w[vcpu + VCPU.runDr7], w[vcpu + VCPU.runDr7 + 1]),
      };
    case USER_EXIT.io:
      return {
        port: address,
        size,
        count: BigInt(w[vcpu + VCPU.ioCount]),
        is_write: isWrite,
        pc: rip,
      };
    case USER_EXIT.failEntry:
      return { reason: FAILURE_REASON[f.vendor], pc: rip };
    case USER_EXIT.mmio:
      return { addr: address, len: size, is_write: isWrite, pc: rip };
    default:
      return { pc: rip };
  }
}
