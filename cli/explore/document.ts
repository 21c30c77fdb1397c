/**
 * The JSON document of verdicts: written, and read to be joined with others.
 *
 * @module
 */
import { FileProblem, type Io } from "../io.ts";
import { matrixOf } from "./matrix.ts";
import type { ExploreOptions } from "./options.ts";
import {
  type Document,
  type NotSearched,
  SCHEMA,
  type Verdict,
} from "./verdict.ts";

/** The document of a search. */
export function documentOf(
  { shard }: ExploreOptions,
  verdicts: readonly Verdict[],
  skipped: readonly NotSearched[],
): Document {
  return {
    schema: SCHEMA,
    shard: shard.of === 1 ? null : `${shard.part}/${shard.of}`,
    verdicts,
    skipped,
    matrix: matrixOf(verdicts, skipped),
  };
}

/** Reads a document. @throws {FileProblem} if the file is none */
export function readDocument(path: string, io: Io): Document {
  let value: unknown;
  try {
    value = JSON.parse(io.readFile(path));
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    throw new FileProblem(path, "not JSON");
  }
  const wrong = documentProblem(value);
  if (wrong !== undefined) throw new FileProblem(path, wrong);
  return value as Document;
}

/** What of a document is read when it is joined with others, by type. */
const JOINED: Readonly<Record<string, (keyof Verdict)[]>> = {
  string: ["name", "source", "kernel", "outcome", "method"],
  number: [
    "states",
    "transitions",
    "depth",
    "bytes",
    "seconds",
    "choices",
    "choicesDone",
  ],
  object: [
    "reduced",
    "broken",
    "choice",
    "schedule",
    "explanation",
    "also",
    "known",
    "notes",
    "warnings",
  ],
};

/** Why a value is no document; undefined if it is one. */
function documentProblem(value: unknown): string | undefined {
  const { schema, verdicts, shard, skipped } = (value ?? {}) as Partial<
    Document
  >;
  if (
    schema !== SCHEMA || !Array.isArray(verdicts) || !Array.isArray(skipped) ||
    shard !== null && !/^\d+\/[1-9]\d*$/.test(String(shard))
  ) return `not a document of ${SCHEMA}`;
  for (const [at, verdict] of verdicts.entries()) {
    for (const [type, keys] of Object.entries(JOINED)) {
      for (const key of keys) {
        const found = verdict?.[key];
        if (typeof found !== type || found === null) {
          return `verdict ${at} has no ${key}: not of ${SCHEMA}`;
        }
      }
    }
  }
  return undefined;
}
