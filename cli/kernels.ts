/**
 * The kernels that `--kernel` names: the one place that takes its value apart.
 *
 * @module
 */
import type { Architecture, ArchName, KernelInfo } from "../engine/mod.ts";
import { KERNEL_SETS } from "../dsl/kernel_set_names.ts";
import type { KernelOfSet } from "../dsl/kernel_sets.ts";
import { UsageError } from "./command.ts";

/** A kernel that is asked for. */
export interface AskedKernel {
  /** In one spelling, as `Architecture.kernel()` has it. */
  readonly profile: string;
  /** The scenario's own, or the default, if undefined. */
  readonly vendor: string | undefined;
  /** Architectures for which it is asked. */
  readonly arches: readonly ArchName[];
  /** It was named itself; it may be one of a set too. */
  readonly isNamed: boolean;
  /** It is one of a set; it may be named itself too. */
  readonly isOfSet: boolean;
}

/** What the value of `--kernel` may be, for help. */
export const KERNEL_NOTE =
  "--kernel takes a kernel as a scenario names it, with a vendor and changes: 5.4, linux-5.4.120, 'linux-7.2 svm', " +
  "'linux-4.9 with CHANGE'.";

/** The same where it may be given again. */
export const KERNELS_NOTE =
  `${KERNEL_NOTE} It also takes sets of kernels, with a vendor or changes after them: a range of mainline releases, ` +
  `5.4..6.1; ${
    Object.entries(KERNEL_SETS).map(([name, about]) => `${name}, ${about}`)
      .join("; ")
  }. With 'lts with CHANGE' each of the set has the change.`;

async function arches(): Promise<readonly Architecture[]> {
  const { ARCH_NAMES, architecture } = await import("../engine/mod.ts");
  return ARCH_NAMES.flatMap((name) => architecture(name) ?? []);
}

/** Names of the kernels of all architectures, for completion; of one architecture, the listed ones oldest first. */
export async function kernelNames(): Promise<readonly string[]> {
  const { mergedInOrder } = await import("../dsl/kernel_sets.ts");
  return mergedInOrder((await arches()).map((arch) => arch.kernelNames()));
}

/** The kernel of one architecture; undefined if it does not have it, or not for the vendor. */
function kernelOf(
  arch: Architecture,
  text: string,
  vendor: string | undefined,
): KernelInfo | undefined {
  const answer = arch.kernel(text);
  if (!answer.ok) return undefined;
  const { info } = answer;
  return vendor === undefined || info.vendors.includes(vendor)
    ? info
    : undefined;
}

/** A kernel for those of the architectures that have it; undefined if none has. */
function asked(
  known: readonly Architecture[],
  text: string,
  vendor: string | undefined,
  isOfSet: boolean,
): AskedKernel | undefined {
  const found = known.flatMap((arch) => {
    const info = kernelOf(arch, text, vendor);
    return info ? [{ arch: arch.name, profile: info.name }] : [];
  });
  if (found.length === 0) return undefined;
  const [{ profile }] = found;
  return {
    profile,
    vendor,
    arches: found.map(({ arch }) => arch),
    isNamed: !isOfSet,
    isOfSet,
  };
}

/** How messages call a value of an option. */
function ofOption(value: string, option = "kernel"): string {
  return `\`--${option} ${value}\``;
}

/** Told of what is left out of a set: a line. */
type Tell = (line: string) => void;

/** The kernels of a set with changes; tells which of them cannot have these. @throws {UsageError} if none can */
async function changedSet(
  kernels: readonly KernelOfSet[],
  choices: readonly string[],
  known: readonly Architecture[],
  said: string,
  tell: Tell,
): Promise<readonly KernelOfSet[]> {
  if (choices.length === 0) return kernels;
  const { withChanges } = await import("../dsl/set_with_changes.ts");
  const changed = withChanges(kernels, choices);
  if (!changed.ok) {
    const { text } = changed;
    throw await noKernel(text, text, known, said);
  }
  for (const { kernels: those, reason } of changed.leftOut) {
    tell(`${said} leaves out ${those.join(", ")}: ${reason}`);
  }
  return changed.kernels;
}

/**
 * Takes one value apart.
 *
 * @param said how messages call it
 * @throws {UsageError}
 */
async function kernelsOf(
  value: string,
  said: string,
  tell: Tell,
): Promise<readonly AskedKernel[]> {
  const known = await arches();
  const vendors = new Set(
    known.flatMap(({ profiles }) => profiles.flatMap((one) => one.vendors)),
  );
  const words = value.trim().split(/\s+/);
  const given = words.filter((word) => vendors.has(word));
  if (given.length > 1) {
    throw new UsageError(
      `${said}: one vendor, not ${given.join(" and ")}`,
    );
  }
  const [vendor] = given;
  const [base, ...choices] = words.filter((word) => word !== vendor);
  const { kernelSet } = await import("../dsl/kernel_sets.ts");
  const set = kernelSet(base ?? "", known);
  if (set !== undefined) {
    if (!set.ok) throw new UsageError(`${said}: ${set.reason}`, set.hint);
    if (vendor !== undefined) {
      await refuseOtherVendor(choices, vendor, known, said);
    }
    const kernels = await changedSet(set.kernels, choices, known, said, tell);
    return kernels.flatMap(({ text, of }) =>
      asked(of, text, vendor, true) ?? []
    );
  }
  const name = /^\d/.test(base ?? "") ? `linux-${base}` : base ?? "";
  const text = [name, ...choices].join(" ");
  if (vendor !== undefined) {
    await refuseOtherVendor(choices, vendor, known, said);
  }
  const one = asked(known, text, vendor, false);
  if (one !== undefined) return [one];
  throw await noKernel(value, text, known, said);
}

/** Rejects a change that only the other vendor has. @throws {UsageError} */
async function refuseOtherVendor(
  choices: readonly string[],
  vendor: string,
  known: readonly Architecture[],
  said: string,
): Promise<void> {
  const { findRows } = await import("../engine/mod.ts");
  for (const word of choices) {
    const found = known.flatMap((arch) => findRows(arch.changes(), word));
    const isOfOther = found.length > 0 &&
      found.every(({ vendors }) =>
        vendors.length > 0 && !vendors.includes(vendor)
      );
    if (!isOfOther) continue;
    throw new UsageError(
      `${said}: ${word} changes ${found[0].vendors.join(" and ")} only`,
    );
  }
}

/** Why there is no such kernel: of the architecture that comes nearest to having it. */
async function noKernel(
  value: string,
  text: string,
  known: readonly Architecture[],
  said: string,
): Promise<UsageError> {
  const { didYouMean } = await import("../dsl/suggest.ts");
  const { mergedInOrder } = await import("../dsl/kernel_sets.ts");
  const { findRows } = await import("../engine/mod.ts");
  const [base] = text.split(" ");
  const answers = known.map((arch) => arch.kernel(text));
  if (answers.some(({ ok }) => ok)) {
    return new UsageError(
      `${said}: there is no such kernel for that vendor`,
    );
  }
  const failed = answers.flatMap((answer) => answer.ok ? [] : [answer]);
  const isRelease = /^linux-\d+\.\d+(?:\.\d+)?$/.test(base);
  const changes = [...text.matchAll(/\bwith(?:out)? (\S+)/g)].map(([, name]) =>
    name
  );
  const named = known.flatMap((arch, at) => {
    const answer = answers[at];
    if (answer.ok || changes.length === 0) return [];
    const knows = changes.every((name) =>
      findRows(arch.changes(), name).length > 0
    );
    const isNear = didYouMean(answer.wrong, answer.expected) !== undefined;
    return [{ answer, rank: knows ? 0 : isNear ? 1 : 2 }];
  }).toSorted((a, b) => a.rank - b.rank);
  const ofWord = failed.filter(({ reason }) =>
    isRelease && !reason.endsWith(base)
  );
  const nearest = named.at(0)?.answer ??
    ofWord.find(({ wrong, expected }) => didYouMean(wrong, expected)) ??
    ofWord.at(0);
  if (nearest !== undefined) {
    return new UsageError(
      `${said}: ${nearest.reason}`,
      nearest.wrong === base
        ? undefined
        : didYouMean(nearest.wrong, nearest.expected) ??
          (changes.includes(nearest.wrong) &&
              known.every((arch) =>
                findRows(arch.changes(), nearest.wrong).length === 0
              )
            ? "`dregs history` lists the changes"
            : ofWord.includes(nearest) && nearest.expected.length > 0
            ? "a vendor, `with CHANGE` or `without CHANGE` can follow the release"
            : undefined),
    );
  }
  const names = failed.flatMap(({ expected }) => expected);
  const listed = mergedInOrder(
    known.map(({ profiles }) => profiles.map((one) => one.name)),
  );
  const { kernelHint } = await import("../dsl/kernel_hint.ts");
  const lower = text.toLowerCase();
  return new UsageError(
    `${said}: there is no such kernel`,
    kernelHint(value) ??
      (known.some((arch) => arch.kernel(lower).ok)
        ? `did you mean \`${lower}\`?`
        : undefined) ??
      didYouMean(base, [...Object.keys(KERNEL_SETS), ...listed, ...names]) ??
      `expected ${listed.join(", ")}, or another release`,
  );
}

/**
 * The kernels that values of `--kernel` name, each once.
 *
 * @param said how messages call a value
 * @param tell told which kernels of a set cannot have the changes that follow it, a line each
 * @returns a single undefined if it was not given: each scenario's own
 * @throws {UsageError} if there is none by a name
 */
export async function askedKernels(
  values: readonly string[],
  {
    said = (value) => ofOption(value),
    tell = () => {},
  }: {
    readonly said?: (value: string) => string;
    readonly tell?: Tell;
  } = {},
): Promise<readonly (AskedKernel | undefined)[]> {
  if (values.length === 0) return [undefined];
  const found = new Map<string, AskedKernel>();
  for (const value of values) {
    for (const kernel of await kernelsOf(value, said(value), tell)) {
      const key = `${kernel.profile} ${kernel.vendor ?? ""}`;
      const same = found.get(key);
      found.set(key, same ? joined(same, kernel) : kernel);
    }
  }
  return [...found.values()];
}

function joined(a: AskedKernel, b: AskedKernel): AskedKernel {
  return {
    ...a,
    arches: [...new Set([...a.arches, ...b.arches])],
    isNamed: a.isNamed || b.isNamed,
    isOfSet: a.isOfSet || b.isOfSet,
  };
}

/**
 * The one kernel that a value of `--kernel`, or of an option like it, names.
 *
 * @param option the option's name, for messages
 * @throws {UsageError} if there is none by that name, or it names several
 */
export async function askedKernel(
  value: string,
  option = "kernel",
): Promise<AskedKernel> {
  const said = ofOption(value, option);
  const [kernel, ...more] = await kernelsOf(value, said, () => {});
  if (more.length === 0) return kernel;
  throw new UsageError(
    `${said}: ${more.length + 1} kernels, where one is needed`,
  );
}

/**
 * Notes on kernels whose trees were not read: a line each, once.
 *
 * @returns takes a kernel that is used; gives the lines that were not given before
 */
export async function noteTaker(): Promise<
  (arch: string, profile: string) => readonly string[]
> {
  const { ARCH_NAMES, architecture } = await import("../engine/mod.ts");
  const told = new Set<string>();
  return (name, profile) => {
    if (told.has(profile)) return [];
    told.add(profile);
    const arch = ARCH_NAMES.find((one) => one === name);
    const answer = arch && architecture(arch)?.kernel(profile);
    return answer?.ok ? answer.info.notes : [];
  };
}
