/**
 * Replays recordings of real kernels on the model.
 *
 * @module
 */
import { ARM64_REPLAY } from "./arm64/mod.ts";
import type { Replay } from "./difference.ts";
import { explain, type Explanation } from "./explain.ts";
import type { ChosenKernel } from "./header.ts";
import { parseRecording, RecordingError } from "./recording.ts";
import { replayOn } from "./replay.ts";
import { X86_REPLAY } from "./x86/mod.ts";

export type { ChosenKernel } from "./header.ts";
export type { Difference, FieldDifference, Replay } from "./difference.ts";
export type { Explanation } from "./explain.ts";
export { RecordingError, recordingsIn } from "./recording.ts";
export type { RecordingText } from "./recording.ts";

/** The architectures whose recordings can be replayed. */
const ARCHITECTURES = [ARM64_REPLAY, X86_REPLAY];

/**
 * Replays a recording of either architecture.
 *
 * @param text the whole file
 * @param chosen kernel to replay on; the recorded one's own if left out, and its vendor
 * @throws {RecordingError} on text that is no recording, and on a step that the model cannot express
 */
export function replay(text: string, chosen?: ChosenKernel): Replay {
  const recording = parseRecording(text);
  const { arch } = recording.header;
  const parts = ARCHITECTURES.find(({ name }) => name === arch);
  if (parts === undefined) {
    throw new RecordingError(1, `there is no arch ${arch}`);
  }
  return replayOn(parts, recording, chosen);
}

/**
 * Kernels that explain what differs: the replayed one with one change of KVM more or less, or else another release.
 *
 * @param text the whole file
 * @param result its replay
 * @returns empty if nothing differs, or if none is found
 */
export function explanations(
  text: string,
  result: Replay,
): readonly Explanation[] {
  const { vendor } = result;
  return explain(result, (profile) => replay(text, { profile, vendor }));
}
