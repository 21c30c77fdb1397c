/**
 * Trapped guest accesses to system registers.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { type Move, setPair } from "../../moves.ts";
import type { Insn } from "../../program.ts";
import { VCPU_BASE } from "../../rules.ts";
import { join64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import { type RegisterRoute, setRegister } from "../moves.ts";
import { type Kind, NUMBERED_MAX, numberedId, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { readId } from "./id_values.ts";
import { bankIndex, movedRule } from "./indexing.ts";
import type { KvmFrame } from "./kernel.ts";
import { convertLink } from "./numbering.ts";
import { OSLK } from "./os_lock.ts";

const FROM_PROGRAM: RegisterRoute = {
  cause: "write",
  to: "guest",
  from: "program",
};
const LOCK: Move = {
  cause: "write",
  to: ["guest", "OSLSR_EL1"],
  from: ["program", "OSLAR_EL1"],
  rule: "arm64:A/15",
};

function read(f: KvmFrame, at: number): void {
  f.lo = f.w[at];
  f.hi = f.w[at + 1];
}

function store(f: KvmFrame, at: number): void {
  f.w[at] = f.lo;
  f.w[at + 1] = f.hi;
}

/** Stores the transfer register at an offset of the vCPU block, as what a trapped guest write wrote. */
function storeWritten(
  f: KvmFrame,
  offset: number,
  register: number,
  written = register,
): void {
  const at = f.vcpu + offset;
  // What reports is a function of its own, as in `convertLink`.
  if (f.sink === null) store(f, at);
  else storeReported(f, at, register, written);
}

function storeReported(
  f: KvmFrame,
  at: number,
  register: number,
  written: number,
): void {
  const rule = written === register ? f.kernel.rule : movedRule(f, "arm64:F1");
  setRegister(f, at, f.lo, f.hi, FROM_PROGRAM, register, rule, written);
}

function readAs(f: KvmFrame, value: number): void {
  f.lo = value;
  f.hi = 0;
}

// A constant of this module: what is imported costs look-ups at each access.
const NUMBERED = NUMBERED_MAX;

/** The register that an access to a numbered register reaches; negative if the guest has no such register: UNDEFINED. */
function reached(f: KvmFrame, register: number): number {
  const kind = (register >> 4) as Kind;
  const number = bankIndex(f, register);
  const slot = f.kernel.numbering.guestSlot(f, kind, number);
  return slot < 0 ? slot : numberedId(kind, slot);
}

/** Offset in the vCPU block of a numbered register as trapped accesses see it. */
function offsetOf(f: KvmFrame, id: number): number {
  return f.kernel.debugSwitch.accessedBank(f) + 2 * id;
}

function writeNumbered(f: KvmFrame, register: number): boolean {
  const id = reached(f, register);
  if (id < 0) return false;
  convertLink(f, register, "program");
  storeWritten(f, offsetOf(f, id), id, register);
  return true;
}

function readNumbered(f: KvmFrame, register: number): boolean {
  const id = reached(f, register);
  if (id < 0) return false;
  read(f, f.vcpu + offsetOf(f, id));
  f.kernel.numbering.toGuest(f, register >> 4 as Kind);
  return true;
}

/** OSLAR_EL1 writes: the vCPU's own lock, where the kernel has one. Rules arm64:A/15, arm64:F7. */
function writeOslar(f: KvmFrame): void {
  if (!f.kernel.osLock) return;
  const at = f.vcpu + VCPU.oslsr;
  const lo = (f.w[at] & ~OSLK) | ((f.lo & 1) === 0 ? 0 : OSLK);
  setPair(f, at, lo, 0, LOCK);
  f.kernel.debugSwitch.lockWritten(f);
}

/** @returns false if the guest has no such register, or it cannot be accessed so: UNDEFINED */
function accessOther(
  f: KvmFrame,
  register: number,
  write: boolean,
): boolean {
  switch (register) {
    case REG.MDSCR_EL1: {
      const offset = f.kernel.debugSwitch.accessedMdscr(f);
      if (write) storeWritten(f, offset, register);
      else read(f, f.vcpu + offset);
      return true;
    }
    case REG.MDCCINT_EL1:
      if (write) storeWritten(f, VCPU.mdccint, register);
      else read(f, f.vcpu + VCPU.mdccint);
      return true;
    case REG.CONTEXTIDR_EL1:
      if (write) storeWritten(f, VCPU.contextidr, register);
      else read(f, f.vcpu + VCPU.contextidr);
      return true;
    case REG.OSLAR_EL1:
      if (write) writeOslar(f);
      return write;
    case REG.OSLSR_EL1:
      read(f, f.vcpu + VCPU.oslsr);
      return !write;
    case REG.DBGAUTHSTATUS_EL1:
      // The host's live value; writes are ignored. Rule arm64:A/15.
      if (!write) readAs(f, f.host.model.dbgauthstatus);
      return true;
    case REG.ID_AA64DFR0_EL1:
    case REG.ID_AA64DFR1_EL1:
    case REG.ID_DFR0_EL1:
      readId(f, register);
      return !write;
    case REG.MDRAR_EL1:
    case REG.OSDLR_EL1:
    case REG.DBGPRCR_EL1:
    case REG.DBGCLAIMSET_EL1:
    case REG.DBGCLAIMCLR_EL1:
    case REG.MDCCSR_EL0:
    case REG.DBGDTR_EL0:
    case REG.DBGDTRRX_EL0:
    case REG.DBGDTRTX_EL0:
      readAs(f, 0);
      return true;
    // OSDTRRX_EL1, OSDTRTX_EL1 and OSECCR_EL1 are not in sys_reg_descs[] of any version from 4.4.1 to 7.1.5.
    default:
      return false;
  }
}

/**
 * Emulates one access.
 *
 * @param write of the value in the transfer register; a read leaves its value there
 * @returns false if the guest must get an UNDEFINED exception
 *
 * Rules arm64:A/15, arm64:C/2, arm64:D27 to arm64:D31, arm64:E/2.9.
 */
export function emulateAccess(
  f: KvmFrame,
  register: number,
  write: boolean,
): boolean {
  if (register >= NUMBERED) return accessOther(f, register, write);
  return write ? writeNumbered(f, register) : readNumbered(f, register);
}

/**
 * Handles the exit of a trapped access.
 *
 * @returns false if the guest must get an UNDEFINED exception
 */
export function handleSysreg(f: KvmFrame, insn: Insn): boolean {
  const write = insn.op === "write";
  const { register } = insn;
  if (write) {
    f.lo = insn.lo;
    f.hi = insn.hi;
  }
  const done = emulateAccess(f, register, write);
  const rule: RuleId = done ? f.kernel.rule : "arm64:D27";
  if (done) f.kernel.debugSwitch.accessed(f, { write, register });
  f.sink?.push({
    kind: "access",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    access: write ? "write" : "read",
    register: ARM64_REGISTERS.byId(register).name,
    value: write ? join64(insn.lo, insn.hi) : join64(f.lo, f.hi),
    pc: join64(insn.addressLo, insn.addressHi),
    by: done ? "kvm" : "undef",
    name: insn.name,
    rule,
  });
  return done;
}
