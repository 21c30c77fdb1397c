/**
 * The texts that a command is given: files, folders of files, standard input, scripts.
 *
 * @module
 */
import type { Source } from "../dsl/source.ts";
import { UsageError } from "./command.ts";
import { FileProblem, type Io } from "./io.ts";

/** A text, or why there is none. */
export type Text =
  | { readonly kind: "text"; readonly source: Source }
  | { readonly kind: "problem"; readonly problem: FileProblem };

/** What the operand for standard input is. */
export const STDIN = "-";

/** The name of standard input as a source. */
export const STDIN_NAME = "<stdin>";

/** Suffix of scenario files. */
export const SCENARIO_SUFFIX = ".dregs";

function join(folder: string, name: string): string {
  return /[\\/:]$/.test(folder) ? folder + name : `${folder}/${name}`;
}

/** Paths of the files below a folder that end so, by name, a folder's in the place that its name has. */
function* filesBelow(
  folder: string,
  suffix: string,
  io: Io,
): Generator<string> {
  const entries = [...io.list(folder) ?? []].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0
  );
  for (const { name, isFolder } of entries) {
    const path = join(folder, name);
    if (isFolder) yield* filesBelow(path, suffix, io);
    else if (name.endsWith(suffix)) yield path;
  }
}

/** Paths that an operand means: itself, or the files below it. */
function* pathsOf(
  operand: string,
  suffix: string,
  io: Io,
): Generator<string> {
  if (operand === "") throw new FileProblem(operand, "the path is empty");
  if (operand === STDIN || io.list(operand) === undefined) {
    yield operand;
    return;
  }
  let found = false;
  for (const path of filesBelow(operand, suffix, io)) {
    found = true;
    yield path;
  }
  if (!found) {
    throw new FileProblem(operand, `there is no ${suffix} file in it`);
  }
}

/** Reads a file or standard input; a byte order mark is not part of the text. */
function readText(path: string, io: Io): Source {
  const isStdin = path === STDIN;
  const text = isStdin ? io.readStdin() : io.readFile(path);
  return {
    name: isStdin ? STDIN_NAME : path,
    text: text.replace(/^\ufeff/, ""),
  };
}

/**
 * The texts of a command, one after the other: a problem with one does not hide the next.
 *
 * @param operands paths of files and folders; `-` is standard input
 * @param suffix of the files that are meant by a folder
 */
export function* texts(
  operands: readonly string[],
  io: Io,
  suffix: string = SCENARIO_SUFFIX,
): Generator<Text> {
  if (operands.filter((operand) => operand === STDIN).length > 1) {
    throw new UsageError(
      "`-` is given twice, but standard input can be read only once",
    );
  }
  for (const operand of operands) {
    try {
      for (const path of pathsOf(operand, suffix, io)) yield read(path, io);
    } catch (problem) {
      if (!(problem instanceof FileProblem)) throw problem;
      yield { kind: "problem", problem };
    }
  }
}

function read(path: string, io: Io): Text {
  try {
    return { kind: "text", source: readText(path, io) };
  } catch (problem) {
    if (!(problem instanceof FileProblem)) throw problem;
    return { kind: "problem", problem };
  }
}

/** Texts of `-e`, numbered if there are several. */
export function scripts(values: readonly string[]): Source[] {
  return values.map((text, index) => ({
    name: values.length === 1 ? "<script>" : `<script ${index + 1}>`,
    text,
  }));
}
