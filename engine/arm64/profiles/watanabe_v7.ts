/**
 * The 2022 series, version 7: fewer breakpoints for the guest, context-aware ones renumbered.
 *
 * @module
 */
import { configurable2022 } from "../kvm/id_register.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { contextAwareLast } from "../kvm/numbering.ts";
import { CAPABILITIES_MAINLINE, mainline2022 } from "./mainline_2022.ts";

/** Mainline of its day plus patches 3 to 5 and 12 to 15. Rules arm64:D1 to arm64:D34. */
export const watanabeV7: Arm64Kernel = {
  ...mainline2022,
  name: "watanabe-v7",
  about:
    "2022 series v7 on 5.18: context-aware breakpoints renumbered, linked numbers converted",
  source: "reference arm64 section D (never merged)",
  numbering: contextAwareLast,
  idRegister: configurable2022,
  capabilities: [...CAPABILITIES_MAINLINE, "ARM_ID_REG_CONFIGURABLE"],
  rule: "arm64:D28",
};
