/**
 * KVM_SET_ONE_REG of the ID registers.
 *
 * @module
 */
import type { RuleId } from "../../events.ts";
import { VM } from "../blocks.ts";
import type { RegisterWords } from "../hardware/register_file.ts";
import { type Dfr0Field, ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { REG } from "../registers/ids.ts";
import { writeConfigurable } from "./id_configurable.ts";
import {
  countText,
  type Field,
  fieldOf,
  refuseId,
  signed4,
  storeId,
} from "./id_fields.ts";
import {
  COPDBG_MASK,
  DEBUGVER,
  DEBUGVER_V8_0,
  ID_FIELD,
  PERFMON_PMUV3,
  PERFMON_SHIFT,
  PMU_IMPLEMENTATION_DEFINED,
  PMUVER,
  readId,
  shownDfr0,
  shownIdDfr0,
  withField,
} from "./id_values.ts";
import type { KvmFrame } from "./kernel.ts";

const PERFMON = { shift: PERFMON_SHIFT, mask: ID_FIELD };
const COPDBG = { shift: 0, mask: COPDBG_MASK };
const WRPS = ID_AA64DFR0.word("WRPs");
const DOUBLELOCK = ID_AA64DFR0.word("DoubleLock");

/** True if the transfer register has the value that the VM has, which it has afterwards. */
function isCurrent(f: KvmFrame, register: number): boolean {
  const { lo, hi } = f;
  readId(f, register);
  return f.lo === lo && f.hi === hi;
}

/** The rule of the present kernel's VM-wide registers. */
function vmWideRule({ kernel }: KvmFrame): RuleId {
  return kernel.writesWatchpoints ? "arm64:E/2.13" : "arm64:E/1.17";
}

/** The rule of a kernel that takes no other value. */
function invariantRule({ kernel }: KvmFrame): RuleId {
  if (kernel.writesPmuVersion) return "arm64:E/1.16";
  return kernel.debugVersion === "host" ? "arm64:E/1.20" : "arm64:E/1.13";
}

/** The PMU version in a register: PMUVer, or PerfMon. */
function pmuField(register: number): Field {
  return register === REG.ID_DFR0_EL1 ? PERFMON : PMUVER;
}

/**
 * The PMU version may change, and nothing else, at any time. A vCPU without a PMU takes 0 and the implementation
 * defined version, which both registers then show.
 *
 * Source: arch/arm64/kvm/sys_regs.c, set_id_aa64dfr0_el1(), set_id_dfr0_el1() and vcpu_pmuver(), 6.2.12 and 6.4.6.
 */
function writePmuVersion(f: KvmFrame, register: number): number {
  const { w } = f;
  const field = pmuField(register);
  const version = fieldOf(f, field);
  const without = f.lo & ~(field.mask << field.shift);
  const at = f.vm + (register === REG.ID_DFR0_EL1 ? VM.idDfr0 : VM.dfr0);
  const current = w[at] & ~(field.mask << field.shift);
  const hi = register === REG.ID_DFR0_EL1 ? 0 : w[at + 1];
  if (version !== 0 && version !== PMU_IMPLEMENTATION_DEFINED) {
    return refuseId(f, register, {
      errno: "EINVAL",
      why: "the vCPU was created without a PMU",
      rule: "arm64:E/1.16",
    });
  }
  if (without !== current || f.hi !== hi) {
    return refuseId(f, register, {
      errno: "EINVAL",
      why: "only the PMU version is writable",
      rule: "arm64:E/1.16",
    });
  }
  f.lo = withField(w[f.vm + VM.idDfr0], PERFMON, version);
  storeId(f, REG.ID_DFR0_EL1, "arm64:E/1.16");
  f.lo = withField(w[f.vm + VM.dfr0], PMUVER, version);
  f.hi = w[f.vm + VM.dfr0 + 1];
  return storeId(f, REG.ID_AA64DFR0_EL1, "arm64:E/1.16");
}

/** Fields that userspace may lower, with their sign. */
function writableFields(
  f: KvmFrame,
  register: number,
): readonly { name: string; field: Field; signed: boolean }[] {
  const { kernel } = f;
  const isDfr0 = register === REG.ID_AA64DFR0_EL1;
  const fields: { name: string; field: Field; signed: boolean }[] = [];
  if (kernel.writesPmuVersion) {
    fields.push({
      name: isDfr0 ? "PMUVer" : "PerfMon",
      field: pmuField(register),
      signed: !kernel.unsignedPmuVersion,
    });
  }
  if (kernel.debugVersion === "up to v8.8") {
    fields.push({
      name: isDfr0 ? "DebugVer" : "CopDbg",
      field: isDfr0 ? DEBUGVER : COPDBG,
      signed: false,
    });
  }
  if (isDfr0 && kernel.writesWatchpoints) {
    fields.push(
      { name: "WRPs", field: WRPS, signed: false },
      { name: "DoubleLock", field: DOUBLELOCK, signed: true },
    );
  }
  return fields;
}

/** Bits of a field in one word. */
function bitsIn({ shift, mask, word = 0 }: Field, of: 0 | 1): number {
  return word === of ? mask << shift : 0;
}

/**
 * Refuses what a new VM would not be told. A field that is not writable has to keep its value.
 *
 * Source: arch/arm64/kvm/sys_regs.c, arm64_check_features(), 6.6.9; the signs are those of ftr_id_aa64dfr0[] and
 * ftr_id_dfr0[] in arch/arm64/kernel/cpufeature.c, 6.19.0 and 7.1.3. Rule arm64:E/2.13.
 */
function checkFeatures(f: KvmFrame, register: number): number {
  const limit = register === REG.ID_AA64DFR0_EL1
    ? shownDfr0(f)
    : { lo: register === REG.ID_DFR0_EL1 ? shownIdDfr0(f) : 0, hi: 0 };
  let lo = f.lo ^ limit.lo;
  let hi = f.hi ^ limit.hi;
  const fields = register === REG.ID_AA64DFR1_EL1
    ? []
    : writableFields(f, register);
  for (const { name, field, signed } of fields) {
    const value = fieldOf(f, field);
    const most = fieldOf(limit, field);
    const above = signed ? signed4(value) > signed4(most) : value > most;
    if (above) {
      return refuseId(f, register, {
        errno: "EINVAL",
        why: `${countText(name, value)} is above ${most}`,
        rule: vmWideRule(f),
      });
    }
    lo &= ~bitsIn(field, 0);
    hi &= ~bitsIn(field, 1);
  }
  if (lo === 0 && hi === 0) return 0;
  return refuseId(f, register, {
    errno: "EINVAL",
    why: whyReadOnly(f, register, limit),
    rule: vmWideRule(f),
  });
}

/** Names the first field that differs and is not writable. */
function whyReadOnly(
  f: KvmFrame,
  register: number,
  limit: RegisterWords,
): string {
  if (register !== REG.ID_AA64DFR0_EL1) return "a read-only field differs";
  const writable = new Set(writableFields(f, register).map(({ name }) => name));
  for (const { name } of ID_AA64DFR0.fields.toReversed()) {
    if (writable.has(name)) continue;
    const field = ID_AA64DFR0.word(name as Dfr0Field);
    const most = fieldOf(limit, field);
    const value = fieldOf(f, field);
    if (value !== most) {
      return `${name} is read-only: ${value}, expected ${most}`;
    }
  }
  return "a reserved bit differs";
}

/**
 * Writes an ID register of the VM, or refuses it: a change after the first run, a DebugVer below Armv8.0, a PerfMon
 * below PMUv3.
 *
 * Source: arch/arm64/kvm/sys_regs.c, set_id_aa64dfr0_el1(), set_id_dfr0_el1() and set_id_reg(), 6.6.9 and 6.7.3.
 * Rules arm64:E/2.13, arm64:E/2.14, arm64:F11, arm64:F12.
 */
function writeVmWide(f: KvmFrame, register: number): number {
  const { kernel } = f;
  if (register !== REG.ID_AA64DFR1_EL1) {
    const pmu = pmuField(register);
    if (fieldOf(f, pmu) === PMU_IMPLEMENTATION_DEFINED) {
      f.lo = withField(f.lo, pmu, 0);
    }
    const version = fieldOf(f, pmu);
    if (
      register === REG.ID_DFR0_EL1 && version !== 0 && version < PERFMON_PMUV3
    ) {
      return refuseId(f, register, {
        errno: "EINVAL",
        why: `PerfMon ${version} is before PMUv3`,
        rule: vmWideRule(f),
      });
    }
    const debug = register === REG.ID_DFR0_EL1 ? COPDBG : DEBUGVER;
    if (
      kernel.debugVersion === "up to v8.8" && fieldOf(f, debug) < DEBUGVER_V8_0
    ) {
      const name = register === REG.ID_DFR0_EL1 ? "CopDbg" : "DebugVer";
      return refuseId(f, register, {
        errno: "EINVAL",
        why: `${name} ${fieldOf(f, debug)} is below ${DEBUGVER_V8_0}`,
        rule: kernel.writesWatchpoints ? "arm64:E/2.13" : "arm64:E/1.18",
      });
    }
  }
  if (f.w[f.vm + VM.ranAny] !== 0) {
    if (isCurrent(f, register)) return 0;
    return refuseId(f, register, {
      errno: "EBUSY",
      why: "a vCPU of the VM has run",
      rule: vmWideRule(f),
    });
  }
  const refused = checkFeatures(f, register);
  if (refused < 0 || register === REG.ID_AA64DFR1_EL1) return refused;
  return storeId(f, register, vmWideRule(f));
}

/**
 * KVM_SET_ONE_REG of an ID register that the kernel offers, from the transfer register.
 *
 * @returns 0 or a negated errno
 *
 * Rules arm64:E/1.13, arm64:E/1.16 to arm64:E/1.18, arm64:E/1.20, arm64:E/2.13, arm64:D/8.
 */
export function writeId(f: KvmFrame, register: number): number {
  const { kernel } = f;
  if (kernel.configurableIds && register === REG.ID_AA64DFR0_EL1) {
    return writeConfigurable(f);
  }
  if (kernel.vmWideIds) return writeVmWide(f, register);
  if (kernel.writesPmuVersion && register !== REG.ID_AA64DFR1_EL1) {
    return writePmuVersion(f, register);
  }
  if (isCurrent(f, register)) return 0;
  return refuseId(f, register, {
    errno: "EINVAL",
    why: "the value differs and no field is writable",
    rule: invariantRule(f),
  });
}
