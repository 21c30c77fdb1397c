/**
 * `dregs check`: diagnostics without running.
 *
 * @module
 */
import { counted } from "../dsl/counted.ts";
import { withBuiltin } from "./builtin.ts";
import { errorTheme } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import type { Io } from "./io.ts";
import { LIMIT_OPTION, limitOf } from "./limit.ts";
import { texts } from "./texts.ts";

async function run(args: Arguments, world: Io): Promise<number> {
  const io = await withBuiltin(world, args.operands);
  if (args.operands.length === 0) {
    throw new UsageError(
      "nothing to check",
      "name a file or a folder, or write `-` for standard input",
    );
  }
  const limit = limitOf(args);
  const { loadText } = await import("./loading.ts");
  const { renderDiagnostics } = await import("../dsl/render.ts");
  const theme = await errorTheme(io);
  let files = 0;
  let bad = 0;
  let missing = 0;
  for (const text of texts(args.operands, io)) {
    if (text.kind === "problem") {
      missing++;
      io.err(`dregs: ${text.problem.message}\n`);
      continue;
    }
    const { ok, diagnostics } = loadText(text.source, limit, io);
    files++;
    if (ok) continue;
    bad++;
    io.err(renderDiagnostics(diagnostics, theme));
  }
  const found = bad === 0 ? "no mistakes" : `${bad} with mistakes`;
  const checked = files === 0
    ? "nothing was checked"
    : `${counted(files, "file")}, ${found}`;
  const left = files > 0 && missing > 0
    ? `; ${counted(missing, "path")} not checked`
    : "";
  io.out(`${checked}${left}\n`);
  return bad + missing === 0 ? STATUS.ok : STATUS.error;
}

/** The command. */
export const command: Command = {
  help: {
    name: "check",
    about: "find mistakes in scenarios without running them",
    usage: "FILE|FOLDER…|- [OPTION…]",
    notes: [
      "Each mistake is reported with its place, the line, what was expected and the nearest valid word. One " +
      "mistake never hides the next, in the same file or another. - is standard input; of a folder, every " +
      "file *.dregs below it is checked. Exit status: 0 no mistakes; 2 a file has a mistake or could not be read, or " +
      "the usage is wrong.",
    ],
    options: [LIMIT_OPTION],
    examples: [
      {
        command: "dregs check builtin:arm64/renumbering",
        about: "all files of a folder",
      },
      {
        command: "echo 'guest write dbgbcr0 lbn=2' | dregs check -",
        about: "standard input",
      },
    ],
  },
  access: "read",
  run,
};
