/**
 * What an arm64 guest is given: where its program is, and counts.
 *
 * @module
 */
import type { CountChange } from "../rules.ts";
import { ID_AA64DFR0 } from "./registers/id_aa64dfr0.ts";

/** Where vCPU 0's program begins; each further one 64 KiB higher, as in the recordings. */
const PROGRAM_BASE = 0x4008_0000n;
const PROGRAM_STRIDE = 0x1_0000n;

/** What `set` calls the fields of ID_AA64DFR0_EL1 that are counts minus one. */
const COUNT_FIELDS = { brps: "BRPs", ctx: "CTX_CMPs", wrps: "WRPs" } as const;

/** Where a vCPU's program begins. */
export function programStart(index: number): bigint {
  return PROGRAM_BASE + PROGRAM_STRIDE * BigInt(index);
}

/** ID_AA64DFR0_EL1 with other counts. */
export function withCounts(dfr0: bigint, counts: CountChange): bigint {
  return Object.entries(counts).reduce((changed, [name, count]) => {
    const field = COUNT_FIELDS[name as keyof typeof COUNT_FIELDS];
    if (field === undefined) throw new RangeError(`No count ${name}`);
    return ID_AA64DFR0.with(changed, { [field]: BigInt(count - 1) });
  }, dfr0);
}
