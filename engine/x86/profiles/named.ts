/**
 * Kernels of x86 that are a release and changes on top. Data.
 *
 * @module
 */
import type { NamedKernel } from "../../history_kernels.ts";

/** By name. */
export const X86_NAMED: Readonly<Record<string, NamedKernel>> = {
  // The mail of February 2016, on the 4.4 of its time. Rule x86:C/6.
  "reload-2016": { release: "4.4", rows: ["reload-at-load"] },
  // 4.18.0-348.2.1, in KVM like 5.13.
  "rhel-8.5": { release: "4.18", code: "5.13" },
};
