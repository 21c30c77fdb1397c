/**
 * KVM_GET_ONE_REG and KVM_SET_ONE_REG.
 *
 * @module
 */
import type { ERRNO } from "../../errno.ts";
import type { RuleId } from "../../events.ts";
import { refuse } from "../../reports.ts";
import { VCPU } from "../blocks.ts";
import { type Move, setWord } from "../../moves.ts";
import { type RegisterRoute, setRegister } from "../moves.ts";
import { type Kind, NUMBERED_MAX, numberedId, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { isIdRegister, readId } from "./id_values.ts";
import { writeId } from "./id_writes.ts";
import { bankIndex, movedRule } from "./indexing.ts";
import type { KvmFrame } from "./kernel.ts";
import { convertLink } from "./numbering.ts";
import { OSLK } from "./os_lock.ts";

const PSTATE_FROM_USER: Move = {
  cause: "write",
  to: ["guest", "PSTATE"],
  from: ["user", "PSTATE"],
  rule: "arm64:E/1.37",
};
const FROM_USER: RegisterRoute = { cause: "write", to: "guest", from: "user" };

/** Where the vCPU keeps a register that exists once; -1 if KVM does not offer it. */
function offsetOf(f: KvmFrame, register: number): number {
  switch (register) {
    case REG.MDSCR_EL1:
      return VCPU.mdscr;
    case REG.MDCCINT_EL1:
      return VCPU.mdccint;
    case REG.CONTEXTIDR_EL1:
      return VCPU.contextidr;
    case REG.OSLSR_EL1:
      return f.kernel.osLock ? VCPU.oslsr : -1;
    case REG.DBGVCR32_EL2:
      return VCPU.dbgvcr32;
    default:
      return -1;
  }
}

/** Refuses a KVM_SET_ONE_REG. */
function refuseSet(
  f: KvmFrame,
  register: number,
  errno: keyof typeof ERRNO,
  why: string,
  rule: RuleId,
): number {
  const operation = `KVM_SET_ONE_REG ${ARM64_REGISTERS.byId(register).name}`;
  return refuse(f, operation, { errno, why, rule });
}

/** Encoding as one number, the order of KVM_GET_REG_LIST. Rule arm64:A/1. */
function encodingOrder(encoding: string): number {
  const [op0, op1, crn, crm, op2] = encoding.split(",").map(Number);
  return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
}

/** Names of the system registers that the kernel offers, in the order of KVM_GET_REG_LIST. Rule arm64:D34. */
export function offeredRegisters(f: KvmFrame): readonly string[] {
  return ARM64_REGISTERS.all.filter(({ id, encoding }) =>
    encoding !== "" && (id < NUMBERED_MAX || offsetOf(f, id) >= 0 ||
      isIdRegister(id) && f.kernel.trapsIdRegisters)
  ).sort((a, b) => encodingOrder(a.encoding) - encodingOrder(b.encoding)).map((
    { name },
  ) => name);
}

/** KVM_GET_ONE_REG into the transfer register. @returns 0 or a negated errno. Rules arm64:D/7, arm64:D32. */
export function getOneReg(f: KvmFrame, register: number): number {
  const { w } = f;
  f.lo = 0;
  f.hi = 0;
  if (register < NUMBERED_MAX) {
    const { numbering } = f.kernel;
    const kind = (register >> 4) as Kind;
    const slot = numbering.userSlot(f, kind, bankIndex(f, register));
    if (slot < 0) return 0;
    const at = f.vcpu + VCPU.guest + 2 * numberedId(kind, slot);
    f.lo = w[at];
    f.hi = w[at + 1];
    if (numbering.convertsForUser(f)) numbering.toGuest(f, kind);
    return 0;
  }
  if (register === REG.PSTATE) {
    f.lo = w[f.vcpu + VCPU.pstate];
    return 0;
  }
  if (isIdRegister(register) && f.kernel.trapsIdRegisters) {
    readId(f, register);
    return 0;
  }
  const offset = offsetOf(f, register);
  if (offset < 0) {
    return refuse(f, `KVM_GET_ONE_REG ${ARM64_REGISTERS.byId(register).name}`, {
      errno: "ENOENT",
      why: "KVM does not offer it",
      rule: "arm64:A/15",
    });
  }
  f.lo = w[f.vcpu + offset];
  f.hi = w[f.vcpu + offset + 1];
  return 0;
}

/**
 * KVM_SET_ONE_REG of the transfer register.
 *
 * @returns 0 or a negated errno
 *
 * Rules arm64:D/7, arm64:D32 to arm64:D34, arm64:D/8.
 */
export function setOneReg(f: KvmFrame, register: number): number {
  if (register < NUMBERED_MAX) return setNumbered(f, register);
  if (register === REG.PSTATE) {
    // A core register. The model's guest is AArch64 at EL1 or EL0 only.
    const level = f.lo & 0x1f;
    if ((level !== 0x5 && level !== 0x4 && level !== 0) || f.hi !== 0) {
      return refuseSet(
        f,
        register,
        "EINVAL",
        "not a mode of the guest",
        "arm64:E/1.37",
      );
    }
    setWord(f, f.vcpu + VCPU.pstate, f.lo, PSTATE_FROM_USER);
    return 0;
  }
  if (isIdRegister(register) && f.kernel.trapsIdRegisters) {
    return writeId(f, register);
  }
  const offset = offsetOf(f, register);
  if (offset < 0) {
    return refuseSet(
      f,
      register,
      "ENOENT",
      "KVM does not offer it",
      "arm64:A/15",
    );
  }
  if (register === REG.OSLSR_EL1) {
    const at = f.vcpu + VCPU.oslsr;
    if (((f.lo ^ f.w[at]) & ~OSLK) !== 0 || f.hi !== 0) {
      return refuseSet(
        f,
        register,
        "EINVAL",
        "only OSLK may change",
        "arm64:A/15",
      );
    }
  }
  storeUser(f, f.vcpu + offset, register, { rule: "arm64:A/15" });
  return 0;
}

function setNumbered(f: KvmFrame, register: number): number {
  const { numbering } = f.kernel;
  const kind = (register >> 4) as Kind;
  const slot = numbering.userSlot(f, kind, bankIndex(f, register));
  // Rule arm64:D32: success, and the value is dropped.
  if (slot < 0) return 0;
  if (numbering.convertsForUser(f)) convertLink(f, register, "user");
  const id = numberedId(kind, slot);
  storeUser(f, f.vcpu + VCPU.guest + 2 * id, id, {
    written: register,
    rule: id === register ? "arm64:D32" : movedRule(f, "arm64:F25"),
  });
  return 0;
}

function storeUser(
  f: KvmFrame,
  at: number,
  register: number,
  { written = register, rule }: { written?: number; rule: RuleId },
): void {
  setRegister(f, at, f.lo, f.hi, FROM_USER, register, rule, written);
}
