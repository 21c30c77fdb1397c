/**
 * The workaround of February 2016: linux-4.4 with a reload asked for at each vcpu_load. Rule x86:C.6.
 *
 * @module
 */
import { loadAsksReload } from "../kvm/entry.ts";
import { linux44 } from "./linux_4_4.ts";
import type { X86Profile } from "./profile.ts";

const changes = { vcpuLoad: loadAsksReload };

/** It still misses where DR0-3 change without a vcpu_load. */
export const reload2016: X86Profile = {
  name: "reload-2016",
  about: "linux-4.4 with the reload at vcpu_load",
  source: "commit 172b2386ed16 on Linux 4.4",
  vmx: { ...linux44.vmx, ...changes },
  svm: { ...linux44.svm, ...changes },
};
