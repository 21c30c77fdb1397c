/**
 * `dregs lsp`: the language server, over standard input and output.
 *
 * @module
 */
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { FileProblem, type Io } from "./io.ts";
import { askedKernels, kernelNames } from "./kernels.ts";
import { versionText } from "./version.ts";

/** Paths beside a file that begin with a text; a folder ends in `/`. */
function pathsBeside(io: Io, file: string, prefix: string): string[] {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const inside = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const base = inside.startsWith("/") ? inside : folder + inside;
  try {
    return (io.list(base || ".") ?? []).filter(({ name, isFolder }) =>
      (isFolder || name.endsWith(".dregs")) &&
      (inside + name).startsWith(prefix)
    ).map(({ name, isFolder }) => `${inside}${name}${isFolder ? "/" : ""}`)
      .sort();
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    return [];
  }
}

async function run({ operands }: Arguments, io: Io): Promise<number> {
  if (operands.length > 0) {
    throw new UsageError(`unexpected argument \`${operands[0]}\``);
  }
  const { serve } = await import("../lsp/server.ts");
  const { connect } = await import("../lsp/connect.ts");
  const streams = await io.streams();
  const { connection, ended } = connect(streams);
  const close = serve(connection, {
    version: versionText(),
    read(path) {
      try {
        return io.readFile(path);
      } catch (error) {
        if (!(error instanceof FileProblem)) throw error;
        return undefined;
      }
    },
    files: (file, prefix) => pathsBeside(io, file, prefix),
    kernels: (words) => askedKernels([words]),
    kernelWords: kernelNames,
  });
  const wasAsked = await ended;
  close();
  streams.close();
  return wasAsked ? STATUS.ok : STATUS.failed;
}

/** The command. */
export const command: Command = {
  help: {
    name: "lsp",
    about: "the language server, for editors",
    usage: "",
    notes: [
      "It speaks the Language Server Protocol over standard input and output. An editor starts it; docs/editors.md " +
      "shows how for VS Code, Neovim, Vim, Helix and Emacs. It reads files that texts include, writes no file and " +
      "opens no connection.",
    ],
    options: [{ name: "stdio", about: "what it does anyway; editors pass it" }],
    examples: [{
      command: "dregs lsp",
      about: "as an editor starts it; it ends with its input",
    }],
  },
  access: "read",
  run,
};
