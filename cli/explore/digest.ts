/**
 * A digest of what is searched, by which `--merge` tells whether two verdicts are on parts of one search.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import type { Exploration } from "../../dsl/explore/exploration.ts";

/** Parts of the syntax tree that say where it stands, or that the checks derive from the rest. */
const NOT_SEARCHED: ReadonlySet<string> = new Set([
  "span",
  "source",
  "path",
  "resolved",
]);

/** A block is searched under each kernel, and has one digest. */
const KNOWN = new WeakMap<Exploration, string>();

/**
 * SHA-256 of a block's statements and of those before it, each file's where it is included, as `sha256:` and 64
 * hexadecimal digits.
 *
 * Comments, spaces, the base of a number and the names of files do not count. The kernel and vendor do not either, if
 * an option names them: the verdict has both. A word that the author chose does, such as the name of a `let`: the
 * schedules show it.
 */
export function digestOf(exploration: Exploration): string {
  const known = KNOWN.get(exploration);
  if (known !== undefined) return known;
  const { before, block } = exploration;
  const tree = JSON.stringify([before, block], (key, value) => {
    if (NOT_SEARCHED.has(key)) return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });
  const digest = `sha256:${bytesToHex(sha256(tree))}`;
  KNOWN.set(exploration, digest);
  return digest;
}
