/**
 * `dregs bisect`: which changes of KVM make the difference.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import { oneOf, takeApart, wholeNumber } from "./arguments.ts";
import type { Across } from "./bisect/across.ts";
import type { Question } from "./bisect/question.ts";
import type { Named, Report } from "./bisect/report.ts";
import { withBuiltin } from "./builtin.ts";
import { errorTheme, pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import {
  exploreOptions,
  OPTIONS as SEARCH_OPTIONS,
} from "./explore/options.ts";
import type { Io } from "./io.ts";
import { type AskedKernel, askedKernel, noteTaker } from "./kernels.ts";
import { LIMIT_OPTION, limitOf } from "./limit.ts";
import { texts } from "./texts.ts";

/** Formats of the output. */
const FORMATS = ["text", "json"] as const;

/** Clears a terminal's last line. */
const CLEAR = "\r\x1b[K";

/** The kernels that the user names. */
interface Kernels {
  readonly good: AskedKernel | undefined;
  readonly bad: AskedKernel | undefined;
}

async function kernelsOf(args: Arguments): Promise<Kernels> {
  const [good, bad] = await Promise.all(["good", "bad"].map((word) => {
    const text = args.value(word);
    return text === undefined ? undefined : askedKernel(text, word);
  }));
  const vendors = new Set([good, bad].flatMap((one) => one?.vendor ?? []));
  if (vendors.size > 1) {
    throw new UsageError(
      `the kernels are of one vendor, not ${[...vendors].join(" and ")}`,
    );
  }
  return { good, bad };
}

/** What the kernels are for a question; why it cannot be asked of them. */
async function namedFor(
  { name, arch }: Question,
  { good, bad }: Kernels,
): Promise<Named | string> {
  const { kernelWithVendor } = await import("../engine/mod.ts");
  for (const asked of [good, bad]) {
    if (asked === undefined) continue;
    const { profile, vendor } = asked;
    const text = kernelWithVendor(profile, vendor);
    if (!asked.arches.includes(arch.name)) {
      return `${name} is for ${arch.name}; ${text} is a kernel of another architecture`;
    }
    const answer = arch.kernel(profile);
    if (!answer.ok || answer.info.rows === undefined) {
      return `${text} is not made of changes: name a release from 4.4 on`;
    }
  }
  return {
    good: good?.profile,
    bad: bad?.profile,
    vendor: good?.vendor ?? bad?.vendor,
  };
}

/** The scenarios and blocks of all operands; what cannot be read is reported. */
async function* questionsOf(
  args: Arguments,
  { good, bad }: Kernels,
  limit: number,
  io: Io,
): AsyncGenerator<Question | "problem"> {
  const { loadText } = await import("./loading.ts");
  const { renderDiagnostics } = await import("../dsl/render.ts");
  const { explorations } = await import("../dsl/explore/exploration.ts");
  const { exploreQuestion, scenarioQuestions } = await import(
    "./bisect/question.ts"
  );
  const theme = await errorTheme(io);
  const filter = args.value("filter");
  const named = [good, bad].filter((kernel) => kernel !== undefined);
  const skipped = (name: string, reason: string): void =>
    io.err(`dregs bisect: ${name} is skipped: ${reason}\n`);
  const options = { ...exploreOptions(takeApart([], SEARCH_OPTIONS)), limit };
  for (const text of texts(args.operands, io)) {
    if (text.kind === "problem") {
      io.err(`dregs: ${text.problem.message}\n`);
      yield "problem";
      continue;
    }
    const loaded = loadText(text.source, limit, io);
    if (!loaded.ok) {
      io.err(renderDiagnostics(loaded.diagnostics, theme));
      yield "problem";
      continue;
    }
    yield* scenarioQuestions(loaded.file, filter, limit, named, skipped);
    for (const exploration of explorations(loaded.file)) {
      if (filter !== undefined && !exploration.name.includes(filter)) continue;
      const question = await exploreQuestion(
        exploration,
        options,
        io,
        named,
        skipped,
      );
      if ("ask" in question) {
        yield question;
        continue;
      }
      if (question.length === 0) continue;
      io.err(renderDiagnostics(question, theme));
      yield "problem";
    }
  }
}

async function run(args: Arguments, world: Io): Promise<number> {
  if (args.operands.length === 0) {
    throw new UsageError(
      "nothing to bisect",
      "name a file or a folder, or write `-` for standard input",
    );
  }
  const io = await withBuiltin(world, args.operands);
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const limit = limitOf(args);
  const tries = args.value("tries");
  const triesMax = tries === undefined
    ? undefined
    : wholeNumber("tries", tries);
  const kernels = await kernelsOf(args);
  const page = await pageFor(io);
  const { reportOn } = await import("./bisect/report.ts");
  const { across } = await import("./bisect/across.ts");
  const { acrossText, reportText } = await import("./bisect/text.ts");
  const { bisectDocument } = await import("./bisect/document.ts");
  const { Stopped } = await import("./bisect/question.ts");
  const notes = await noteTaker();
  const telling = (name: string) => (kernel: string, tried: number): void => {
    if (!io.errIsTerminal) return;
    const text = `${name} · ${counted(tried, "kernel")} tried · ${kernel}`;
    io.err(`${CLEAR}${text.slice(0, io.columns - 1)}`);
  };
  const reports: Report[] = [];
  let compared: readonly Across[] = [];
  let isBad = false;
  try {
    for await (const question of questionsOf(args, kernels, limit, io)) {
      if (question === "problem") {
        isBad = true;
        continue;
      }
      const { name, arch } = question;
      const named = await namedFor(question, kernels);
      if (typeof named === "string") {
        io.err(`dregs bisect: ${named}\n`);
        isBad = true;
        continue;
      }
      const report = await reportOn(question, named, telling(name), triesMax);
      if (io.errIsTerminal) io.err(CLEAR);
      reports.push(report);
      for (const { good, bad } of report.bisections) {
        for (const { kernel } of [good, bad]) {
          for (const note of notes(arch.name, kernel.name)) {
            io.err(`note: ${note}\n`);
          }
        }
      }
      if (format === "text") {
        const gap = reports.length > 1 ? "\n" : "";
        io.out(`${gap}${reportText(report, page)}`);
      }
    }
    const { toldApart } = await import("./bisect/told_apart.ts");
    const own = await across(reports);
    const known = new Set(own.map(({ set }) => set));
    const tell = telling("the catalogue");
    compared = [
      ...own,
      ...await toldApart(reports, known, limit, io, tell),
    ];
    if (io.errIsTerminal) io.err(CLEAR);
    if (format === "text") io.out(acrossText(compared, page));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    io.err("dregs bisect: stopped\n");
    isBad = true;
  }
  if (format === "json") io.out(`${bisectDocument(reports, compared)}\n`);
  const report = args.value("report");
  if (report !== undefined && reports.length > 0) {
    const { bisectPage } = await import("./bisect/page.ts");
    const { titleOf } = await import("./report_text.ts");
    const title = titleOf(args.operands);
    io.writeFile(report, await bisectPage(reports, { title, limit }, io));
  }
  if (isBad) return STATUS.error;
  if (reports.length === 0) {
    const filter = args.value("filter");
    io.err(
      `dregs bisect: no scenario${
        filter === undefined ? "" : ` has \`${filter}\` in its name`
      }\n`,
    );
    return STATUS.error;
  }
  const isAnswered = reports.every(({ bisections }) =>
    bisections.length > 0 && bisections.every(({ sets }) => sets.length > 0)
  );
  return isAnswered ? STATUS.ok : STATUS.failed;
}

/** The command. */
export const command: Command = {
  help: {
    name: "bisect",
    about: "which changes of KVM make the difference between two kernels",
    usage: "FILE|FOLDER…|- [OPTION…]",
    notes: [
      "For each scenario and each explore block: which changes fix the bad kernel, where the good one holds. Changes " +
      "that the bad kernel does not have are applied to it, those that the good one does not have are reverted. " +
      "All sets of changes of which no part is enough are printed, each with its commits, its releases, and the " +
      "counter-check: the good kernel without them. What a set needs of other changes belongs to it. If several sets " +
      "fix it, blocks of the catalogue about the same rules are searched with each, and those that only some of the " +
      "sets fix tell them apart.",
      "The expectations are those of the good kernel, whichever kernel runs: kernels after on are compared with it. Changes after require kernel are asked of the kernel " +
      "that runs. " +
      "If no kernel is named, they are those of the scenario's own kernel, and the kernels are the neighbours in mainline " +
      "between which the verdict changes, newest first, or an author's kernel and its release. If one is " +
      "named, the other is the nearest that differs.",
      "Exit status: 0 all have an answer; 1 the verdict is the same under both kernels, or no set was found; 2 usage, " +
      "syntax or file error, a kernel that the scenario cannot run under, or the search was stopped.",
    ],
    options: [
      {
        name: "good",
        value: "KERNEL",
        about: "a kernel that holds, as --kernel of dregs run takes one",
      },
      { name: "bad", value: "KERNEL", about: "a kernel that fails" },
      {
        name: "filter",
        value: "NAME",
        about: "only scenarios whose name contains NAME",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: FORMATS,
        about: "text, json; docs/json.md describes json",
      },
      {
        name: "tries",
        value: "N",
        about:
          "most sets of changes to try for two kernels; 1000 for a scenario and 100 for an explore block if not given",
      },
      {
        name: "report",
        value: "FILE",
        isOutput: true,
        about:
          "write a page of the scenarios under the bad kernel, the good one, and the bad one with the changes",
      },
      LIMIT_OPTION,
    ],
    examples: [
      {
        command: "dregs bisect builtin:explore/missed_breakpoint",
        about: "which commit fixed the breakpoint that is missed?",
      },
      {
        command:
          "dregs bisect --good 4.9 --bad 4.4 builtin:x86/missed_breakpoint/host_breakpoint",
        about: "and if the host has a breakpoint too?",
      },
      {
        command:
          "dregs bisect --good 6.1 --bad 5.4.280 builtin:x86/history/gd_exit_dr6",
        about: "which commits does a backport need?",
      },
    ],
  },
  access: "read",
  run,
};
