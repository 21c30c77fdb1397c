/**
 * The arm64 profiles, oldest first, and every other kernel by its version and changes.
 *
 * @module
 */
import { ProfileList } from "../../profile_list.ts";
import * as history from "../history/mod.ts";
import { benneeV2 } from "./bennee_v2.ts";
import { benneeV3 } from "./bennee_v3.ts";
import type { Arm64Profile } from "./profile.ts";

/** What a profile says besides what the kernel does. */
type Head = Pick<Arm64Profile, "about" | "source">;

/** A kernel of history. */
function folded(name: string, head: Head): Arm64Profile {
  const found = history.kernelOf({ base: name });
  if (!found.ok) throw new RangeError(`${name}: ${found.reason}`);
  return { ...found.kernel, name, ...head };
}

/** `with` and `without` in a kernel's text, each with the name of a change. */
const CHOICE = / (with|without) (\S+)/g;

/** The profile of a version and changes, as `linux-5.4.120 without write-mdcr-changes`. */
function versioned(text: string): Arm64Profile {
  const choices = [...text.matchAll(CHOICE)];
  const chosen = (kind: string): string[] =>
    choices.filter(([, word]) => word === kind).map(([, , row]) => row);
  const found = history.kernelOf({
    base: text.replace(CHOICE, ""),
    with: chosen("with"),
    without: chosen("without"),
  });
  if (!found.ok) throw new RangeError(`${text}: ${found.reason}`);
  return {
    ...found.kernel,
    name: found.name,
    about: `${found.rows.length} changes over 4.4.1`,
    source: "the trees of history",
  };
}

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
      source: "reference arm64 section D (never merged)",
    }),
    folded("linux-6.1", {
      about: "mainline 6.1, checked against recordings",
      source: "reference arm64 section E.1, recordings of 6.1.0",
    }),
    folded("linux-6.12", {
      about:
        "mainline 6.12: fewer watchpoints allowed; checked against recordings",
      source: "reference arm64 sections E.1 and E.2.13, recordings of 6.12",
    }),
    folded("linux-7.2", {
      about:
        "mainline after the debug-owner redesign of 6.14; checked against recordings",
      source: "reference arm64 section E.2, recordings of 7.2",
    }),
  ],
  [],
  versioned,
);

/** The kernel that is used if none is named. */
export const ARM64_DEFAULT_PROFILE: string = "watanabe-v7";
