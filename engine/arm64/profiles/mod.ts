/**
 * The arm64 profiles, oldest first, and every other kernel by its version and changes.
 *
 * @module
 */
import { folded, ProfileList } from "../../profile_list.ts";
import * as history from "../history/mod.ts";
import { benneeV2 } from "./bennee_v2.ts";
import { benneeV3 } from "./bennee_v3.ts";
import type { Arm64Profile } from "./profile.ts";
import { defaultKernel } from "./default_kernel.ts";

/** The kernels, oldest first. */
export const ARM64_PROFILES: ProfileList<Arm64Profile> = new ProfileList<
  Arm64Profile
>(
  [
    benneeV2,
    benneeV3,
    folded("watanabe-v7", {
      about:
        "2022 series v7 on 5.18: context-aware breakpoints renumbered, linked numbers converted",
      source: "the series on 5.18, never merged; rules arm64:D",
    }, defaultKernel),
    folded("linux-6.1", {
      about: "mainline 6.1, checked against recordings",
      source: "Linux 6.1; recordings of 6.1.0",
    }),
    folded("linux-6.12", {
      about:
        "mainline 6.12: fewer watchpoints allowed; checked against recordings",
      source: "Linux 6.12; recordings of 6.12",
    }),
    folded("linux-7.2", {
      about:
        "mainline after the debug-owner redesign of 6.14; checked against recordings",
      source: "Linux 7.2; recordings of 7.2",
    }),
  ],
  [],
  history,
);

/** The kernel that is used if none is named. */
export const ARM64_DEFAULT_PROFILE: string = "watanabe-v7";
