/**
 * What to write for a kernel's name that people know and the language does not have.
 *
 * @module
 */
import { allSeries, KNOWN_RANGE } from "../engine/mod.ts";
import { suggested, type Suggestion } from "./suggest.ts";

/** Names of trees, which have no release of their own. */
const TREES = ["mainline", "linus", "master", "latest", "next", "stable"];

/** What to write instead, as a diagnostic has it; empty if the text is like nothing that is known. */
export function kernelSuggestion(text: string): Suggestion {
  const key = text.toLowerCase().replace(/^linux-/, "");
  const tag = /^v(\d+\.\d+(?:\.\d+)?)$/.exec(key)?.[1];
  if (tag !== undefined) return suggested(`linux-${tag}`);
  const hint = otherHint(key);
  return hint === undefined ? {} : { hint };
}

/** What to write instead; undefined if the text is like nothing that is known. */
export function kernelHint(text: string): string | undefined {
  return kernelSuggestion(text).hint;
}

/** What to write instead of what is no release's tag. */
function otherHint(key: string): string | undefined {
  if (TREES.includes(key)) {
    return `the last release that is known is \`linux-${KNOWN_RANGE[1]}\``;
  }
  const candidate = /^v?(\d+\.\d+)-rc\d+$/.exec(key)?.[1];
  if (candidate !== undefined) {
    return `release candidates are not known; did you mean \`linux-${candidate}\`?`;
  }
  if (/^v?\d+\.\d+\.\d+-./.test(key)) {
    return "a package's version is not the kernel's: `uname -v`, or the package's changelog, has the upstream release";
  }
  const major = /^v?(\d+)$/.exec(key)?.[1];
  const own = allSeries().filter((one) => one.startsWith(`${major}.`));
  return own.length === 0
    ? undefined
    : `a release has two numbers or three: linux-${own[0]} to linux-${
      own.at(-1)
    }`;
}
