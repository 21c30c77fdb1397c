/**
 * Encodings of the system registers, as a trapped access reports them.
 *
 * @module
 */
import type { Insn } from "../../program.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";

/** DAIF, as which an access to PSTATE is reported. */
const DAIF = "3,3,4,2,1";

/** Bit 0 of the syndrome: the access is a read. */
const ISS_READ = 1;

/** Syndromes of writes by register id, Rt = 0. */
const ISS = new Int32Array(
  1 + Math.max(...ARM64_REGISTERS.all.map(({ id }) => id)),
);
for (const { id, encoding } of ARM64_REGISTERS.all) {
  const [op0, op1, crn, crm, op2] = (encoding || DAIF).split(",").map(Number);
  ISS[id] = issOf({ op0, op1, crn, crm, op2, rt: 0 });
}

/** What an encoding is made of; a write. */
interface Parts {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
  /** Number of the general-purpose register. */
  readonly rt: number;
}

function issOf({ op0, op1, crn, crm, op2, rt }: Parts): number {
  return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1;
}

/** ISS of a trapped MSR, or MRS for a read, of a register. Rules arm64:A/1, arm64:A/8. */
export function accessIss(register: number, write: boolean): number {
  return write ? ISS[register] : ISS[register] | ISS_READ;
}

/** PSTATE.D, A, I and F, and the lowest of them. */
const DAIF_BITS = 0x3c0;
const DAIF_SHIFT = 6;

/** MSR DAIFSet and DAIFClr, except for op2 and the immediate, which is in CRm. */
const IMMEDIATE = { op0: 0, op1: 3, crn: 4, rt: 31 } as const;
const OP2 = { set: 6, clear: 7 } as const;

/**
 * ISS of a trapped access to PSTATE.DAIF. A write that sets some of the bits or clears some, and no others, is MSR
 * DAIFSet or DAIFClr; any other is an access to DAIF as a register.
 *
 * @param swaps the CPU reports op1 of the immediate forms as op2, and op2 as op1
 *
 * Rule arm64:A/1.2.
 */
export function daifIss(
  { op, register, lo, maskLo }: Insn,
  swaps: boolean,
): number {
  const write = op === "write";
  const set = lo & maskLo;
  const isImmediate = write && (maskLo & ~DAIF_BITS) === 0 &&
    (set === 0 || set === maskLo);
  if (!isImmediate) return accessIss(register, write);
  const op2 = (lo & DAIF_BITS) === 0 ? OP2.clear : OP2.set;
  const { op1 } = IMMEDIATE;
  const crm = maskLo >> DAIF_SHIFT;
  return issOf({
    ...IMMEDIATE,
    crm,
    ...(swaps ? { op1: op2, op2: op1 } : { op1, op2 }),
  });
}
