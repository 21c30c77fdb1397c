/**
 * ID_AA64DFR0_EL1.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** Fields of ID_AA64DFR0_EL1. */
export type Dfr0Field =
  | "HPMN0"
  | "BRBE"
  | "MTPMU"
  | "TraceBuffer"
  | "TraceFilt"
  | "DoubleLock"
  | "PMSVer"
  | "CTX_CMPs"
  | "SEBEP"
  | "WRPs"
  | "PMSS"
  | "BRPs"
  | "PMUVer"
  | "TraceVer"
  | "DebugVer";

/** `ID_AA64DFR0_EL1`, debug features. BRPs, WRPs and CTX_CMPs are counts minus one. Rule arm64:A/6. */
export const ID_AA64DFR0: Layout<Dfr0Field> = defineLayout(
  "ID_AA64DFR0_EL1",
  64,
  "arm64:A/6",
  [
    field("HPMN0", 63, 60, { about: "zero event counters for a guest" }),
    res0(59, 56),
    field("BRBE", 55, 52, { about: "branch record buffer" }),
    field("MTPMU", 51, 48, { about: "multi-threaded PMU" }),
    field("TraceBuffer", 47, 44, { about: "trace buffer extension" }),
    field("TraceFilt", 43, 40, { about: "self-hosted trace" }),
    field("DoubleLock", 39, 36, { about: "OS double lock; 0xf if not there" }),
    field("PMSVer", 35, 32, { about: "statistical profiling" }),
    field("CTX_CMPs", 31, 28, { about: "context-aware breakpoints - 1" }),
    field("SEBEP", 27, 24),
    field("WRPs", 23, 20, { about: "watchpoints - 1" }),
    field("PMSS", 19, 16),
    field("BRPs", 15, 12, { about: "breakpoints - 1" }),
    field("PMUVer", 11, 8, { about: "performance monitors" }),
    field("TraceVer", 7, 4, { about: "trace unit" }),
    field("DebugVer", 3, 0, { about: "debug architecture" }),
  ],
);
