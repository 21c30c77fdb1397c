/**
 * Exception classes and syndromes. Rule arm64:A/8.
 *
 * @module
 */

/** Exception classes (ESR_ELx.EC). Of a pair, the lower is of an exception from a lower level. */
export const EC = {
  unknown: 0x00,
  svc: 0x15,
  hvc: 0x16,
  smc: 0x17,
  systemRegister: 0x18,
  dataAbortLower: 0x24,
  serror: 0x2f,
  breakpointLower: 0x30,
  stepLower: 0x32,
  watchpointLower: 0x34,
  brk: 0x3c,
} as const;

/** What `VCPU.exitClass` holds: why the vCPU left the guest. */
export const EXIT_CLASS = {
  /** A host interrupt: no syndrome. */
  interrupt: -1,
  hvc: EC.hvc,
  smc: EC.smc,
  systemRegister: EC.systemRegister,
  dataAbortLower: EC.dataAbortLower,
  breakpointLower: EC.breakpointLower,
  stepLower: EC.stepLower,
  watchpointLower: EC.watchpointLower,
  brk: EC.brk,
} as const;

/** Added to the class of a debug exception that is taken without a change of level. */
export const FROM_SAME_LEVEL = 1;

/** IL: the instruction has 32 bits, as all of A64. */
const IL = 1 << 25;

/** IFSC or DFSC of a debug exception. */
export const DEBUG_FAULT_STATUS = 0x22;

/** ISV of a step syndrome: an instruction was stepped, so EX is valid. */
export const STEP_ISV = 1 << 24;
/** EX of a step syndrome: it was a load-exclusive. */
export const STEP_EX = 1 << 6;

/** ISV, or IDS, of an SError's syndrome: the rest is IMPLEMENTATION DEFINED. */
export const ISV = 1 << 24;

/** WnR of a watchpoint or data abort syndrome: a write. */
export const WRITE_NOT_READ = 1 << 6;

/** ISV of a data abort syndrome: size and register are valid. */
export const ABORT_ISV = 1 << 24;
/** Lowest bit of SAS, the access size as a power of two. */
export const ABORT_SAS_SHIFT = 22;
/** DFSC: translation fault, level 3. */
export const TRANSLATION_FAULT = 0x07;

/** Joins a class and its specific syndrome to bits 31:0 of ESR_ELx; the rest is 0. */
export function syndrome(exceptionClass: number, iss: number): number {
  return exceptionClass << 26 | IL | iss;
}
