/**
 * MDSCR_EL1, MDCCINT_EL1 and MDCR_EL2.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** `MDSCR_EL1`, monitor debug system control. Rule arm64:A/2. */
export const MDSCR: Layout<
  | "TFO"
  | "RXfull"
  | "TXfull"
  | "RXO"
  | "TXU"
  | "INTdis"
  | "TDA"
  | "SC2"
  | "MDE"
  | "HDE"
  | "KDE"
  | "TDCC"
  | "ERR"
  | "SS"
> = defineLayout("MDSCR_EL1", 64, "arm64:A/2", [
  res0(63, 32),
  field("TFO", 31, 31, { about: "trace filter override" }),
  field("RXfull", 30, 30, { about: "EDSCR.RXfull, under the OS lock" }),
  field("TXfull", 29, 29, { about: "EDSCR.TXfull, under the OS lock" }),
  res0(28),
  field("RXO", 27, 27, { about: "EDSCR.RXO, under the OS lock" }),
  field("TXU", 26, 26, { about: "EDSCR.TXU, under the OS lock" }),
  res0(25, 24),
  field("INTdis", 23, 22, { about: "EDSCR.INTdis, under the OS lock" }),
  field("TDA", 21, 21, { about: "EDSCR.TDA, under the OS lock" }),
  res0(20),
  field("SC2", 19, 19, { about: "EDSCR.SC2, under the OS lock" }),
  res0(18, 16),
  field("MDE", 15, 15, { about: "monitor debug events enable" }),
  field("HDE", 14, 14, { about: "halting debug enable" }),
  field("KDE", 13, 13, { about: "local (kernel) debug enable" }),
  field("TDCC", 12, 12, { about: "trap EL0 accesses to the DCC" }),
  res0(11, 7),
  field("ERR", 6, 6, { about: "EDSCR.ERR, under the OS lock" }),
  res0(5, 1),
  field("SS", 0, 0, { about: "software step enable" }),
]);

/** `MDCCINT_EL1`, DCC interrupt enables. Rule arm64:A/1. */
export const MDCCINT: Layout<"RX" | "TX"> = defineLayout(
  "MDCCINT_EL1",
  64,
  "arm64:A/1",
  [
    res0(63, 31),
    field("RX", 30, 30, { about: "DCC receive interrupt enable" }),
    field("TX", 29, 29, { about: "DCC transmit interrupt enable" }),
    res0(28, 0),
  ],
);

/** Fields of MDCR_EL2 that KVM uses. */
export type MdcrField =
  | "EnSTEPOP"
  | "EBWE"
  | "HPMFZS"
  | "MTPME"
  | "TDCC"
  | "HLP"
  | "E2TB"
  | "HCCD"
  | "TTRF"
  | "HPMD"
  | "TPMS"
  | "E2PB"
  | "TDRA"
  | "TDOSA"
  | "TDA"
  | "TDE"
  | "HPME"
  | "TPM"
  | "TPMCR"
  | "HPMN";

/** `MDCR_EL2`, monitor debug configuration at EL2: traps and routing. Rule arm64:A/14. */
export const MDCR: Layout<MdcrField> = defineLayout(
  "MDCR_EL2",
  64,
  "arm64:A/14",
  [
    res0(63, 51),
    field("EnSTEPOP", 50),
    res0(49, 44),
    field("EBWE", 43),
    res0(42, 37),
    field("HPMFZS", 36),
    res0(35, 29),
    field("MTPME", 28, 28, { about: "multi-threaded PMU enable" }),
    field("TDCC", 27, 27, { about: "trap DCC registers" }),
    field("HLP", 26, 26, { about: "long event counters" }),
    field("E2TB", 25, 24, { about: "trace buffer owner" }),
    field("HCCD", 23, 23, { about: "cycle counter disable at EL2" }),
    res0(22, 20),
    field("TTRF", 19, 19, { about: "trap TRFCR_EL1" }),
    res0(18),
    field("HPMD", 17, 17, { about: "prohibit counting at EL2" }),
    res0(16, 15),
    field("TPMS", 14, 14, { about: "trap SPE controls" }),
    field("E2PB", 13, 12, { about: "profiling buffer owner" }),
    field("TDRA", 11, 11, { about: "trap MDRAR_EL1" }),
    field("TDOSA", 10, 10, { about: "trap OS lock registers" }),
    field("TDA", 9, 9, { about: "trap debug registers" }),
    field("TDE", 8, 8, { about: "route debug exceptions to EL2" }),
    field("HPME", 7, 7, { about: "EL2 counters enable" }),
    field("TPM", 6, 6, { about: "trap PMU registers" }),
    field("TPMCR", 5, 5, { about: "trap PMCR_EL0" }),
    field("HPMN", 4, 0, { about: "counters below EL2" }),
  ],
);
