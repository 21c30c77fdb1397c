/**
 * `dregs repl`: the interactive view.
 *
 * @module
 */
import { withBuiltin } from "./builtin.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { pageFor } from "./colour.ts";
import { COLUMNS_DEFAULT, FileProblem, type Io } from "./io.ts";
import { fileHistory, historyPath } from "../repl/history.ts";
import type { Repl } from "../repl/repl.ts";
import type { Files, World } from "../repl/world.ts";
import { type AskedKernel, KERNELS_NOTE } from "./kernels.ts";
import { VERSION } from "./version.ts";

/** Paths that begin with a text; a folder ends in `/`. */
function completions(prefix: string, io: Io): string[] {
  const slash = prefix.lastIndexOf("/") + 1;
  const folder = prefix.slice(0, slash);
  try {
    return (io.list(folder === "" ? "." : folder) ?? []).filter((
      { name, isFolder },
    ) => isFolder || name.endsWith(".dregs")).map(({ name, isFolder }) =>
      `${folder}${name}${isFolder ? "/" : ""}`
    ).filter((path) => path.startsWith(prefix)).sort();
  } catch (problem) {
    if (problem instanceof FileProblem) return [];
    throw problem;
  }
}

function filesOf(io: Io): Files {
  const read = (path: string): string | undefined => {
    try {
      return io.readFile(path);
    } catch (problem) {
      if (problem instanceof FileProblem) return undefined;
      throw problem;
    }
  };
  return {
    read,
    exists(path) {
      try {
        io.list(path);
        return true;
      } catch {
        return false;
      }
    },
    // `save` itself asks before it replaces a file, the session's own too.
    write: (path, text) => io.writeFile(path, text, { inPlace: true }),
    completions: (prefix) => completions(prefix, io),
  };
}

/** @throws {FileProblem} */
function fileText(path: string, io: Io): string {
  if (path === "") throw new FileProblem(path, "the path is empty");
  return io.readFile(path);
}

/** A kernel as the statements that choose it. */
async function kernelStatements(
  { profile, vendor, arches: [arch] }: AskedKernel,
): Promise<string> {
  const { kernelWithVendor } = await import("../engine/mod.ts");
  return `arch ${arch}\nkernel ${kernelWithVendor(profile, vendor)}`;
}

/**
 * The kernels that are asked for, the one to begin with first.
 *
 * @param text of the file, whose architecture decides
 */
async function kernelsFor(
  values: readonly string[],
  path: string | undefined,
  text: string | undefined,
  io: Io,
): Promise<readonly AskedKernel[]> {
  if (values.length === 0) return [];
  const { askedKernels } = await import("./kernels.ts");
  const asked = (await askedKernels(values, {
    tell: (line) => io.err(`note: ${line}\n`),
  })).flatMap((one) => one ?? []);
  if (asked.length === 1 || path === undefined) return asked;
  const { loadText } = await import("./loading.ts");
  const { LIMIT_DEFAULT } = await import("../dsl/limits.ts");
  const { archOf } = await import("../dsl/run/scenario.ts");
  const loaded = loadText({ name: path, text: text! }, LIMIT_DEFAULT, io);
  // What is wrong with it is said when it is opened.
  if (!loaded.ok) return asked;
  const arch = archOf(loaded.file.lines);
  const own = asked.filter(({ arches }) => arches.includes(arch));
  if (own.length > 0) return own;
  throw new UsageError(
    `${path} is for ${arch}; there is no kernel of it among those of \`--kernel\``,
  );
}

/** Says that there are others, and how to see them. */
async function comparedText(
  [first, ...others]: readonly AskedKernel[],
): Promise<string> {
  if (others.length === 0) return "";
  const { kernelWithVendor } = await import("../engine/mod.ts");
  const { fill } = await import("../dsl/render/value.ts");
  const [own, ...names] = [first, ...others].map(({ profile, vendor }) =>
    kernelWithVendor(profile, vendor)
  );
  return fill(
    `${own}; \`diff\` compares with ${names.join(", ")}`,
    COLUMNS_DEFAULT,
    2,
  )
    .map((line) => `${line}\n`).join("");
}

async function run(args: Arguments, world: Io): Promise<number> {
  const [path, ...more] = args.operands;
  if (more.length > 0) throw new UsageError("`dregs repl` takes one file");
  if (path === undefined && args.value("filter") !== undefined) {
    throw new UsageError("`--filter` needs a file");
  }
  const io = await withBuiltin(world, args.operands);
  // Read once, as it may be a pipe; what is wrong with it is said as any command says it.
  const given = path === undefined ? undefined : fileText(path, io);
  const onTerminal = io.isTerminal && io.isInputTerminal;
  const { theme } = await pageFor(io);
  const worldOf = (
    { columns, rows }: {
      readonly columns: () => number;
      readonly rows: () => number | undefined;
    },
  ): World => ({
    files: filesOf(io),
    history: fileHistory(
      onTerminal ? historyPath((name) => io.env(name)) : undefined,
    ),
    page: () => ({ theme, columns: columns() }),
    rows,
  });
  const kernels = await kernelsFor(args.values("kernel"), path, given, io);
  const [kernel, ...compared] = kernels;
  const others = await comparedText(kernels);
  const begin = async (where: World): Promise<Repl> => {
    const { Repl } = await import("../repl/repl.ts");
    // A file's own kernel gives way; without a file the kernel is the first that is said.
    const instead = path === undefined ? undefined : kernel;
    const repl = new Repl(where, {
      echoes: onTerminal,
      kernel: instead,
      compared,
    });
    if (kernel !== undefined && path === undefined) {
      repl.submit(await kernelStatements(kernel));
    }
    return repl;
  };
  const terminal = onTerminal ? await io.terminal() : undefined;
  const where = worldOf(
    terminal ?? { columns: () => io.columns, rows: () => undefined },
  );
  const { history } = where;
  if (path === undefined && terminal) {
    const { runTerminal } = await import("../repl/terminal.ts");
    const greeting =
      `dregs ${VERSION}: \`help\` lists what there is, Tab completes, Ctrl-D ends\n${others}`
        .trimEnd();
    await runTerminal({
      ...terminal,
      isDumb: io.env("TERM") === "dumb",
      history,
      repl: begin(where),
      greeting,
    });
    return STATUS.ok;
  }
  io.out(others);
  const repl = await begin(where);
  if (path !== undefined) {
    const { lines, ends } = repl.open(path, given!, args.value("filter"));
    io.out(lines.map((line) => `${line}\n`).join(""));
    if (ends) return STATUS.error;
  }
  if (terminal) {
    const { runTerminal } = await import("../repl/terminal.ts");
    const greeting = "`help` lists what there is, Tab completes, Ctrl-D ends";
    await runTerminal({
      ...terminal,
      isDumb: io.env("TERM") === "dumb",
      history,
      repl: Promise.resolve(repl),
      greeting,
    });
    return STATUS.ok;
  }
  const { runLines } = await import("../repl/plain.ts");
  await runLines(repl, io.lines(), (text) => io.out(text));
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "repl",
    about: "the interactive view: every register side by side, as you type",
    usage: "[FILE] [OPTION…]",
    notes: [
      "The language is that of the scenarios; help, typed there, lists the rest. With a file: it runs, and the " +
      "session goes on from its end, or from that of its first scenario. Lines typed on a terminal are kept in " +
      "$XDG_STATE_HOME/dregs/history for the next session; history off keeps them from it. Without a terminal, " +
      "lines come from standard input. dregs alone, on a terminal, is the same.",
      KERNELS_NOTE,
      "With several kernels the session is under the first, and `diff` compares it with the others.",
    ],
    options: [
      {
        name: "kernel",
        value: "KERNEL",
        again: true,
        about:
          "the kernel, in place of the file's own; of several the first, and `diff` compares with the others",
      },
      {
        name: "filter",
        value: "NAME",
        about: "go on from the first scenario whose name contains NAME",
      },
    ],
    examples: [
      {
        command: "echo 'show map' | dregs repl",
        about: "lines from a pipe",
      },
      {
        command: "dregs repl builtin:arm64/renumbering/patch_example",
        about: "a file, and on from there",
      },
      {
        command:
          "dregs repl --kernel linux-5.4.120 builtin:x86/missed_breakpoint/by_luck",
        about: "the same under another kernel",
      },
    ],
  },
  access: "write",
  run,
};
