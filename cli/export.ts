/**
 * `dregs export`: scenarios as programs for a real KVM.
 *
 * @module
 */
import { withBuiltin } from "./builtin.ts";
import { errorTheme } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import type { Io } from "./io.ts";
import { askedKernel, KERNEL_NOTE } from "./kernels.ts";
import { LIMIT_OPTION, limitOf } from "./limit.ts";
import { isFile } from "./outputs.ts";
import { recorderTexts } from "./recorder_texts.ts";
import { texts } from "./texts.ts";

async function run(args: Arguments, world: Io): Promise<number> {
  const io = await withBuiltin(world, args.operands);
  if (args.operands.length === 0) {
    throw new UsageError("nothing to export", "name a scenario file");
  }
  const output = args.value("output");
  const asOps = args.has("ops");
  if (!asOps && output === undefined) {
    throw new UsageError(
      "name what to write",
      "`-o FILE.c` writes a C program, `--ops` the case as JSON lines",
    );
  }
  const limit = limitOf(args);
  const value = args.value("kernel");
  const kernel = value === undefined ? undefined : await askedKernel(value);
  const filter = args.value("filter");
  const { loadText } = await import("./loading.ts");
  const { caseText, exportFile, leftText, whyNothing } = await import(
    "../export/mod.ts"
  );
  const made = [];
  let isPartial = false;
  let found = 0;
  const tellNot = (name: string, why: string): void => {
    io.err(`dregs export: ${name}: not exported: ${why}\n`);
  };
  for (const text of texts(args.operands, io)) {
    if (text.kind === "problem") throw text.problem;
    const loaded = loadText(text.source, limit, io);
    if (!loaded.ok) {
      const { renderDiagnostics } = await import("../dsl/render.ts");
      io.err(renderDiagnostics(loaded.diagnostics, await errorTheme(io)));
      return STATUS.error;
    }
    const { cases, notRun } = exportFile(loaded.file, {
      profile: kernel?.profile,
      vendor: kernel?.vendor,
      filter,
      limit,
    });
    found += cases.length + notRun.length;
    for (const { name, why, isSkipped } of notRun) {
      tellNot(name, why);
      if (!isSkipped) isPartial = true;
    }
    for (const one of cases) {
      const why = whyNothing(one, !asOps);
      if (why === undefined) made.push(one);
      else {
        tellNot(one.name, why);
        isPartial = true;
      }
    }
  }
  // Without a filter each text has at least one.
  if (found === 0) {
    throw new UsageError(
      `there is no scenario whose name contains \`${filter}\``,
    );
  }
  if (made.length === 0) return STATUS.error;
  if (asOps) {
    const all = made.map(caseText).join("");
    if (isFile(output)) io.writeFile(output, all);
    else io.out(all);
  } else {
    if (made.length > 1) {
      const names = made.map(({ name }) => `\`${name}\``).join(", ");
      throw new UsageError(
        `a C program has one scenario, and there are ${made.length}`,
        `choose one with \`--filter\`: ${names}`,
      );
    }
    const { cProgram } = await import("../export/c_program.ts");
    const program = cProgram(made[0], await recorderTexts(io));
    if (isFile(output)) io.writeFile(output, program);
    else io.out(program);
  }
  const status = isPartial ? STATUS.failed : STATUS.ok;
  // What goes to standard output says it itself.
  if (!isFile(output)) return status;
  for (const { name, checks, left } of made) {
    io.err(
      `dregs export: ${output}: ${name}: ${checks.length} ${
        checks.length === 1 ? "check" : "checks"
      }${leftText(left)}\n`,
    );
  }
  return status;
}

/** The command. */
export const command: Command = {
  help: {
    name: "export",
    about: "write scenarios as programs for a real KVM",
    usage: "FILE|FOLDER…|- [OPTION…]",
    notes: [
      "-o FILE.c writes one C file, which needs libc alone: it performs the scenario on /dev/kvm and prints KTAP " +
      "lines with the scenario's line numbers, exit status as kselftest has it. Its first lines say what it tests, on " +
      "which kernels it is expected to fail, and which expectations could not be expressed: nothing outside KVM " +
      "sees the views hw, cpu and kvm.",
      "--ops writes the case as JSON lines, which the recorder of recorder/ performs. `dregs conform` replays what " +
      "it prints. docs/recordings.md describes the format.",
      "A scenario that a case cannot express is not exported, nor as C one of which no expectation can be checked. " +
      "Standard error says why. Exit status: 0 all were exported; 1 some were; 2 none.",
      KERNEL_NOTE,
    ],
    options: [
      {
        name: "output",
        short: "o",
        value: "FILE",
        isOutput: true,
        about: "the file to write; - is standard output",
      },
      { name: "ops", about: "the case as JSON lines instead of C" },
      {
        name: "kernel",
        value: "KERNEL",
        about: "expect what this kernel does instead of the scenario's own",
      },
      {
        name: "filter",
        value: "TEXT",
        about: "only scenarios whose name contains TEXT",
      },
      LIMIT_OPTION,
    ],
    examples: [
      {
        command: "dregs export --ops builtin:x86/guest_debug/inject_twice",
        about: "the case, for the recorder",
      },
      {
        command: "dregs export -o - builtin:x86/guest_debug/inject_twice",
        about: "a C program",
      },
    ],
  },
  access: "read",
  run,
};
