/**
 * The patches of the ID register series of 2022, version 7, as sources of rules.
 *
 * @module
 */
import type { RuleSource } from "../../rule_entry.ts";
import { kvm, source, together } from "./sources.ts";

const READ = "v7 of April 2022, on 5.18-rc3";

/**
 * A patch of the series.
 *
 * @param number of 38, with two digits
 * @param subject after `KVM: arm64: `
 * @param functions that the patch changes, below `arch/arm64/kvm/`
 */
export function patch(
  number: string,
  subject: string,
  ...functions: readonly string[]
): RuleSource {
  return together(
    source(READ, `KVM: arm64: ${subject} [PATCH v7 ${number}/38]`),
    kvm(READ, ...functions),
  );
}

/** Patch 3: the checks of every ID register. */
export function everyIdRegister(...functions: readonly string[]): RuleSource {
  return patch("03", "Introduce struct id_reg_desc", ...sysRegs(functions));
}

/** Patch 12: the flag of the VM, and the trap. */
export function flag(...functions: readonly string[]): RuleSource {
  return patch(
    "12",
    "Add a KVM flag indicating emulating debug regs access is needed",
    ...functions,
  );
}

/** Patch 13: breakpoints. */
export function breakpoints(...functions: readonly string[]): RuleSource {
  return patch("13", "Emulate dbgbcr/dbgbvr accesses", ...sysRegs(functions));
}

/** Patch 14: watchpoints. */
export function watchpoints(...functions: readonly string[]): RuleSource {
  return patch("14", "Emulate dbgwcr accesses", ...sysRegs(functions));
}

/** Patch 15: what may be written to ID_AA64DFR0_EL1. */
export function idRegister(...functions: readonly string[]): RuleSource {
  return patch(
    "15",
    "Make ID_AA64DFR0_EL1/ID_DFR0_EL1 writable",
    ...sysRegs(functions),
  );
}

function sysRegs(functions: readonly string[]): string[] {
  return functions.map((name) => `sys_regs.c: ${name}`);
}
