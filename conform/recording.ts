/**
 * Recordings of real kernels, as text: a header line, then a line a step, each a JSON object.
 *
 * @module
 */

/** A JSON object of a recording. Numbers that matter are 0x-hex strings. */
export type Step = Readonly<Record<string, unknown>>;

/** A recording, parsed. */
export interface Recording {
  readonly header: Step;
  /** The steps with the number of their line, from 1. */
  readonly steps: readonly { readonly line: number; readonly step: Step }[];
}

/** What a recording has that is not as it should be, or that the model cannot express. */
export class RecordingError extends Error {
  /**
   * Blames a line.
   *
   * @param line from 1
   */
  constructor(readonly line: number, message: string) {
    super(message);
  }
}

/** A recording of a text that can have several. */
export interface RecordingText {
  /** Name of the case, if the header has one. */
  readonly name: string | undefined;
  /** The recording, with its lines where they are in the whole text. */
  readonly text: string;
}

/** A header's beginning, as recorders write it. */
const HEADER = /^\s*\{\s*"case"\s*:/;

/** The recordings of a text, each from its header to the next one: what a recorder prints of several cases. */
export function recordingsIn(text: string): readonly RecordingText[] {
  const lines = text.split("\n");
  const starts = lines.flatMap((line, index) =>
    HEADER.test(line) ? [index] : []
  );
  if (starts.length < 2) return [{ name: undefined, text }];
  return starts.map((start, n) => {
    const own = lines.slice(n === 0 ? 0 : start, starts[n + 1] ?? lines.length);
    const before = "\n".repeat(n === 0 ? 0 : start);
    return { name: nameOf(lines[start]), text: before + own.join("\n") };
  });
}

function nameOf(header: string): string | undefined {
  try {
    const { case: name } = JSON.parse(header);
    if (typeof name === "string") return name;
  } catch {
    // Replaying it says what is wrong.
  }
  return undefined;
}

/** What is said of a line that is no JSON. The engine's own text has a position as if the line were the whole file. */
function notJson(error: unknown): string {
  const { message } = error as Error;
  const at = /at position (\d+)/.exec(message)?.[1];
  if (at !== undefined) return `not JSON from column ${Number(at) + 1} on`;
  return "not JSON: the line is not complete";
}

/**
 * Parses a recording.
 *
 * @throws {RecordingError} at the first line that is not a JSON object, and if there is no header
 */
export function parseRecording(text: string): Recording {
  const objects: { line: number; step: Step }[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    if (content.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      throw new RecordingError(index + 1, notJson(error));
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new RecordingError(index + 1, "not a JSON object");
    }
    objects.push({ line: index + 1, step: value as Step });
  });
  const [first, ...steps] = objects;
  if (first === undefined || typeof first.step.arch !== "string") {
    throw new RecordingError(
      1,
      'no header: expected "case", "arch", "kernel", "cpu" …',
    );
  }
  return { header: first.step, steps };
}
