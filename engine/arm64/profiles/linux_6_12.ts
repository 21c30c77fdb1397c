/**
 * Linux 6.12.
 *
 * @module
 */
import { fewerWatchpoints } from "../kvm/id_register.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { linux6_1 } from "./linux_6_1.ts";

/** 6.1, and ID_AA64DFR0_EL1 with writable fields. Rule arm64:E.2.13. */
export const linux6_12: Arm64Kernel = {
  ...linux6_1,
  name: "linux-6.12",
  about: "mainline 6.12: fewer watchpoints allowed; checked against recordings",
  source: "reference arm64 sections E.1 and E.2.13, recordings of 6.12",
  idRegister: fewerWatchpoints,
};
