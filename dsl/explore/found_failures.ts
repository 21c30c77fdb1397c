/**
 * The failures of current kernels that docs/found.md describes, for `--except`.
 *
 * @module
 */
import type { ArchName } from "../../engine/mod.ts";
import type { KnownFailure } from "./known.ts";

/** A failure of docs/found.md. */
export interface FoundFailure extends KnownFailure {
  /** The architecture that has it. */
  readonly arch: ArchName;
}

/** By the names of the blocks there; a debugger's step before a debugger's registers, since a guest's handler may access those too. */
export const FOUND_FAILURES: readonly FoundFailure[] = [
  {
    name: "frame",
    arch: "x86",
    kinds: ["stray", "frame", "stale", "leak"],
    rules: ["x86:A6", "x86:D30"],
  },
  {
    name: "lost",
    arch: "x86",
    kinds: ["missed", "stale", "frame"],
    rules: ["x86:D30"],
  },
  {
    name: "window",
    arch: "x86",
    kinds: ["stale", "leak", "missed", "stray", "frame", "warn"],
    rules: ["x86:D/6", "x86:D29"],
  },
  { name: "mmio", arch: "x86", kinds: ["missed"], rules: ["x86:D26"] },
  { name: "io", arch: "x86", kinds: ["missed"], rules: ["x86:D50"] },
];
