/**
 * Texts to trees, with the files that they include.
 *
 * @module
 */
import { limitsOf } from "../dsl/limits.ts";
import {
  load,
  type Loaded,
  type LoadOptions,
  pathReader,
  read,
} from "../dsl/load.ts";
import type { Source } from "../dsl/source.ts";
import { FileProblem, type Io } from "./io.ts";

/**
 * Reads and checks a text with all that it includes.
 *
 * @param limit most statements that it may have
 */
export function loadText(source: Source, limit: number, io: Io): Loaded {
  return load(source, optionsOf(limit, io));
}

/** Reads a text with all that it includes, for what that reads. @param limit as of `loadText()` */
export function readWithIncluded(source: Source, limit: number, io: Io): void {
  read(source, optionsOf(limit, io));
}

function optionsOf(limit: number, io: Io): LoadOptions {
  const reader = pathReader((path) => {
    try {
      return io.readFile(path);
    } catch (problem) {
      if (problem instanceof FileProblem) return undefined;
      throw problem;
    }
  }, { backslash: Deno.build.os === "windows" });
  return { reader, limits: limitsOf(limit) };
}
