/**
 * `dregs run`: runs scenarios.
 *
 * @module
 */
import type { File, Line } from "../dsl/syntax/lines.ts";
import { oneLine } from "../dsl/render/line.ts";
import type { Page } from "../dsl/render/theme.ts";
import type { RunSettings, ScenarioResult } from "../dsl/result.ts";
import { oneOf } from "./arguments.ts";
import { withBuiltin } from "./builtin.ts";
import { errorTheme, pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import type { Reporter, Tally } from "./formats/reporter.ts";
import { ClosedPipe, COLUMNS_DEFAULT, type Io, type OutputFile } from "./io.ts";
import {
  type AskedKernel,
  askedKernels,
  KERNELS_NOTE,
  noteTaker,
} from "./kernels.ts";
import { LIMIT_OPTION, limitOf } from "./limit.ts";
import { isFile } from "./outputs.ts";
import { scripts, type Text, texts } from "./texts.ts";

/** Formats of the output. */
const FORMATS = ["text", "json", "tap", "junit", "ftrace"] as const;

type Format = typeof FORMATS[number];

/** Imports a format, and no other. */
async function reporterFor(
  format: Format,
  page: Page,
  isMatrix: boolean,
): Promise<Reporter> {
  switch (format) {
    case "text":
      if (isMatrix) {
        const { matrixReporter } = await import("./formats/matrix.ts");
        return matrixReporter(page);
      } else {
        const { textReporter } = await import("./formats/text.ts");
        return textReporter(page);
      }
    case "json":
      return (await import("./formats/json.ts")).jsonReporter();
    case "tap":
      return (await import("./formats/tap.ts")).tapReporter();
    case "junit":
      return (await import("./formats/junit.ts")).junitReporter();
    case "ftrace":
      return (await import("./formats/ftrace.ts")).ftraceReporter();
    default:
      return format satisfies never;
  }
}

/**
 * Runs a file under each kernel, in step: a scenario under all of them, then the next.
 *
 * @returns of each scenario the results under the kernels of its architecture; if there is none, one that says so
 */
function* inStep(
  runs: readonly Generator<ScenarioResult>[],
): Generator<ScenarioResult[]> {
  for (;;) {
    const results: ScenarioResult[] = [];
    for (const run of runs) {
      const next = run.next();
      if (!next.done) results.push(next.value);
    }
    if (results.length === 0) return;
    const asked = results.filter(({ skip }) =>
      skip?.cause !== "arch" && skip?.cause !== "explore"
    );
    yield asked.length > 0 ? apart(asked) : results.slice(0, 1);
  }
}

/** One result of each kernel and vendor: two that were asked for are the same where the scenario names the vendor. */
function apart(results: readonly ScenarioResult[]): ScenarioResult[] {
  return [
    ...new Map(
      results.map((one) => [`${one.profile} ${one.vendor ?? ""}`, one]),
    ).values(),
  ];
}

/** True if nothing would be seen of a text but that it ran. */
function saysNothing(lines: readonly Line[]): boolean {
  return lines.every((line) => {
    switch (line.kind) {
      case "expect":
      case "show":
      case "show-map":
      case "show-cost":
      case "why":
      case "why-happened":
      case "why-not":
      case "scenario":
        return false;
      case "for":
        return saysNothing(line.body.lines);
      case "include":
        return saysNothing(line.file?.lines ?? []);
      default:
        return true;
    }
  });
}

/** A script that neither expects nor shows anything shows the table at its end. */
function withTable(file: File): File {
  if (!saysNothing(file.lines)) return file;
  const { source, lines } = file;
  const end = source.text.length;
  return {
    source,
    lines: [...lines, {
      kind: "show",
      views: [],
      registers: [],
      span: { source, start: end, end },
    }],
  };
}

/** Where the output goes. */
function openOutput(path: string | undefined, io: Io): OutputFile {
  return isFile(path)
    ? io.create(path)
    : { write: (text) => io.out(text), close: () => {} };
}

function statusOf({ failed, error, broken }: Tally): number {
  if (error > 0 || broken > 0) return STATUS.error;
  return failed > 0 ? STATUS.failed : STATUS.ok;
}

/** Options with values that `--list` has no use for. */
const LIST_IGNORES = ["eval", "filter", "kernel", "format", "output"];

/** Names the files that would run. */
function list(operands: readonly string[], io: Io): number {
  let status: number = STATUS.ok;
  for (const text of texts(operands, io)) {
    if (text.kind === "text") {
      io.out(`${oneLine(text.source.name)}\n`);
    } else {
      status = STATUS.error;
      io.err(`dregs: ${text.problem.message}\n`);
    }
  }
  return status;
}

async function run(args: Arguments, world: Io): Promise<number> {
  const io = await withBuiltin(world, args.operands);
  const given = args.values("eval");
  if (args.operands.length + given.length === 0) {
    throw new UsageError(
      "nothing to run",
      "name a file or a folder, or write `-` for standard input or `-e 'SCRIPT'`",
    );
  }
  if (args.has("list")) {
    const others = LIST_IGNORES.filter((name) => args.values(name).length > 0);
    if (args.has("trace")) others.push("trace");
    if (others.length > 0) {
      throw new UsageError(
        `\`--${
          others[0]
        }\` is not allowed with \`--list\`, which names files and runs none`,
      );
    }
    return list(args.operands, io);
  }
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const limit = limitOf(args);
  const filter = args.value("filter");
  const kernels = await askedKernels(args.values("kernel"), {
    tell: (line) => io.err(`note: ${line}\n`),
  });
  const outputPath = args.value("output");
  const page = outputPath === undefined ? await pageFor(io) : await pageFor({
    isTerminal: false,
    noColor: true,
    columns: COLUMNS_DEFAULT,
  });
  const reporter = await reporterFor(format, page, kernels.length > 1);
  const output = openOutput(outputPath, io);
  const tally: Tally = {
    passed: 0,
    failed: 0,
    error: 0,
    skipped: 0,
    broken: 0,
  };
  const write = (text: string): void => {
    if (text !== "") output.write(text);
  };
  const settings = (kernel: AskedKernel | undefined): RunSettings => ({
    profile: kernel?.profile,
    vendor: kernel?.vendor,
    arches: kernel?.arches,
    filter,
    trace: args.has("trace") || format === "ftrace",
    limit,
    tell: reporter.shown &&
      ((...what) => write(reporter.shown!(...what))),
  });
  let explored = 0;
  let isUnmet = false;
  try {
    write(reporter.begin());
    const { loadText } = await import("./loading.ts");
    const { holdsExplore, runFile } = await import("../dsl/run/scenario.ts");
    const { renderDiagnostics } = await import("../dsl/render.ts");
    const errors = await errorTheme(io);
    const notes = await noteTaker();
    for (const text of allTexts(args.operands, given, io)) {
      if (text.kind === "problem") {
        tally.broken++;
        const { path, why, message } = text.problem;
        io.err(`dregs: ${message}\n`);
        write(
          reporter.broken({ source: path, message: why, diagnostics: [] }),
        );
        continue;
      }
      const { source } = text;
      const loaded = loadText(source, limit, io);
      if (!loaded.ok) {
        tally.broken++;
        const { diagnostics } = loaded;
        io.err(renderDiagnostics(diagnostics, errors));
        const count = diagnostics.length;
        const message = `${count} ${count === 1 ? "mistake" : "mistakes"}`;
        write(
          reporter.broken({ source: source.name, message, diagnostics }),
        );
        continue;
      }
      const file = text.isScript ? withTable(loaded.file) : loaded.file;
      if (holdsExplore(file.lines)) explored++;
      const runs = kernels.map((kernel) => runFile(file, settings(kernel)));
      for (const results of inStep(runs)) {
        for (const { status, arch, profile, skip } of results) {
          tally[status]++;
          if (skip?.cause === "arch" || skip?.cause === "explore") continue;
          if (status === "skipped") isUnmet = true;
          for (const note of notes(arch, profile)) io.err(`note: ${note}\n`);
        }
        write(reporter.scenario(results));
      }
    }
    write(reporter.end(tally));
    output.close();
  } catch (error) {
    // The reader has closed the pipe: what ran so far decides.
    if (error instanceof ClosedPipe) return statusOf(tally);
    throw error;
  }
  const ran = tally.passed + tally.failed + tally.error;
  if (ran === 0 && tally.skipped > 0 && tally.broken === 0) {
    if (isUnmet) {
      io.err("dregs run: every scenario was skipped\n");
      return STATUS.skipped;
    }
    io.err(
      explored > 0
        ? "dregs run: an `explore` block is searched, not run: use `dregs explore FILE`\n"
        : `dregs run: no scenario is for the architecture of ${
          args.values("kernel").map((name) => `\`--kernel ${name}\``).join(", ")
        }\n`,
    );
    return STATUS.error;
  }
  if (ran + tally.skipped + tally.broken === 0) {
    // Without a filter, a text has a scenario or is broken.
    io.err(`dregs run: no scenario has \`${filter}\` in its name\n`);
    return STATUS.error;
  }
  return statusOf(tally);
}

/** Files first, then scripts. */
function* allTexts(
  operands: readonly string[],
  given: readonly string[],
  io: Io,
): Generator<Text & { readonly isScript?: boolean }> {
  yield* texts(operands, io);
  for (const source of scripts(given)) {
    yield { kind: "text", source, isScript: true };
  }
}

/** The command. */
export const command: Command = {
  help: {
    name: "run",
    about: "run scenarios and check what they expect",
    usage: "FILE|FOLDER…|- [OPTION…]",
    notes: [
      "Of a folder, every file *.dregs below it runs, by name; - is standard input. builtin: is the catalogue " +
      "of scenarios that comes with the program, and builtin:arm64/renumbering a folder of it. A file " +
      "with errors is not run; the other files are. Exit status: 0 all held; 1 an expectation failed; 2 usage, " +
      "syntax or file error; 4 every scenario was skipped, because of `require` or because none of its expectations " +
      "is for the kernel.",
      KERNELS_NOTE,
    ],
    options: [
      {
        name: "eval",
        short: "e",
        value: "SCRIPT",
        again: true,
        about:
          "run a script; if it neither expects nor shows anything, it ends with show",
      },
      {
        name: "filter",
        value: "NAME",
        about: "only scenarios whose name contains NAME",
      },
      {
        name: "kernel",
        value: "KERNEL",
        again: true,
        about:
          "run under this kernel instead of the scenario's own; several are a matrix, scenario by kernel",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: FORMATS,
        about: `${FORMATS.join(", ")}; docs/json.md describes json`,
      },
      { name: "list", about: "name the files that would run, and run none" },
      { name: "trace", about: "print the events of each statement" },
      LIMIT_OPTION,
      {
        name: "output",
        short: "o",
        value: "FILE",
        isOutput: true,
        about: "write there, not to standard output",
      },
    ],
    examples: [
      {
        command:
          "dregs run -e 'set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run'",
        about: "a script",
      },
      {
        command: "dregs run --list builtin:x86",
        about: "what the catalogue has for x86",
      },
      {
        command: "dregs run builtin:arm64/renumbering/patch_example",
        about:
          "a scenario of the catalogue; a file of your own is run by its path",
      },
      {
        command: "dregs run --filter watchpoint builtin:arm64/renumbering",
        about: "some scenarios of a folder",
      },
      {
        command:
          "dregs run --trace scenarios/arm64/renumbering/patch_example.dregs",
        about: "every event, with its rule",
      },
      {
        command:
          "dregs run --kernel lts --kernel 'linux-4.4 with root-cause-fix' builtin:x86/missed_breakpoint/by_luck",
        about: "which releases have the bug, and would the fix alone do?",
      },
      {
        command:
          "dregs run --kernel watanabe-v7 --format tap scenarios/arm64/renumbering",
        about: "for a test harness",
      },
    ],
  },
  access: "read",
  run,
};
