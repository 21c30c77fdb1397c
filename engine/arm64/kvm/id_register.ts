/**
 * ID_AA64DFR0_EL1: what the guest is told, and what userspace may make of it.
 *
 * @module
 */
import type { ERRNO } from "../../errno.ts";
import type { RuleId } from "../../events.ts";
import { placed } from "../../layout.ts";
import { type Route, setPair } from "../../moves.ts";
import { refuse } from "../../reports.ts";
import { VM } from "../blocks.ts";
import { type Dfr0Field, ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { REG } from "../registers/ids.ts";
import type { IdRegister, KvmFrame } from "./kernel.ts";
import { renumber } from "./numbering.ts";

/** Performance monitors of Armv8.4, the newest that KVM shows. Rule arm64:D.8. */
const PMUVER_V8_4 = 5;

/** An implementation defined PMU: KVM shows none. Rule arm64:F11. */
const PMUVER_IMPLEMENTATION_DEFINED = 0xf;

/** Fields from bit 0 up, with their place as (word, shift). */
const FIELDS = ID_AA64DFR0.fields.map((field) => ({
  name: field.name as Dfr0Field,
  ...ID_AA64DFR0.word(field.name as Dfr0Field),
})).reverse();

const BRPS = ID_AA64DFR0.word("BRPs");
const CTX_CMPS = ID_AA64DFR0.word("CTX_CMPs");
const WRPS = ID_AA64DFR0.word("WRPs");
const PMUVER = ID_AA64DFR0.word("PMUVer");
const DEBUGVER = ID_AA64DFR0.word("DebugVer");
const PMSVER_BITS = placed(ID_AA64DFR0, "PMSVer");

/** What the machine's own register says, with the counts of this machine. */
function hostValue(f: KvmFrame): { lo: number; hi: number } {
  const { model, brps, ctx, wrps } = f.host;
  const counts = (BRPS.mask << BRPS.shift) | (CTX_CMPS.mask << CTX_CMPS.shift) |
    (WRPS.mask << WRPS.shift);
  return {
    lo: (model.dfr0.lo & ~counts) | ((brps - 1) << BRPS.shift) |
      ((ctx - 1) << CTX_CMPS.shift) | ((wrps - 1) << WRPS.shift),
    hi: model.dfr0.hi,
  };
}

/**
 * The most that a guest may be told: the host's value, without SPE, with a PMU up to v8.4.
 *
 * @param debugVer what DebugVer is set to; -1 shows the machine's own
 */
function limitOf(f: KvmFrame, debugVer: number): { lo: number; hi: number } {
  let { lo, hi } = hostValue(f);
  hi &= ~PMSVER_BITS;
  let pmu = (lo >>> PMUVER.shift) & PMUVER.mask;
  if (pmu === PMUVER_IMPLEMENTATION_DEFINED) pmu = 0;
  pmu = Math.min(pmu, PMUVER_V8_4);
  lo = (lo & ~(PMUVER.mask << PMUVER.shift)) | (pmu << PMUVER.shift);
  if (debugVer >= 0) {
    lo = (lo & ~(DEBUGVER.mask << DEBUGVER.shift)) | debugVer << DEBUGVER.shift;
  }
  return { lo, hi };
}

/** A new VM: the limit, without a PMU, since the modelled vCPUs are created without one. */
function resetTo(f: KvmFrame, debugVer: number): void {
  const { lo, hi } = limitOf(f, debugVer);
  f.w[f.vm + VM.dfr0] = lo & ~(PMUVER.mask << PMUVER.shift);
  f.w[f.vm + VM.dfr0 + 1] = hi;
  renumber(f);
}

function isCurrent(f: KvmFrame): boolean {
  return f.lo === f.w[f.vm + VM.dfr0] && f.hi === f.w[f.vm + VM.dfr0 + 1];
}

function refuseWrite(
  f: KvmFrame,
  errno: keyof typeof ERRNO,
  why: string,
  rule: RuleId,
): number {
  return refuse(f, "KVM_SET_ONE_REG ID_AA64DFR0_EL1", { errno, why, rule });
}

const WRITTEN: Route = {
  cause: "write",
  to: ["vm", "ID_AA64DFR0_EL1"],
  from: ["user", "ID_AA64DFR0_EL1"],
};

function store(f: KvmFrame, rule: RuleId): number {
  setPair(f, f.vm + VM.dfr0, f.lo, f.hi, WRITTEN, rule);
  renumber(f);
  return 0;
}

/** A field of the transfer register. */
function fieldOf(
  f: KvmFrame,
  { word, shift, mask }: { word: 0 | 1; shift: number; mask: number },
): number {
  return ((word === 0 ? f.lo : f.hi) >>> shift) & mask;
}

/** An ID register that KVM shows without a choice: ID_DFR0_EL1 as the machine has it, ID_AA64DFR1_EL1 as 0. */
export function constantId(f: KvmFrame, register: number): number {
  return register === REG.ID_DFR0_EL1 ? f.host.model.idDfr0 : 0;
}

/** The order of a 4-bit field that is signed in the architecture. */
function signed4(value: number): number {
  return value >= 8 ? value - 16 : value;
}

/** Not among the registers of KVM_SET_ONE_REG: the kernels of 2015. From memory of their table. */
export const notOffered: IdRegister = {
  offered: false,
  reset: (f) => resetTo(f, 6),
  write: (f) => refuseWrite(f, "ENOENT", "KVM does not offer it", "arm64:A.15"),
};

/** Offered, but only the value that it has is taken. Rule arm64:E.1.13. */
export const invariant: IdRegister = {
  offered: true,
  reset: (f) => resetTo(f, 6),
  write: (f) =>
    isCurrent(f) ? 0 : refuseWrite(
      f,
      "EINVAL",
      "the value differs and no field is writable",
      "arm64:E.1.13",
    ),
};

/**
 * Any field may be lowered before the first run of any vCPU. Rules arm64:V1 to arm64:V8, in their order;
 * gaps included (BRPs and WRPs of 0, DebugVer below 6, CTX_CMPs lowered alone).
 */
export const configurable2022: IdRegister = {
  offered: true,
  reset: (f) => resetTo(f, 6),
  write(f) {
    if (isCurrent(f)) return 0;
    const limit = limitOf(f, 6);
    for (const field of FIELDS) {
      if (field.name === "PMUVer") continue;
      const value = fieldOf(f, field);
      const most = ((field.word === 0 ? limit.lo : limit.hi) >>> field.shift) &
        field.mask;
      const above = field.name === "DoubleLock"
        ? signed4(value) > signed4(most)
        : value > most;
      if (above) {
        return refuseWrite(
          f,
          "E2BIG",
          `${field.name} ${value} is above the host's ${most}`,
          "arm64:V4",
        );
      }
    }
    const brps = fieldOf(f, BRPS);
    const ctx = fieldOf(f, CTX_CMPS);
    if (ctx > brps) {
      return refuseWrite(
        f,
        "EINVAL",
        `CTX_CMPs ${ctx} is above BRPs ${brps}`,
        "arm64:V5",
      );
    }
    let pmu = fieldOf(f, PMUVER);
    if (pmu === PMUVER_IMPLEMENTATION_DEFINED) pmu = 0;
    if (pmu > ((limit.lo >>> PMUVER.shift) & PMUVER.mask)) {
      return refuseWrite(
        f,
        "E2BIG",
        `PMUVer ${pmu} is above the host's`,
        "arm64:V6",
      );
    }
    if (pmu !== 0) {
      return refuseWrite(
        f,
        "EPERM",
        "the vCPU was created without a PMU",
        "arm64:V6",
      );
    }
    if (f.w[f.vm + VM.ranAny] !== 0) {
      return refuseWrite(f, "EBUSY", "a vCPU of the VM has run", "arm64:V7");
    }
    f.lo &= ~(PMUVER.mask << PMUVER.shift);
    return store(f, "arm64:V8");
  },
};

/** Fields that userspace may lower since the writable masks. Rule arm64:E.2.13. */
const WRITABLE: readonly Dfr0Field[] = [
  "DoubleLock",
  "WRPs",
  "PMUVer",
  "DebugVer",
];

/** Fewer watchpoints are taken, fewer breakpoints are not. Rules arm64:E.2.13, arm64:E.2.14. */
export const fewerWatchpoints: IdRegister = {
  offered: true,
  reset: (f) => resetTo(f, -1),
  write(f) {
    if (isCurrent(f)) return 0;
    if (f.w[f.vm + VM.ranAny] !== 0) {
      return refuseWrite(
        f,
        "EBUSY",
        "a vCPU of the VM has run",
        "arm64:E.2.13",
      );
    }
    const debugVer = fieldOf(f, DEBUGVER);
    if (debugVer < 6) {
      return refuseWrite(
        f,
        "EINVAL",
        `DebugVer ${debugVer} is below 6`,
        "arm64:E.2.13",
      );
    }
    if (fieldOf(f, PMUVER) === PMUVER_IMPLEMENTATION_DEFINED) {
      f.lo &= ~(PMUVER.mask << PMUVER.shift);
    }
    const limit = limitOf(f, -1);
    for (const field of FIELDS) {
      const value = fieldOf(f, field);
      const most = ((field.word === 0 ? limit.lo : limit.hi) >>> field.shift) &
        field.mask;
      if (!WRITABLE.includes(field.name)) {
        if (value === most) continue;
        return refuseWrite(
          f,
          "EINVAL",
          `${field.name} is read-only: ${value}, expected ${most}`,
          "arm64:E.2.13",
        );
      }
      const above = field.name === "DoubleLock"
        ? signed4(value) > signed4(most)
        : value > most;
      if (above) {
        return refuseWrite(
          f,
          "EINVAL",
          `${field.name} ${value} is above the host's ${most}`,
          "arm64:E.2.13",
        );
      }
    }
    if (fieldOf(f, PMUVER) !== 0) {
      return refuseWrite(
        f,
        "EINVAL",
        "the vCPU was created without a PMU",
        "arm64:E.2.13",
      );
    }
    return store(f, "arm64:E.2.13");
  },
};
