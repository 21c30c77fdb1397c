/**
 * The machines and kernels of random models.
 *
 * @module
 */
import type { ArchName } from "../../engine/architecture.ts";
import type { Setup } from "../../engine/explore/testing.ts";

/** Kernels; those with bugs more often, so that both verdicts come up. */
export const KERNELS: Readonly<
  Record<ArchName, readonly Pick<Setup, "profile" | "options">[]>
> = {
  x86: [
    { profile: "kiszka-2008" },
    { profile: "linux-4.4" },
    { profile: "linux-4.4" },
    { profile: "reload-2016" },
    { profile: "reload-2016" },
    { profile: "linux-4.9" },
    { profile: "linux-6.1" },
    { profile: "linux-7.2" },
  ],
  arm64: [
    { profile: "bennee-v2" },
    { profile: "bennee-v2", options: { clear: "after-exit" } },
    { profile: "bennee-v3" },
    { profile: "watanabe-v7" },
    { profile: "watanabe-v7" },
    { profile: "linux-6.1" },
    { profile: "linux-6.12" },
    { profile: "linux-7.2" },
  ],
};

/** Vendors of x86, and what its guest is given: transactions, a code segment with a base, or an SEV-ES guest. Not every kernel has the last. */
export const GUESTS_OF_X86: readonly Pick<Setup, "vendor" | "counts">[] = [
  { vendor: "vmx" },
  { vendor: "vmx", counts: { rtm: 1 } },
  { vendor: "vmx", counts: { csbase: 4 } },
  { vendor: "svm" },
  { vendor: "svm", counts: { protected: 1, debug_swap: 0 } },
  { vendor: "svm", counts: { protected: 1, debug_swap: 1 } },
];

/** Machine and guest: as many breakpoints, or fewer, so that numbers may have to be changed. */
export const COUNTS: readonly Pick<Setup, "host" | "counts">[] = [
  {},
  { host: { brps: 5, ctx: 2, wrps: 4 } },
  {
    host: { brps: 5, ctx: 2, wrps: 4 },
    counts: { brps: 4, ctx: 2 },
  },
];

/** vCPUs and CPUs. */
export const SIZES: readonly (readonly [vcpus: number, cpus: number])[] = [
  [1, 1],
  [1, 2],
  [1, 3],
  [2, 1],
  [2, 1],
  [2, 2],
  [2, 2],
  [2, 3],
  [3, 1],
  [3, 2],
];
