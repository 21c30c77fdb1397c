/**
 * `dregs history`: the changes of KVM that kernels are made of.
 *
 * @module
 */
import type { FoundChange } from "../dsl/history.ts";
import { oneOf } from "./arguments.ts";
import { pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { changeJson } from "./formats/change_json.ts";
import type { Io } from "./io.ts";

/** Formats of the list. */
const FORMATS = ["text", "json"] as const;

/** Changes as JSON, schema `dregs.history/1`. */
function historyJson(found: readonly FoundChange[]): string {
  const changes = found.map(changeJson);
  return JSON.stringify({ schema: "dregs.history/1", changes }, null, 2);
}

async function run(args: Arguments, io: Io): Promise<number> {
  const [word, ...more] = args.operands;
  if (more.length > 0) {
    throw new UsageError(
      `unexpected argument \`${more[0]}\`: one word is searched for`,
    );
  }
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const { architectures } = await import("./architectures.ts");
  const { findChanges } = await import("../dsl/history.ts");
  const answer = findChanges(architectures(), {
    word,
    from: args.value("from"),
    to: args.value("to"),
  });
  if (!answer.ok) throw new UsageError(answer.reason, answer.hint);
  const { found } = answer;
  if (format === "json") {
    io.out(`${historyJson(found)}\n`);
    return STATUS.ok;
  }
  const { renderFound } = await import("../dsl/render/history.ts");
  if (found.length === 0) {
    io.err("dregs history: no change in these releases\n");
  }
  const lines = renderFound(found, word !== undefined, await pageFor(io));
  io.out(lines.map((line) => `${line}\n`).join(""));
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "history",
    about: "the changes of KVM that kernels are made of",
    usage: "[NAME|ID|HASH|WORD] [OPTION…]",
    notes: [
      "A change goes by its name, by a rule that says what it does (F2, x86:D27), by a commit's hash of seven " +
      "digits or more, or by a word in its commits' subjects or in what it changes. A few are shown in full, more in " +
      "short: the mainline release that first has it, its name, the first commit's subject. A scenario applies one " +
      "by kernel KERNEL with NAME, and reverts one by without NAME.",
    ],
    options: [
      {
        name: "from",
        value: "RELEASE",
        about: "only those that came in this mainline release or later",
      },
      {
        name: "to",
        value: "RELEASE",
        about: "only those that came in this mainline release or before",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: FORMATS,
        about: "text, json; docs/json.md describes json",
      },
    ],
    examples: [
      { command: "dregs history", about: "all changes" },
      { command: "dregs history 70e4da7a8ff6", about: "what a commit changed" },
      {
        command: "dregs history --from 5.5 --to 5.10",
        about: "what a new release brings",
      },
      {
        command: "dregs history dr6 --format json",
        about: "what is about DR6, for programs",
      },
    ],
  },
  access: "none",
  run,
};
