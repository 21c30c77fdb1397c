/**
 * Sets of kernels: one that has a name, or a range of mainline releases.
 *
 * @module
 */
import { allSeries, type Architecture } from "../engine/mod.ts";
import { inTimeOrder } from "./kernel_order.ts";

/**
 * Series with long-term support: those that kernel.org/releases.html called longterm, in copies of 2017 (4.4, 4.9), 2023
 * (4.14 to 6.1) and 2025 (to 6.12); 6.18 as Alpine's package linux-lts6.18 says, read in November 2026.
 */
export const LTS: readonly string[] = [
  "4.4",
  "4.9",
  "4.14",
  "4.19",
  "5.4",
  "5.10",
  "5.15",
  "6.1",
  "6.6",
  "6.12",
  "6.18",
];

/** A range of mainline releases. */
const RANGE = /^(?:linux-)?(\d+\.\d+)\.\.(?:linux-)?(\d+\.\d+)$/;

/** One kernel of a set. */
export interface KernelOfSet {
  /** As `Architecture.kernel()` takes it. */
  readonly text: string;
  /** Architectures that it is meant of. */
  readonly of: readonly Architecture[];
}

/** A set, or why there is none. */
export type KernelSet =
  | { readonly ok: true; readonly kernels: readonly KernelOfSet[] }
  | { readonly ok: false; readonly reason: string; readonly hint: string };

/** All names once, those of each list in its own order. */
export function mergedInOrder(
  lists: readonly (readonly string[])[],
): string[] {
  const merged: string[] = [];
  for (const list of lists) {
    let at = merged.length;
    for (const name of list.toReversed()) {
      const found = merged.indexOf(name);
      if (found >= 0) at = found;
      else merged.splice(at, 0, name);
    }
  }
  return merged;
}

/** Whether a name is that of the machine without a hypervisor. */
function isBare(arch: Architecture, name: string): boolean {
  const answer = arch.kernel(name);
  return answer.ok && answer.info.isBare === true;
}

/**
 * The kernels of a set, oldest first.
 *
 * @param word `all`, `lts`, `changes` or a range, `5.4..6.1`
 * @param known architectures that can have them
 * @returns undefined if the word is no set
 */
export function kernelSet(
  word: string,
  known: readonly Architecture[],
): KernelSet | undefined {
  // Each once, of the architectures that list it.
  const each = (
    listed: (arch: Architecture) => readonly string[],
  ): KernelSet => {
    const found = new Map<string, Architecture[]>();
    for (const arch of known) {
      for (const text of listed(arch)) {
        found.set(text, [...found.get(text) ?? [], arch]);
      }
    }
    const kernels = [...found].map(([text, of]) => ({ text, of }));
    return {
      ok: true,
      kernels: inTimeOrder(kernels, ({ text, of: [arch] }) => ({
        arch,
        kernel: text,
      })),
    };
  };
  const releases = (series: readonly string[]): KernelSet => ({
    ok: true,
    kernels: series.map((one) => ({ text: `linux-${one}`, of: known })),
  });
  switch (word) {
    case "all":
      return each((arch) =>
        arch.kernelNames().filter((name) => !isBare(arch, name))
      );
    case "changes":
      return each((arch) => arch.distinctKernels());
    case "lts":
      return releases(LTS);
    default:
      break;
  }
  const range = RANGE.exec(word);
  if (range === null) {
    if (!word.includes("..")) return undefined;
    return {
      ok: false,
      reason: "a range is of mainline releases",
      hint: "such as 5.4..6.1",
    };
  }
  const series = allSeries();
  const [from, to] = range.slice(1).map((one) => series.indexOf(one));
  const [first, last] = [series[0], series.at(-1)!];
  if (from < 0 || to < 0) {
    return {
      ok: false,
      reason: `there is no release ${range[from < 0 ? 1 : 2]}`,
      hint: `the known range is ${first}..${last}`,
    };
  }
  if (from > to) {
    return {
      ok: false,
      reason: "the range runs backwards",
      hint: `did you mean ${range[2]}..${range[1]}?`,
    };
  }
  return releases(series.slice(from, to + 1));
}
