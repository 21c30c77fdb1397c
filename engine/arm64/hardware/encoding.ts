/**
 * Encodings of the system registers, as a trapped access reports them.
 *
 * @module
 */
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
  ISS[id] = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1;
}

/** ISS of a trapped MSR, or MRS for a read, of a register. Rules arm64:A/1, arm64:A/8. */
export function accessIss(register: number, write: boolean): number {
  return write ? ISS[register] : ISS[register] | ISS_READ;
}
