/**
 * Running and searching a script, as the commands do.
 *
 * @module
 */
import { takeApart } from "../cli/arguments.ts";
import { searchBlocks } from "../cli/explore/blocks.ts";
import { exploreOptions, OPTIONS } from "../cli/explore/options.ts";
import { searchBuilder } from "../cli/explore/report.ts";
import { boundaries, failedOf } from "../cli/formats/boundaries.ts";
import { boundaryJson } from "../cli/formats/json.ts";
import { askedKernels } from "../cli/kernels.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { inStep } from "../cli/report_runs.ts";
import { VERSION } from "../cli/version.ts";
import { explorations } from "../dsl/explore/exploration.ts";
import { limitsOf } from "../dsl/limits.ts";
import { load, type Loaded } from "../dsl/load.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import type { ReportJson } from "../report/document.ts";
import { recordFile, ReportBuilder } from "../report/report.ts";
import type { KernelWords, Script } from "./messages.ts";

/** Statements that a script may execute: a page has less patience than a terminal. */
const STATEMENTS_MAX = 20_000;

/** Memory for the states of a search. */
const MEMORY = "1G";

/** Something that is wrong with what was asked, for people. */
export class JobProblem extends Error {
  override name = "JobProblem";
}

/** Words for the choice of kernels. */
export function kernelWords(): KernelWords[] {
  return architectures().map((arch) => ({
    arch: arch.name,
    kernels: arch.kernelNames(),
    changes: arch.changes().map(({ name, commits }) => ({
      name,
      about: commits[0]?.subject ?? "",
    })),
  }));
}

function loaded({ name, text }: Script): Extract<Loaded, { ok: true }> {
  const answer = load({ name, text }, { limits: limitsOf(STATEMENTS_MAX) });
  if (!answer.ok) {
    const { length } = answer.diagnostics;
    throw new JobProblem(
      `the text has ${
        length === 1 ? "a mistake" : `${length} mistakes`
      }, which the editor marks`,
    );
  }
  return answer;
}

async function kernelsOf({ kernels }: Script) {
  try {
    return await askedKernels(kernels, { said: (value) => `\`${value}\`` });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "UsageError") throw error;
    const { hint } = error as Error & { hint?: string };
    throw new JobProblem(
      hint === undefined ? error.message : `${error.message}; ${hint}`,
    );
  }
}

/** Runs the scenarios of a script. @throws {JobProblem} */
export async function runScript(script: Script): Promise<ReportJson> {
  const kernels = await kernelsOf(script);
  const { file } = loaded(script);
  const builder = new ReportBuilder();
  builder.addFile(file);
  const runs = kernels.map((kernel) =>
    recordFile(file, {
      profile: kernel?.profile,
      vendor: kernel?.vendor,
      arches: kernel?.arches,
      filter: undefined,
      trace: false,
      limit: STATEMENTS_MAX,
    })
  );
  for (const recorded of inStep(runs)) {
    const found = boundaries(recorded.map(({ result }) => result));
    builder.add(
      recorded,
      (result) =>
        found.filter((one) => failedOf(one) === result).map(boundaryJson),
    );
  }
  return builder.finish(script.name, VERSION);
}

/** A world that hands on what a command says of its progress. */
class TellingIo extends MemoryIo {
  constructor(readonly tell: (text: string) => void) {
    super({ errIsTerminal: true, noColor: true, columns: 100 });
  }

  override err(text: string): void {
    super.err(text);
    // deno-lint-ignore no-control-regex -- what clears a terminal's line
    const line = text.replace(/\r|\x1b\[K/g, "").trim();
    if (line !== "") this.tell(line);
  }
}

/** Searches the `explore` blocks of a script. @throws {JobProblem} */
export async function exploreScript(
  script: Script,
  tell: (progress: string) => void,
): Promise<ReportJson> {
  const kernels = await kernelsOf(script);
  const { file } = loaded(script);
  const blocks = explorations(file);
  if (blocks.length === 0) {
    throw new JobProblem("there is no `explore` block in the text");
  }
  const args = ["--workers", "1", "--memory", MEMORY, "--format", "json"];
  const options = exploreOptions(takeApart(args, OPTIONS));
  const io = new TellingIo(tell);
  const { shown, skipped, isBad } = await searchBlocks(
    blocks,
    { ...options, limit: STATEMENTS_MAX },
    kernels,
    PLAIN_PAGE,
    io,
  );
  const verdicts = shown.map(({ verdict }) => verdict);
  if (isBad || verdicts.length === 0) {
    const [first] = skipped;
    throw new JobProblem(
      first ? `not searched: ${first.reason}` : io.stderr.trim(),
    );
  }
  const builder = await searchBuilder(verdicts, blocks, STATEMENTS_MAX);
  return builder.finish(script.name, VERSION);
}
