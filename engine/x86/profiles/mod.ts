/**
 * The x86 profiles, oldest first.
 *
 * @module
 */
import { ProfileList } from "../../profile_list.ts";
import { VENDORS } from "../hardware/models.ts";
import { kiszka2008 } from "./kiszka_2008.ts";
import { linux44 } from "./linux_4_4.ts";
import { linux49 } from "./linux_4_9.ts";
import { linux61 } from "./linux_6_1.ts";
import { linux72 } from "./linux_7_2.ts";
import type { X86Profile } from "./profile.ts";
import { reload2016 } from "./reload_2016.ts";

/** All of them. */
export const X86_PROFILES: ProfileList<X86Profile> = new ProfileList<
  X86Profile
>([
  kiszka2008,
  linux44,
  reload2016,
  linux49,
  linux61,
  linux72,
], VENDORS);

/** What a scenario runs on that names no kernel. */
export const X86_DEFAULT_PROFILE: string = linux61.name;
