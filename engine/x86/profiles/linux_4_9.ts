/**
 * Linux 4.9: the root-cause fix of the missed breakpoint, all update functions after the sync. Rules x86:C.
 *
 * @module
 */
import { syncAndUpdateAll } from "../kvm/after_exit.ts";
import { loadAsksReload } from "../kvm/entry.ts";
import type { X86Kernel } from "../kvm/kernel.ts";
import { linux44 } from "./linux_4_4.ts";
import type { X86Profile } from "./profile.ts";

const changes = {
  afterExit: syncAndUpdateAll, // x86:C.6
  debugregs: "checked", // x86:F12
} satisfies Partial<X86Kernel>;

/** Lazy switching that is right. */
export const linux49: X86Profile = {
  name: "linux-4.9",
  about: "the root-cause fix of the missed breakpoint",
  source: "Linux 4.9; commit 70e4da7a8ff6",
  vmx: { ...linux44.vmx, ...changes },
  svm: { ...linux44.svm, ...changes },
  options: {
    // What 4.5.7 does, where the workaround came a second time on top of the fix: x86:C.8, x86:F2.
    reload: { never: {}, "at-load": { vcpuLoad: loadAsksReload } },
  },
};
