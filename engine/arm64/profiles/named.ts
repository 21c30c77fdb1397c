/**
 * Kernels of arm64 that are a release and changes on top. Data.
 *
 * @module
 */
import type { NamedKernel } from "../../history_kernels.ts";

/** By name. */
export const ARM64_NAMED: Readonly<Record<string, NamedKernel>> = {
  // Patches 3 to 5 and 12 to 15, on the mainline of their day. Rules arm64:D1 to arm64:D34.
  "watanabe-v7": { release: "5.18", rows: ["renumber-breakpoints"] },
  // 4.18.0-348.2.1. Other releases of 8 differ: 4.18.0-394 has no backports of 5.11.
  "rhel-8.5": {
    release: "4.18",
    note:
      "rhel-8.5 is taken as 4.18 with the changes that were found in it; its other changes were not read",
  },
};
