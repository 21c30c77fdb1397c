/**
 * `dregs report`: a page that shows what scenarios do, step by step.
 *
 * @module
 */
import type { ScenarioResult } from "../dsl/result.ts";
import { oneOf } from "./arguments.ts";
import { withBuiltin } from "./builtin.ts";
import { errorTheme } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import type { Io } from "./io.ts";
import {
  type AskedKernel,
  askedKernels,
  KERNELS_NOTE,
  noteTaker,
} from "./kernels.ts";
import { LIMIT_OPTION, limitOf } from "./limit.ts";
import { isFile } from "./outputs.ts";
import { inStep } from "./report_runs.ts";
import { REPORT_FORMATS, reportText, titleOf } from "./report_text.ts";
import { scripts, type Text, texts } from "./texts.ts";

/** What was written down, counted. */
interface Counts {
  failed: number;
  error: number;
  skipped: number;
  broken: number;
  explore: number;
}

function count(counts: Counts, { status, skip }: ScenarioResult): void {
  if (skip?.cause === "explore") counts.explore++;
  if (status !== "passed") counts[status]++;
}

async function run(args: Arguments, world: Io): Promise<number> {
  const io = await withBuiltin(world, args.operands);
  const given = args.values("eval");
  if (args.operands.length + given.length === 0) {
    throw new UsageError(
      "nothing to report on",
      "name a file or a folder, or write `-` for standard input or `-e 'SCRIPT'`",
    );
  }
  const format = oneOf(
    "format",
    args.value("format") ?? "html",
    REPORT_FORMATS,
  );
  const output = args.value("output");
  if (output === undefined && format === "html") {
    throw new UsageError(
      "a page needs a file",
      "write `-o report.html`, or `-o -` for standard output",
    );
  }
  const limit = limitOf(args);
  const kernels = await askedKernels(args.values("kernel"), {
    tell: (line) => io.err(`note: ${line}\n`),
  });
  const { loadText } = await import("./loading.ts");
  const { renderDiagnostics } = await import("../dsl/render.ts");
  const { recordFile, ReportBuilder } = await import("../report/report.ts");
  const { boundaries, failedOf } = await import("./formats/boundaries.ts");
  const { boundaryJson } = await import("./formats/json.ts");
  const errors = await errorTheme(io);
  const notes = await noteTaker();
  const builder = new ReportBuilder();
  const counts: Counts = {
    failed: 0,
    error: 0,
    skipped: 0,
    broken: 0,
    explore: 0,
  };
  const settings = (kernel: AskedKernel | undefined) => ({
    profile: kernel?.profile,
    vendor: kernel?.vendor,
    arches: kernel?.arches,
    filter: args.value("filter"),
    trace: false,
    limit,
  });
  for (const text of allTexts(args.operands, given, io)) {
    if (text.kind === "problem") {
      counts.broken++;
      const { path, why, message } = text.problem;
      io.err(`dregs: ${message}\n`);
      builder.addBroken(path, why, []);
      continue;
    }
    const { source } = text;
    const loaded = loadText(source, limit, io);
    if (!loaded.ok) {
      counts.broken++;
      const { diagnostics } = loaded;
      io.err(renderDiagnostics(diagnostics, errors));
      const { length } = diagnostics;
      const message = `${length} ${length === 1 ? "mistake" : "mistakes"}`;
      builder.addBroken(source.name, message, diagnostics);
      continue;
    }
    builder.addFile(loaded.file);
    const runs = kernels.map((kernel) =>
      recordFile(loaded.file, settings(kernel))
    );
    for (const recorded of inStep(runs)) {
      const results = recorded.map(({ result }) => result);
      const found = boundaries(results);
      for (const result of results) {
        count(counts, result);
        if (result.skip?.cause === "arch") continue;
        for (const note of notes(result.arch, result.profile)) {
          io.err(`note: ${note}\n`);
        }
      }
      builder.add(
        recorded,
        (result) =>
          found.filter((one) => failedOf(one) === result).map(boundaryJson),
      );
    }
  }
  if (builder.count + counts.broken === 0) {
    io.err(
      `dregs report: no scenario has \`${args.value("filter")}\` in its name\n`,
    );
    return STATUS.error;
  }
  if (counts.explore > 0) {
    io.err(
      "dregs report: an `explore` block is searched, not run: use `dregs explore FILE --report REPORT.html`\n",
    );
  }
  const title = args.value("title") ??
    titleOf([...args.operands, ...given.map(() => "a script")]);
  const made = await reportText(format, builder, title, io);
  if (isFile(output)) io.writeFile(output, made);
  else io.out(made);
  if (counts.error + counts.broken > 0) return STATUS.error;
  return counts.failed > 0 ? STATUS.failed : STATUS.ok;
}

/** Files first, then scripts. */
function* allTexts(
  operands: readonly string[],
  given: readonly string[],
  io: Io,
): Generator<Text> {
  yield* texts(operands, io);
  for (const source of scripts(given)) yield { kind: "text", source };
}

/** The command. */
export const command: Command = {
  help: {
    name: "report",
    about: "write a page that shows what scenarios do, step by step",
    usage: "FILE|FOLDER…|- -o REPORT.html [OPTION…]",
    notes: [
      "The page is one file that loads nothing: it opens from a disk or a mail, without a network. It shows the " +
      "text, a timeline of CPUs, vCPUs, userspace and host, every register side by side at each step, and for each " +
      "value the events that led to it, with their rules. Of a folder, every file *.dregs below it is reported on; " +
      "builtin: is the catalogue that comes with the program. With several kernels it begins with a matrix, and two " +
      "can stand side by side.",
      "Exit status: 0 no expectation failed, also where scenarios were skipped or a file has explore blocks, which are " +
      "not run; 1 an expectation failed; 2 usage, syntax or file error, or no scenario has the name that --filter " +
      "asks for. The report is written unless the usage is wrong or no scenario has that name.",
      KERNELS_NOTE,
    ],
    options: [
      {
        name: "output",
        short: "o",
        value: "FILE",
        isOutput: true,
        about: "the page; - is standard output",
      },
      {
        name: "kernel",
        value: "KERNEL",
        again: true,
        about: "run under this kernel instead of the scenario's own",
      },
      {
        name: "eval",
        short: "e",
        value: "SCRIPT",
        again: true,
        about: "report on a script",
      },
      {
        name: "filter",
        value: "NAME",
        about: "only scenarios whose name contains NAME",
      },
      { name: "title", value: "TEXT", about: "the page's title" },
      {
        name: "format",
        value: "FORMAT",
        choices: REPORT_FORMATS,
        about: "html, json: the page's data; docs/json.md describes it",
      },
      LIMIT_OPTION,
    ],
    examples: [
      {
        command:
          "dregs report builtin:arm64/renumbering/patch_example -o report.html",
        about: "a scenario of the catalogue",
      },
      {
        command:
          "dregs report --kernel 4.4 --kernel 4.9 builtin:x86/missed_breakpoint/by_luck -o report.html",
        about: "the same under two kernels, side by side",
      },
    ],
  },
  access: "read",
  run,
};
