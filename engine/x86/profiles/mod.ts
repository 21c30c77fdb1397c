/**
 * The x86 profiles, oldest first, and every other kernel by its version and changes.
 *
 * @module
 */
import { kernelOf, type X86Kernels } from "../history/mod.ts";
import { kiszka2008 } from "./kiszka_2008.ts";
import type { X86Profile } from "./profile.ts";

/** The kernel of a spec that is known to make sense. */
function folded(base: string): () => X86Kernels {
  return () => {
    const found = kernelOf({ base });
    if (!found.ok) throw new RangeError(`${base}: ${found.reason}`);
    return found.kernel;
  };
}

/** All of them. */
export const X86_PROFILES: readonly X86Profile[] = [
  kiszka2008,
  {
    name: "linux-4.4",
    about: "4.4.1: lazy switching with the missed-breakpoint bug",
    source: "Linux 4.4.1",
    kernels: folded("linux-4.4"),
  },
  {
    name: "reload-2016",
    about: "linux-4.4 with the reload at vcpu_load",
    source: "commit 172b2386ed16 on Linux 4.4",
    kernels: folded("reload-2016"),
  },
  {
    name: "linux-4.9",
    about: "the root-cause fix of the missed breakpoint",
    source: "Linux 4.9; commit 70e4da7a8ff6",
    kernels: folded("linux-4.9"),
    options: {
      // What 4.5.7 does, where the workaround came a second time on top of the fix: x86:C.8, x86:F2.
      reload: { never: {}, "at-load": { loadReloads: true } },
    },
  },
  {
    name: "linux-6.1",
    about: "mainline, checked against recordings of kvm-intel and kvm-amd",
    source: "Linux 6.1; recordings of kvm-intel on Bochs and of kvm-amd on TCG",
    kernels: folded("linux-6.1"),
  },
  {
    name: "linux-7.2",
    about: "mainline of today, checked against recordings of kvm-amd",
    source: "Linux 7.2; recordings of kvm-amd 7.2 on TCG",
    kernels: folded("linux-7.2"),
  },
];

/** What a scenario runs on that names no kernel. */
export const X86_DEFAULT_PROFILE = "linux-6.1";

/** `with` and `without` in a kernel's text, each with the name of a change. */
const CHOICE = / (with|without) (\S+)/g;

/**
 * The profile of a name; or of a version and changes, as `linux-5.4.120 with root-cause-fix`.
 *
 * @throws {RangeError} if there is none: a caller's bug
 */
export function x86Profile(name: string): X86Profile {
  const listed = X86_PROFILES.find((profile) => profile.name === name);
  if (listed !== undefined) return listed;
  const choices = [...name.matchAll(CHOICE)];
  const chosen = (kind: string): string[] =>
    choices.filter(([, word]) => word === kind).map(([, , row]) => row);
  const found = kernelOf({
    base: name.replace(CHOICE, ""),
    with: chosen("with"),
    without: chosen("without"),
  });
  if (!found.ok) throw new RangeError(`${name}: ${found.reason}`);
  return {
    name: found.name,
    about: `${found.rows.length} changes over 4.4.1`,
    source: "the trees of history",
    kernels: () => found.kernel,
  };
}
