/**
 * Replays recordings of real kernels on the model.
 *
 * @module
 */
import { replayArm64 } from "./arm64.ts";
import type { Replay } from "./difference.ts";
import { parseRecording, RecordingError } from "./recording.ts";
import { replayX86 } from "./x86.ts";

export type { Difference, FieldDifference, Replay } from "./difference.ts";
export { RecordingError } from "./recording.ts";

/**
 * Replays a recording of either architecture.
 *
 * @param text the whole file
 * @param profile to replay on; the recorded kernel's own if left out
 * @throws {RecordingError} on text that is no recording, and on a step that the model cannot express
 */
export function replay(text: string, profile?: string): Replay {
  const recording = parseRecording(text);
  switch (recording.header.arch) {
    case "arm64":
      return replayArm64(recording, profile);
    case "x86":
      return replayX86(recording, profile);
    default:
      throw new RecordingError(1, `there is no arch ${recording.header.arch}`);
  }
}
