/**
 * The program in one process, on files in memory: what its answer to any input must be like.
 *
 * @module
 */
import { STATUS } from "../../cli/command.ts";
import { main } from "../../cli/main.ts";
import { MemoryIo } from "../../cli/memory_io.ts";
import { OWN_FAULT } from "../../repl/repl.ts";

/** Exit statuses that docs and help know. */
const STATUSES: readonly number[] = Object.values(STATUS);

/** What no answer shows: a stack trace, a value of JavaScript's that was meant to be something else. */
const FAULTS = new RegExp(
  /^\s+at .*(file:|\.[jt]s:)|\b(Type|Reference|Syntax|Internal)Error\b|Cannot (read|set|destructure|convert)|is not (a function|iterable)|\[object \w+\]|\bNaN\b/m
    .source + `|${OWN_FAULT}`,
  "m",
);

/** Most characters that an answer to one input may have. */
const OUTPUT_MAX = 50_000_000;

/** Fails where a text that the program printed shows a fault of the program. */
export function checkOutput(text: string, given: string): void {
  if (text.length > OUTPUT_MAX) {
    throw new Error(`an output of ${text.length} characters`);
  }
  const [fault] = FAULTS.exec(text) ?? [];
  // What the input has, an answer may repeat.
  if (fault !== undefined && !given.includes(fault)) {
    throw new Error(`the output has ${JSON.stringify(fault)}:\n${text}`);
  }
}

/**
 * Runs a command on files in memory.
 *
 * @param written paths that the command was asked to write
 * @throws {Error} it threw, ended with an unknown status, wrote a file that was not named, or shows a fault
 */
export async function runCommand(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  written: readonly string[] = [],
): Promise<void> {
  const io = new MemoryIo({ files });
  const status = await main(args, io);
  if (!STATUSES.includes(status)) throw new Error(`exit status ${status}`);
  for (const [path, text] of io.files) {
    const isChanged = files[path] !== text;
    if (isChanged && !written.includes(path)) {
      throw new Error(`${path} was written`);
    }
  }
  const given = Object.values(files).join("\n");
  checkOutput(io.stdout, given);
  checkOutput(io.stderr, given);
  if (status === 2 && io.stderr === "" && io.stdout === "") {
    throw new Error("exit status 2 without a word");
  }
}
