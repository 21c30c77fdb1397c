/**
 * `dregs explore`: searches every interleaving.
 *
 * @module
 */
import { withBuiltin } from "./builtin.ts";
import { errorTheme, pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { searchBlocks } from "./explore/blocks.ts";
import { documentOf } from "./explore/document.ts";
import { merge } from "./explore/merge.ts";
import { exploreOptions, OPTIONS } from "./explore/options.ts";
import {
  isStopped,
  type NotSearched,
  statusOf,
  type Verdict,
} from "./explore/verdict.ts";
import type { Exploration } from "../dsl/explore/exploration.ts";
import type { Io } from "./io.ts";
import { askedKernels, KERNELS_NOTE } from "./kernels.ts";
import { STDIN_NAME, texts } from "./texts.ts";

/** Whether a text was named itself, not found in a folder. */
function isOperand(name: string, operands: readonly string[]): boolean {
  return operands.includes(name) || name === STDIN_NAME;
}

async function run(args: Arguments, world: Io): Promise<number> {
  const options = exploreOptions(args);
  if (args.operands.length === 0) {
    throw new UsageError(
      "nothing to explore",
      "name a file that has an `explore` block",
    );
  }
  if (args.has("merge")) return await merge(args, options, world);
  if (args.value("seed") !== undefined && options.simulate === undefined) {
    throw new UsageError("`--seed` needs `--simulate`");
  }
  const io = await withBuiltin(world, args.operands);
  const kernels = await askedKernels(options.kernels, {
    tell: (line) => io.err(`note: ${line}\n`),
  });
  const page = await pageFor(io);
  const { loadText } = await import("./loading.ts");
  const { explorations } = await import("../dsl/explore/exploration.ts");
  const verdicts: Verdict[] = [];
  const searchedBlocks: Exploration[] = [];
  const skipped: NotSearched[] = [];
  let isBad = false;
  for (const text of texts(args.operands, io)) {
    if (text.kind === "problem") {
      io.err(`dregs: ${text.problem.message}\n`);
      isBad = true;
      continue;
    }
    const loaded = loadText(text.source, options.limit, io);
    if (!loaded.ok) {
      const { renderDiagnostics } = await import("../dsl/render.ts");
      io.err(renderDiagnostics(loaded.diagnostics, await errorTheme(io)));
      isBad = true;
      continue;
    }
    const blocks = explorations(loaded.file);
    const { name } = text.source;
    if (blocks.length === 0) {
      // A folder has scenarios too.
      if (!isOperand(name, args.operands)) continue;
      io.err(`dregs: ${name}: there is no \`explore\` block in it\n`);
      isBad = true;
      continue;
    }
    const searched = await searchBlocks(blocks, options, kernels, page, io);
    // Verdicts of a text with a mistake are not part of the document.
    if (searched.isBad) isBad = true;
    else {
      verdicts.push(...searched.shown.map(({ verdict }) => verdict));
      searchedBlocks.push(...blocks);
    }
    skipped.push(...searched.skipped);
    if (verdicts.some(isStopped)) break;
  }
  const document = documentOf(
    options,
    verdicts,
    skipped,
    options.except.map(({ name }) => name),
  );
  if (options.format === "json") {
    io.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const { matrixText } = await import("./explore/matrix.ts");
    const { exceptedText } = await import("./explore/excepted.ts");
    io.out(matrixText(document.matrix, page));
    io.err(exceptedText(document.except));
  }
  if (options.save !== undefined) {
    const { save } = await import("./explore/save.ts");
    await save(options.save, verdicts, options.limit, io);
  }
  if (options.report !== undefined && verdicts.length > 0) {
    const { searchReport } = await import("./explore/report.ts");
    const { titleOf } = await import("./report_text.ts");
    const title = titleOf(args.operands);
    const { limit } = options;
    const made = await searchReport(verdicts, searchedBlocks, {
      title,
      limit,
    }, io);
    io.writeFile(options.report, made);
  }
  if (verdicts.length + skipped.length === 0 && !isBad) {
    io.err("dregs explore: nothing was searched\n");
    return STATUS.error;
  }
  return isBad ? STATUS.error : statusOf(document, options.strict);
}

/** The command. */
export const command: Command = {
  help: {
    name: "explore",
    about: "search every interleaving for the one that breaks something",
    usage: "FILE|FOLDER…|- [OPTION…]",
    topics: {
      properties: async () =>
        (await import("./explore/properties.ts")).propertiesText(),
    },
    notes: [
      "The file has an explore block: programs of guests, userspaces and the host, who may act when, and " +
      "what must not happen; docs/explore.md describes it. The shortest schedule that breaks something is " +
      "printed, with the tables at its end. Where nothing breaks, what can have no part in breaking " +
      "anything is a warning: a breakpoint that no access matches, an operation that the kernel always rejects. " +
      "Exit status: 0 nothing breaks; 1 a schedule does; 2 usage, " +
      "syntax or file error, no block is for the kernel's architecture, the search was stopped, or a warning with --strict; 4 every block was skipped, because of `require` or because " +
      "the kernel refuses what comes before it. Of a folder, every file with such a block is searched; " +
      "builtin: is the catalogue that comes with the program, and builtin:explore its blocks.",
      KERNELS_NOTE,
      "A block of the catalogue, and every block under a set of kernels, is searched for each vendor, unless one is " +
      "named. With several kernels or vendors the output ends with a matrix, in which neighbours that agree are together.",
      "`dregs explore --help properties` lists what `never` can name.",
    ],
    options: OPTIONS,
    examples: [
      {
        command:
          "dregs explore --kernel reload-2016 builtin:explore/missed_breakpoint",
        about: "all schedules of two guests, under the workaround of 2016",
      },
      {
        command:
          "dregs explore --kernel linux-4.9 builtin:explore/missed_breakpoint",
        about: "the same under the kernel that fixed it",
      },
    ],
  },
  access: "read",
  run,
};
