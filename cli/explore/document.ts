/**
 * The JSON document of verdicts: written, and read to be joined with others.
 *
 * @module
 */
import type { Schema } from "@cfworker/json-schema";
import SHAPE from "../../docs/schemas/explore_2.json" with { type: "json" };
import { CHOICES_MAX } from "../../dsl/limits.ts";
import { FileProblem, type Io } from "../io.ts";
import { exceptedIn } from "./excepted.ts";
import { matrixOf } from "./matrix.ts";
import type { ExploreOptions } from "./options.ts";
import {
  type Document,
  type NotSearched,
  SCHEMA,
  type Verdict,
} from "./verdict.ts";

/**
 * The document of a search.
 *
 * @param excepted names that `--except` gave
 */
export function documentOf(
  { shard }: ExploreOptions,
  verdicts: readonly Verdict[],
  skipped: readonly NotSearched[],
  excepted: readonly string[],
): Document {
  return {
    schema: SCHEMA,
    shard: shard.of === 1 ? null : `${shard.part}/${shard.of}`,
    verdicts,
    skipped,
    except: exceptedIn(excepted, verdicts),
    matrix: matrixOf(verdicts, skipped),
  };
}

/** A document of an earlier version of the program. */
interface WithoutDigests extends Omit<Document, "verdicts"> {
  readonly verdicts: readonly (
    & Omit<Verdict, "digest">
    & Partial<Pick<Verdict, "digest">>
  )[];
}

/** Reads a document. @throws {FileProblem} if the file is none */
export async function readDocument(path: string, io: Io): Promise<Document> {
  let value: unknown;
  try {
    value = JSON.parse(io.readFile(path));
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    throw new FileProblem(path, "not JSON");
  }
  const wrong = await documentProblem(value);
  if (wrong !== undefined) throw new FileProblem(path, wrong);
  const document = value as WithoutDigests;
  const verdicts = document.verdicts.map((one) => ({ digest: null, ...one }));
  return { ...document, verdicts };
}

/** The first place of a value that is no document, and why; undefined if it is one. */
async function documentProblem(value: unknown): Promise<string | undefined> {
  const { schema, verdicts } = (value ?? {}) as Partial<Document>;
  if (schema !== SCHEMA) return `not a document of ${SCHEMA}`;
  const name = malformedName(value);
  if (name !== undefined) {
    return `not a document of ${SCHEMA}: the name ${
      JSON.stringify(name)
    } is no text of Unicode`;
  }
  const { Validator } = await import("@cfworker/json-schema");
  const validator = new Validator(SHAPE as Schema, "7");
  const { valid, errors } = validator.validate(value);
  if (!valid) {
    // The last is the innermost.
    const { instanceLocation, error } = errors.at(-1)!;
    const where = instanceLocation.replace(/^#\/?/, "") || "the document";
    const why = error === "False boolean schema."
      ? "there is no such property"
      : error;
    return `not a document of ${SCHEMA}: ${where}: ${why}`;
  }
  const many = verdicts!.find(({ choices }) => choices > CHOICES_MAX);
  return many &&
    `${many.name} has ${many.choices} choices of values, more than ${CHOICES_MAX}`;
}

/** A property's name with a surrogate that has no other, of which the validator can make no pointer. */
function malformedName(value: unknown): string | undefined {
  // Not by recursion: a document may be nested deeper than the stack.
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== "object" || one === null) continue;
    const name = Object.keys(one).find((key) => !key.isWellFormed());
    if (name !== undefined) return name;
    for (const part of Object.values(one)) left.push(part);
  }
  return undefined;
}
