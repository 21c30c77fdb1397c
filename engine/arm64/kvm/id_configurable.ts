/**
 * ID_AA64DFR0_EL1 as the series of 2022 lets userspace change it: any field may be lowered before the first run of
 * any vCPU.
 *
 * @module
 */
import { VM } from "../blocks.ts";
import { machineDfr0 } from "../hardware/register_file.ts";
import { type Dfr0Field, ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";
import { REG } from "../registers/ids.ts";
import { countText, fieldOf, refuseId, signed4, storeId } from "./id_fields.ts";
import {
  PMU_IMPLEMENTATION_DEFINED,
  PMUVER,
  shownDfr0,
  withField,
} from "./id_values.ts";
import type { KvmFrame } from "./kernel.ts";

const ID = REG.ID_AA64DFR0_EL1;

/** Performance monitors of Armv8.4, the newest that KVM showed then. Rule arm64:D/8. */
const PMUVER_V8_4 = 5;

/** Fields from bit 0 up, with their place as (word, shift). */
const FIELDS = ID_AA64DFR0.fields.map((field) => ({
  name: field.name as Dfr0Field,
  ...ID_AA64DFR0.word(field.name as Dfr0Field),
})).reverse();

const BRPS = ID_AA64DFR0.word("BRPs");
const CTX_CMPS = ID_AA64DFR0.word("CTX_CMPs");

/** PMUVer that a vCPU with a PMU might have. */
function pmuLimit(f: KvmFrame): number {
  const host = fieldOf(machineDfr0(f.host), PMUVER);
  return host === PMU_IMPLEMENTATION_DEFINED ? 0 : Math.min(host, PMUVER_V8_4);
}

/**
 * KVM_SET_ONE_REG of ID_AA64DFR0_EL1 from the transfer register.
 *
 * @returns 0 or a negated errno
 *
 * Rules arm64:V1 to arm64:V8, in their order; gaps included (BRPs and WRPs of 0, DebugVer below 6, CTX_CMPs lowered
 * alone).
 */
export function writeConfigurable(f: KvmFrame): number {
  const at = f.vm + VM.dfr0;
  if (f.lo === f.w[at] && f.hi === f.w[at + 1]) return 0;
  const limit = shownDfr0(f);
  for (const field of FIELDS) {
    if (field.name === "PMUVer") continue;
    const value = fieldOf(f, field);
    const most = fieldOf(limit, field);
    const above = field.name === "DoubleLock"
      ? signed4(value) > signed4(most)
      : value > most;
    if (above) {
      const why = `${countText(field.name, value)} is above the host's ${most}`;
      return refuseId(f, ID, { errno: "E2BIG", why: why, rule: "arm64:V4" });
    }
  }
  const brps = fieldOf(f, BRPS);
  const ctx = fieldOf(f, CTX_CMPS);
  if (ctx > brps) {
    const why = `${countText("CTX_CMPs", ctx)} is above ${
      countText("BRPs", brps)
    }`;
    return refuseId(f, ID, { errno: "EINVAL", why: why, rule: "arm64:V5" });
  }
  let pmu = fieldOf(f, PMUVER);
  if (pmu === PMU_IMPLEMENTATION_DEFINED) pmu = 0;
  if (pmu > pmuLimit(f)) {
    return refuseId(f, ID, {
      errno: "E2BIG",
      why: `PMUVer ${pmu} is above the host's`,
      rule: "arm64:V6",
    });
  }
  if (pmu !== 0) {
    const why = "the vCPU was created without a PMU";
    return refuseId(f, ID, { errno: "EPERM", why: why, rule: "arm64:V6" });
  }
  if (f.w[f.vm + VM.ranAny] !== 0) {
    return refuseId(f, ID, {
      errno: "EBUSY",
      why: "a vCPU of the VM has run",
      rule: "arm64:V7",
    });
  }
  f.lo = withField(f.lo, PMUVER, 0);
  return storeId(f, ID, "arm64:V8");
}
