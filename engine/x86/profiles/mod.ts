/**
 * The x86 profiles, oldest first, and every other kernel by its version and changes.
 *
 * @module
 */
import { folded, ProfileList } from "../../profile_list.ts";
import { VENDORS } from "../hardware/models.ts";
import * as history from "../history/mod.ts";
import { kiszka2008 } from "./kiszka_2008.ts";
import { defaultKernel } from "./default_kernel.ts";
import type { X86Profile } from "./profile.ts";

/** All of them. */
export const X86_PROFILES: ProfileList<X86Profile> = new ProfileList<
  X86Profile
>(
  [
    kiszka2008,
    folded("linux-4.4", {
      about: "4.4.1: lazy switching with the missed-breakpoint bug",
      source: "Linux 4.4.1",
    }),
    folded("reload-2016", {
      about: "linux-4.4 with the reload at vcpu_load",
      source: "commit 172b2386ed16 on Linux 4.4",
    }),
    folded("linux-4.9", {
      about: "the root-cause fix of the missed breakpoint",
      source: "Linux 4.9; commit 70e4da7a8ff6",
      options: {
        // What 4.5.7 does, where the workaround came a second time on top of the fix: x86:C/8, x86:F2.
        reload: { never: {}, "at-load": { loadReloads: true } },
      },
    }),
    folded("linux-6.1", {
      about: "mainline, checked against recordings of kvm-intel and kvm-amd",
      source:
        "Linux 6.1; recordings of kvm-intel on Bochs and of kvm-amd on TCG",
    }, defaultKernel),
    folded("linux-7.2", {
      about: "mainline of 2026, checked against recordings of kvm-amd",
      source: "Linux 7.2; recordings of kvm-amd 7.2 on TCG",
    }),
    folded("linux-7.3", {
      about:
        "mainline of today, known from recordings of kvm-intel and kvm-amd",
      source:
        "recordings of 7.3: kvm-intel on Bochs and kvm-amd on TCG; its source was not read",
    }),
  ],
  VENDORS,
  history,
);

/** What a scenario runs on that names no kernel. */
export const X86_DEFAULT_PROFILE: string = "linux-6.1";
