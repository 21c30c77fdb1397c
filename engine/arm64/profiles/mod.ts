/**
 * The arm64 kernels that can be chosen. To add one is to add a file and a row here.
 *
 * @module
 */
import type { ProfileInfo } from "../../architecture.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";
import { benneeV2 } from "./bennee_v2.ts";
import { benneeV3 } from "./bennee_v3.ts";
import { linux6_1 } from "./linux_6_1.ts";
import { linux6_12 } from "./linux_6_12.ts";
import { linux7_2 } from "./linux_7_2.ts";
import { watanabeV7 } from "./watanabe_v7.ts";

/** Builds a kernel, with its options resolved. */
interface ProfileRow {
  readonly options: Readonly<Record<string, readonly string[]>>;
  build(options: Readonly<Record<string, string>>): Arm64Kernel;
}

function plain(kernel: Arm64Kernel): ProfileRow {
  return { options: {}, build: () => kernel };
}

const ROWS: readonly ProfileRow[] = [
  {
    // Rule arm64:C13; the first is the default.
    options: { clear: ["after-handle", "after-exit"] },
    build: ({ clear }) =>
      benneeV2(clear === "after-exit" ? "after-exit" : "after-handle"),
  },
  plain(benneeV3),
  plain(watanabeV7),
  plain(linux6_1),
  plain(linux6_12),
  plain(linux7_2),
];

/** The kernels, oldest first. */
export const ARM64_PROFILES: readonly ProfileInfo[] = ROWS.map((row) => {
  const { name, about, source } = row.build({});
  return { name, about, source, vendors: [], options: row.options };
});

/** The kernel that is used if none is named. */
export const ARM64_DEFAULT_PROFILE: string = watanabeV7.name;

/**
 * Builds a kernel by name.
 *
 * @throws {RangeError} if there is none by that name
 */
export function arm64Kernel(
  name: string,
  options: Readonly<Record<string, string>>,
): Arm64Kernel {
  const index = ARM64_PROFILES.findIndex((profile) => profile.name === name);
  if (index < 0) throw new RangeError(`No arm64 profile ${name}`);
  return ROWS[index].build(options);
}
