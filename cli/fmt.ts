/**
 * `dregs fmt`: the canonical form.
 *
 * @module
 */
import { withBuiltin } from "./builtin.ts";
import { errorTheme } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { FileProblem, type Io } from "./io.ts";
import { STDIN, texts } from "./texts.ts";

/** Whether the texts go to standard output, as that of standard input does. */
function printsOnly(args: Arguments): boolean {
  return args.has("stdout") || args.operands.includes(STDIN);
}

async function run(args: Arguments, world: Io): Promise<number> {
  const io = await withBuiltin(world, args.operands);
  const { operands } = args;
  if (operands.length === 0) {
    throw new UsageError(
      "nothing to format",
      "name a file or a folder, or write `-` for standard input",
    );
  }
  if (operands.includes(STDIN) && operands.length > 1) {
    throw new UsageError(
      "`-` must be the only file: its text goes to standard output",
    );
  }
  const checkOnly = args.has("check");
  if (checkOnly && args.has("stdout")) {
    throw new UsageError(
      "use either `--check`, which lists files, or `--stdout`, which prints them",
    );
  }
  const toStdout = printsOnly(args);
  const { format } = await import("../dsl/print/format.ts");
  const { renderDiagnostics } = await import("../dsl/render.ts");
  const theme = await errorTheme(io);
  let status: number = STATUS.ok;
  for (const text of texts(operands, io)) {
    if (text.kind === "problem") {
      status = STATUS.error;
      io.err(`dregs: ${text.problem.message}\n`);
      continue;
    }
    const { source } = text;
    const formatted = format(source);
    if (!formatted.ok) {
      status = STATUS.error;
      io.err(renderDiagnostics(formatted.diagnostics, theme));
      continue;
    }
    const isSame = formatted.text === source.text;
    if (checkOnly) {
      if (isSame) continue;
      io.out(`${source.name}\n`);
      if (status === STATUS.ok) status = STATUS.failed;
    } else if (toStdout) {
      io.out(formatted.text);
    } else if (!isSame) {
      try {
        io.writeFile(source.name, formatted.text, { inPlace: true });
      } catch (problem) {
        if (!(problem instanceof FileProblem)) throw problem;
        status = STATUS.error;
        io.err(`dregs: ${problem.message}\n`);
        continue;
      }
      io.out(`${source.name}\n`);
    }
  }
  return status;
}

/** The command. */
export const command: Command = {
  help: {
    name: "fmt",
    about: "write scenarios in the canonical form",
    usage: "FILE|FOLDER…|- [OPTION…]",
    notes: [
      "Files are changed in place and those that changed are listed. - reads standard input and writes " +
      "standard output. A file with a line that does not parse stays as it is; what the lines mean, such as a name " +
      "that is defined twice, is for dregs check.",
    ],
    options: [{
      name: "check",
      about:
        "change nothing; list the files that are not in the canonical form, exit status 1 if there is one",
    }, {
      name: "stdout",
      about:
        "change nothing; print the texts, also those of builtin:, the catalogue that comes with the program",
    }],
    examples: [
      {
        command: "dregs fmt scenarios/arm64/renumbering/patch_example.dregs",
        about: "a file, in place",
      },
      {
        command:
          "dregs fmt --check scenarios/arm64/renumbering/patch_example.dregs",
        about: "only look",
      },
      {
        command: "dregs fmt --stdout builtin:x86/missed_breakpoint/by_luck",
        about: "a scenario of the catalogue, to begin with",
      },
      {
        command: "echo 'set brps=4 ctx=2;run' | dregs fmt -",
        about: "standard input to standard output",
      },
    ],
  },
  access: (args) => args.has("check") || printsOnly(args) ? "read" : "write",
  run,
};
