/**
 * `dregs conform`: replays recordings of real kernels on the model.
 *
 * @module
 */
import type { Page } from "../dsl/render/theme.ts";
import { oneOf } from "./arguments.ts";
import { errorTheme, pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import type {
  ConformReporter,
  ConformTally,
} from "./formats/conform_reporter.ts";
import { ClosedPipe, type Io } from "./io.ts";
import { askedKernel, KERNEL_NOTE } from "./kernels.ts";
import { texts } from "./texts.ts";

/** Formats of the output. */
const FORMATS = ["text", "json", "tap"] as const;

type Format = typeof FORMATS[number];

/** Suffix of recordings. */
const SUFFIX = ".jsonl";

/** Imports a format, and no other. */
async function reporterFor(
  format: Format,
  page: Page,
): Promise<ConformReporter> {
  switch (format) {
    case "text": {
      const { conformTextReporter } = await import("./formats/conform_text.ts");
      return conformTextReporter(page);
    }
    case "json":
      return (await import("./formats/conform_json.ts")).conformJsonReporter();
    case "tap":
      return (await import("./formats/conform_tap.ts")).conformTapReporter();
    default:
      return format satisfies never;
  }
}

function statusOf({ differ, notReplayed }: ConformTally): number {
  if (notReplayed > 0) return STATUS.error;
  return differ > 0 ? STATUS.failed : STATUS.ok;
}

async function run(args: Arguments, io: Io): Promise<number> {
  if (args.operands.length === 0) {
    throw new UsageError("nothing to replay", "name a recording or a folder");
  }
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const value = args.value("kernel");
  const kernel = value === undefined ? undefined : await askedKernel(value);
  const { explanations, RecordingError, recordingsIn, replay } = await import(
    "../conform/mod.ts"
  );
  const { oneLine } = await import("../dsl/render/line.ts");
  const reporter = await reporterFor(format, await pageFor(io));
  const theme = await errorTheme(io);
  const tally: ConformTally = {
    agree: 0,
    differ: 0,
    notReplayed: 0,
    observations: 0,
  };
  const write = (text: string): void => {
    if (text !== "") io.out(text);
  };
  try {
    write(reporter.begin());
    for (const text of texts(args.operands, io, SUFFIX)) {
      if (text.kind === "problem") {
        const { path: source, why, message } = text.problem;
        tally.notReplayed++;
        io.err(`dregs: ${message}\n`);
        write(reporter.notReplayed({ source, line: undefined, message: why }));
        continue;
      }
      for (const { name, text: recording } of recordingsIn(text.source.text)) {
        const { name: file } = text.source;
        const source = name === undefined ? file : `${file}#${name}`;
        try {
          const result = replay(recording, kernel);
          tally.observations += result.observations;
          if (result.differences.length === 0) tally.agree++;
          else tally.differ++;
          const why = explanations(recording, result);
          write(reporter.replayed(source, result, why));
        } catch (error) {
          if (!(error instanceof RecordingError)) throw error;
          const { line } = error;
          const message = oneLine(error.message);
          tally.notReplayed++;
          const place = theme.place(`${source}:${line}:`);
          io.err(`${place} ${theme.error("error:")} ${message}\n`);
          write(reporter.notReplayed({ source, line, message }));
        }
      }
    }
    write(reporter.end(tally));
  } catch (error) {
    // The reader has closed the pipe: what was replayed so far decides.
    if (!(error instanceof ClosedPipe)) throw error;
  }
  return statusOf(tally);
}

/** The command. */
export const command: Command = {
  help: {
    name: "conform",
    about: "replay recordings of a real KVM on the model",
    usage: "RECORDING|FOLDER…|- [OPTION…]",
    notes: [
      "A recording is a file of JSON lines: a header that says on which kernel and CPU it was made, then a " +
      "line a step, what was done and what KVM did. The model does the same steps under the profile of that " +
      "kernel. Of each step that differs: its line, what was done, and what differs, with register and fields, as " +
      "recorded and as modelled. What differs at an earlier guest instruction comes first: it explains the rest. " +
      `Of a folder, every file *${SUFFIX} below it is replayed.`,
      "Exit status: 0 all agree; 1 a recording differs; 2 a file is no recording, or has a step that the " +
      "model cannot express.",
      KERNEL_NOTE,
    ],
    options: [
      {
        name: "kernel",
        value: "KERNEL",
        about: "replay under this kernel instead of the recorded one",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: FORMATS,
        about: `${FORMATS.join(", ")}; docs/json.md describes json`,
      },
    ],
    examples: [
      {
        command: "dregs conform tests/recordings/arm64/bp-linked.jsonl",
        about: "a recording",
      },
      {
        command: "dregs conform --format tap tests/recordings/x86",
        about: "all of a folder, for a test harness",
      },
      {
        command:
          "dregs conform --kernel linux-6.12 tests/recordings/arm64/bp-linked.jsonl",
        about: "does another kernel do the same?",
      },
    ],
  },
  access: "read",
  run,
};
