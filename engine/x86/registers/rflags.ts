/**
 * RFLAGS and CR4, as far as they matter to debug registers.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0, res1 } from "../../layout.ts";

/** `RFLAGS`. Rules x86:A1, x86:A6. */
export const RFLAGS: Layout<
  | "ID"
  | "VIP"
  | "VIF"
  | "AC"
  | "VM"
  | "RF"
  | "NT"
  | "IOPL"
  | "OF"
  | "DF"
  | "IF"
  | "TF"
  | "SF"
  | "ZF"
  | "AF"
  | "PF"
  | "CF"
> = defineLayout("RFLAGS", 64, "x86:A6", [
  res0(63, 22),
  field("ID", 21),
  field("VIP", 20),
  field("VIF", 19),
  field("AC", 18),
  field("VM", 17),
  field("RF", 16, 16, { about: "no execute breakpoint on this instruction" }),
  res0(15),
  field("NT", 14),
  field("IOPL", 13, 12),
  field("OF", 11),
  field("DF", 10),
  field("IF", 9),
  field("TF", 8, 8, { about: "single step" }),
  field("SF", 7),
  field("ZF", 6),
  res0(5),
  field("AF", 4),
  res0(3),
  field("PF", 2),
  res1(1),
  field("CF", 0),
]);

/** Bits of RFLAGS that the rules test. */
export const FLAGS = {
  FIXED: 0x2,
  TF: 0x100,
  IF: 0x200,
  IOPL: 0x3000,
  NT: 0x4000,
  RF: 0x1_0000,
  VM: 0x2_0000,
  /** What SYSRET loads: all that are defined, but RF and VM. */
  SYSRET: 0x3c_7fd7,
} as const;

/** `CR4`: of it, only DE matters here. Rule x86:A/1. */
export const CR4: Layout<"HIGH" | "DE" | "LOW"> = defineLayout(
  "CR4",
  64,
  "x86:A/1",
  [
    res0(63, 32),
    field("HIGH", 31, 4, { about: "PSE and up: no effect on debug registers" }),
    field("DE", 3, 3, {
      about: "DR4 and DR5 are undefined, I/O breakpoints exist",
    }),
    field("LOW", 2, 0, {
      about: "TSD, PVI and VME: no effect on debug registers",
    }),
  ],
);

/** CR4.DE. */
export const CR4_DE = 0x8;
