/**
 * `--merge`: joins the JSON verdicts of shards.
 *
 * @module
 */
import { errorTheme, pageFor } from "../colour.ts";
import { type Arguments, STATUS, UsageError } from "../command.ts";
import type { Io } from "../io.ts";
import { warningsText } from "./coverage.ts";
import { documentOf, readDocument } from "./document.ts";
import { exceptedNames, exceptedText } from "./excepted.ts";
import { matrixText } from "./matrix.ts";
import type { ExploreOptions } from "./options.ts";
import { notSearchedText, verdictText } from "./text.ts";
import {
  mergedSkipped,
  mergedVerdicts,
  type Part,
  statusOf,
  type Verdict,
} from "./verdict.ts";

/** Joins the documents that the operands name. @returns the exit status */
export async function merge(
  args: Arguments,
  options: ExploreOptions,
  io: Io,
): Promise<number> {
  for (const name of ["save", "report", "kernel", "shard", "simulate"]) {
    if (args.values(name).length > 0) {
      throw new UsageError(
        `\`--${name}\` is not allowed with \`--merge\`, which searches nothing`,
      );
    }
  }
  const parts: Part[] = [];
  for (const path of args.operands) {
    parts.push({ path, document: await readDocument(path, io) });
  }
  const documents = parts.map(({ document }) => document);
  let verdicts: Verdict[];
  try {
    verdicts = mergedVerdicts(parts);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `the files are not parts of one search: ${error.message}`,
    );
  }
  const unchecked = uncheckedText(parts);
  io.err(unchecked);
  const skipped = mergedSkipped(documents);
  const page = await pageFor(io);
  const document = documentOf(
    options,
    verdicts,
    skipped,
    exceptedNames(documents),
  );
  io.out(
    options.format === "json"
      ? `${JSON.stringify(document, null, 2)}\n`
      : verdicts.map((one) =>
        verdictText(one, page, { isDetailed: options.coverage })
      )
        .join("\n"),
  );
  if (options.format === "text") {
    io.out(matrixText(document.matrix, page));
    for (const one of skipped) io.err(notSearchedText(one));
    const theme = await errorTheme(io);
    for (const one of verdicts) io.err(warningsText(one, theme));
    io.err(exceptedText(document.except));
  }
  const status = statusOf(document, options.strict);
  return status === STATUS.ok && options.strict && unchecked !== ""
    ? STATUS.error
    : status;
}

/** A warning of parts that may be of different texts, with its line end; empty if there are none. */
function uncheckedText(parts: readonly Part[]): string {
  const paths = parts.filter(({ document }) =>
    document.verdicts.some(({ digest }) => digest === null)
  ).map(({ path }) => path);
  return parts.length < 2 || paths.length === 0
    ? ""
    : `dregs explore: warning: without a digest in ${
      paths.join(", ")
    }, it is not known whether all parts are of the same text\n`;
}
