/**
 * The files that a call writes, as its options name them.
 *
 * @module
 */
import { type Arguments, type Option, UsageError } from "./command.ts";
import type { GuardedIo } from "./guarded_io.ts";
import { limitOf } from "./limit.ts";

/** Names of standard output; deno does not open a device by name. */
const STDOUT_NAMES = ["-", "/dev/stdout", "/dev/fd/1"];

/** Whether an output is a file, not standard output. */
export function isFile(path: string | undefined): path is string {
  return path !== undefined && !STDOUT_NAMES.includes(path);
}

/** A file to write. */
export interface Output {
  /** The option that names it, without the hyphens. */
  readonly option: string;
  readonly path: string;
}

/** The files that a call writes. */
export function outputsOf(
  args: Arguments,
  options: readonly Option[],
): readonly Output[] {
  return options.filter(({ isOutput }) => isOutput).flatMap(({ name }) =>
    args.values(name).filter(isFile).map((path) => ({
      option: name,
      path,
    }))
  );
}

/**
 * Checks, before a command does anything, that its outputs can be written, and are neither a file that it reads nor
 * each other.
 *
 * All texts are read for it, since what they include counts too. Where no output exists yet there is nothing to lose.
 *
 * @throws {UsageError} two of them are the same file
 * @throws {FileProblem} one of them is a file that is read, or cannot be written
 */
export async function checkOutputs(
  outputs: readonly Output[],
  args: Arguments,
  options: readonly Option[],
  io: GuardedIo,
): Promise<void> {
  const names = new Map<string, Output>();
  for (const output of outputs) {
    const { option, path } = output;
    const id = io.fileId(path) ?? path.replace(/^(?:\.\/+)+/, "");
    const other = names.get(id);
    if (other) {
      throw new UsageError(
        `\`--${other.option} ${other.path}\` and \`--${option} ${path}\` are the same file`,
      );
    }
    names.set(id, output);
  }
  for (const { path } of outputs) io.checkWritable(path);
  if (outputs.every(({ path }) => io.fileId(path) === undefined)) return;
  const { withBuiltin } = await import("./builtin.ts");
  const { readWithIncluded } = await import("./loading.ts");
  const { scripts, STDIN, texts } = await import("./texts.ts");
  const { operands } = args;
  if (operands.includes(STDIN)) await io.guardStdin();
  const world = await withBuiltin(io, operands);
  const given = options.some(({ name }) => name === "eval")
    ? scripts(args.values("eval"))
    : [];
  const sources = [
    // What cannot be read is reported by the command.
    ...texts(operands, world).flatMap((text) =>
      text.kind === "text" ? [text.source] : []
    ),
    ...given,
  ];
  for (const source of sources) {
    readWithIncluded(source, limitOf(args), world);
  }
  for (const { path } of outputs) io.refuseRead(path);
}
