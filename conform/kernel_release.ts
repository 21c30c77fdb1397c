/**
 * Which release of Linux a recorded kernel is, by what `uname -r` and `uname -v` print of it.
 *
 * @module
 */

/** The kernel to replay under, as far as the names of the recorded one tell it. */
export interface RecordedKernel {
  /** As `Architecture.kernel()` takes it: `linux-6.1.192`, `rhel-8.5`. */
  readonly profile: string;
  /** What is not certain of it: a sentence without its full stop; undefined if nothing. */
  readonly note: string | undefined;
}

/**
 * Upstream releases by the ABI number in the package name of Debian 12 (`linux-image-6.1.0-N-…`): the point release of
 * 6.1. Source: `apt-cache show` of these packages, bookworm, bookworm-security and bookworm-proposed-updates.
 */
const DEBIAN_12: Readonly<Record<string, number>> = {
  47: 170,
  48: 172,
  49: 174,
  50: 176,
  51: 177,
  52: 180,
  53: 187,
  54: 190,
  55: 192,
  56: 192,
  57: 192,
};

/** Kernels of Red Hat that are in the model under their own name, by base version and build. */
const RED_HAT: readonly (readonly [pattern: RegExp, profile: string])[] = [
  [/^4\.18\.0-348\..*el8/, "rhel-8.5"],
];

/** `6.1.0-57-cloud-amd64`, `5.15.0-91-generic`: the last number counts changes of the module ABI. */
const ABI = /^(\d+\.\d+)\.0-(\d+)(?:-|$)/;

/** `4.18.0-553.el8_10.x86_64`, `5.14.0-427.13.1.el9_4.x86_64`. */
const ENTERPRISE = /^(\d+\.\d+)\.\d+-[\d.]+\.el\d/;

/** `6.1.192`, `7.3.4+deb13-cloud-amd64`, `6.12-rc3`, `6.5.6-300.fc39.x86_64`. */
const RELEASE = /^(\d+\.\d+)(?:\.(\d+))?(?![\d.])/;

/** `Debian 6.1.192-3`: the version of the package, in `uname -v`. */
const PACKAGE = /\bDebian (\d+\.\d+)(?:\.(\d+))?(?=[-+~])/;

function linux(series: string, point: number): string {
  return point === 0 ? `linux-${series}` : `linux-${series}.${point}`;
}

function certain(profile: string): RecordedKernel {
  return { profile, note: undefined };
}

/**
 * The kernel to replay under.
 *
 * A distribution's version need not be a release: Debian's 6.1.0-57 is 6.1.192, which only the version of the package
 * tells. If nothing tells it, the first release of the series stands in, and a note says so.
 *
 * @param release `uname -r`
 * @param version `uname -v`, if it was recorded
 * @returns undefined if `release` does not begin with a version
 *
 * ```ts
 * import { assert } from "@std/assert";
 * assert(recordedKernel("6.1.0-57-cloud-amd64")!.profile === "linux-6.1.192");
 * ```
 */
export function recordedKernel(
  release: string,
  version?: string,
): RecordedKernel | undefined {
  const named = RED_HAT.find(([pattern]) => pattern.test(release));
  if (named !== undefined) return certain(named[1]);
  const found = RELEASE.exec(release);
  if (found === null) return undefined;
  const [, series, point = "0"] = found;
  const inPackage = PACKAGE.exec(version ?? "");
  if (inPackage !== null && inPackage[1] === series) {
    return certain(linux(series, Number(inPackage[2] ?? 0)));
  }
  if (ENTERPRISE.test(release)) {
    return {
      profile: linux(series, 0),
      note:
        `${release} is linux-${series} with backports that the model does not know: replayed as linux-${series}`,
    };
  }
  const abi = ABI.exec(release);
  if (abi === null) return certain(linux(series, Number(point)));
  const known = series === "6.1" ? DEBIAN_12[abi[2]] : undefined;
  return known !== undefined && !/-generic\b/.test(release)
    ? certain(linux(series, known))
    : {
      profile: linux(series, 0),
      note:
        `${series}.0-${
          abi[2]
        } is a distribution's ABI number and no release: replayed as linux-${series}. ` +
        `With \`uname -v\` as "version" in the header, or with --kernel, the release is known`,
    };
}
