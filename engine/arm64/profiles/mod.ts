/**
 * The arm64 profiles, oldest first, and every other kernel by its version and changes.
 *
 * @module
 */
import type { ProfileInfo } from "../../architecture.ts";
import { kernelOf } from "../history/mod.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { benneeV2 } from "./bennee_v2.ts";
import { benneeV3 } from "./bennee_v3.ts";

/** Options of a profile, resolved. */
type Options = Readonly<Record<string, string>>;

/** A profile. */
interface Arm64Profile extends ProfileInfo {
  /** Builds the kernel; one that is left out is folded from history. */
  readonly build?: (options: Options) => Arm64Kernel;
}

const PROFILES: readonly Arm64Profile[] = [
  {
    name: "bennee-v2",
    about: "2015 series v2: nested accesses trapped into a shadow copy",
    source: "reference arm64 section C",
    vendors: [],
    // Rule arm64:C13; the first is the default.
    options: { clear: ["after-handle", "after-exit"] },
    build: ({ clear }) =>
      benneeV2(clear === "after-exit" ? "after-exit" : "after-handle"),
  },
  {
    name: "bennee-v3",
    about:
      "2015 series v3: userspace's values in a set of their own, debug_ptr",
    source: "reference arm64 section B",
    vendors: [],
    options: {},
    build: () => benneeV3,
  },
  {
    name: "watanabe-v7",
    about:
      "2022 series v7 on 5.18: context-aware breakpoints renumbered, linked numbers converted",
    source: "reference arm64 section D (never merged)",
    vendors: [],
    options: {},
  },
  {
    name: "linux-6.1",
    about: "mainline 6.1, checked against recordings",
    source: "reference arm64 section E.1, recordings of 6.1.0",
    vendors: [],
    options: {},
  },
  {
    name: "linux-6.12",
    about:
      "mainline 6.12: fewer watchpoints allowed; checked against recordings",
    source: "reference arm64 sections E.1 and E.2.13, recordings of 6.12",
    vendors: [],
    options: {},
  },
  {
    name: "linux-7.2",
    about:
      "mainline after the debug-owner redesign of 6.14; checked against recordings",
    source: "reference arm64 section E.2, recordings of 7.2",
    vendors: [],
    options: {},
  },
];

/** The profiles, oldest first. */
export const ARM64_PROFILES: readonly ProfileInfo[] = PROFILES;

/** The kernel that is used if none is named. */
export const ARM64_DEFAULT_PROFILE = "watanabe-v7";

/** `with` and `without` in a kernel's text, each with the name of a change. */
const CHOICE = / (with|without) (\S+)/g;

/**
 * The kernel of a profile; or of a version and changes, as `linux-5.4.120 without write-mdcr-changes`.
 *
 * @throws {RangeError} if there is none by that name: a caller's bug
 */
export function arm64Kernel(name: string, options: Options): Arm64Kernel {
  const profile = PROFILES.find((one) => one.name === name);
  if (profile?.build !== undefined) return profile.build(options);
  const choices = [...name.matchAll(CHOICE)];
  const chosen = (kind: string): string[] =>
    choices.filter(([, word]) => word === kind).map(([, , row]) => row);
  const found = kernelOf({
    base: name.replace(CHOICE, ""),
    with: chosen("with"),
    without: chosen("without"),
  });
  if (!found.ok) throw new RangeError(`${name}: ${found.reason}`);
  return found.kernel;
}
