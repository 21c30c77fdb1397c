/**
 * What is reported of the program's accesses to registers.
 *
 * @module
 */
import { type Insn, writesRegister } from "../../program.ts";
import { join64 } from "../../word64.ts";
import { VCPU } from "../blocks.ts";
import type { X86Frame } from "../frame.ts";
import { REG } from "../registers/ids.ts";

/** Says what an access of the program came to. */
export function reportAccess(
  f: X86Frame,
  insn: Insn,
  by: "hardware" | "kvm",
): void {
  if (f.sink === null) return;
  f.sink.push({
    kind: "access",
    vcpu: f.w[f.vcpu + VCPU.index],
    access: writesRegister(insn) ? "write" : "read",
    register: registerName(insn.register),
    value: join64(f.lo, f.hi),
    pc: join64(insn.addressLo, insn.addressHi),
    by,
    name: insn.name,
    rule: insn.register === REG.DEBUGCTL
      ? by === "hardware" ? "x86:A/8" : "x86:D70"
      : by === "hardware"
      ? "x86:A/1"
      : f.vendor === "vmx"
      ? "x86:D14"
      : "x86:D15",
  });
}

/** Spelling of a register that an instruction names. */
export function registerName(register: number): string {
  return register <= REG.DR7
    ? `DR${register}`
    : register === REG.RFLAGS
    ? "RFLAGS"
    : register === REG.DEBUGCTL
    ? "DEBUGCTL"
    : "CR4";
}
