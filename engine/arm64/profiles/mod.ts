/**
 * The arm64 kernels that can be chosen. To add one is to add a file and a row here.
 *
 * @module
 */
import { ProfileList } from "../../profile_list.ts";
import { benneeV2 } from "./bennee_v2.ts";
import { benneeV3 } from "./bennee_v3.ts";
import { linux6_1 } from "./linux_6_1.ts";
import { linux6_12 } from "./linux_6_12.ts";
import { linux7_2 } from "./linux_7_2.ts";
import type { Arm64Profile } from "./profile.ts";
import { watanabeV7 } from "./watanabe_v7.ts";

/** The kernels, oldest first. */
export const ARM64_PROFILES: ProfileList<Arm64Profile> = new ProfileList<
  Arm64Profile
>([
  benneeV2,
  benneeV3,
  watanabeV7,
  linux6_1,
  linux6_12,
  linux7_2,
], []);

/** The kernel that is used if none is named. */
export const ARM64_DEFAULT_PROFILE: string = watanabeV7.name;
