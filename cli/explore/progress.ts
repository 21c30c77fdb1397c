/**
 * Where a search is, on a terminal's last line.
 *
 * @module
 */
import type { Progress } from "../../engine/mod.ts";
import type { Io } from "../io.ts";
import { bytesText } from "./text.ts";

/** Time between two lines, and between two looks at signals. */
const EVERY_MS = 200;

/** Clears the line. */
const CLEAR = "\r\x1b[K";

/** Numbers of states in few columns. */
function short(value: number): string {
  if (value < 10_000) return `${Math.round(value)}`;
  if (value < 1e6) return `${(value / 1e3).toFixed(0)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** Drives a search to its end, telling where it is, and stops it when the user interrupts. */
export async function driven<T>(
  searching: Generator<Progress, T, "stop" | undefined>,
  label: string,
  io: Io,
): Promise<T> {
  let stop = false;
  const onInterrupt = () => {
    stop = true;
  };
  const listens = listen(onInterrupt);
  const begun = performance.now();
  let shown = begun;
  let last = { at: begun, states: 0 };
  let answer: "stop" | undefined;
  try {
    for (;;) {
      const { done, value } = searching.next(answer);
      if (done) return value;
      const now = performance.now();
      if (now - shown < EVERY_MS) continue;
      shown = now;
      if (io.errIsTerminal) {
        const rate = (value.states - last.states) / (now - last.at) * 1000;
        last = { at: now, states: value.states };
        io.err(`${CLEAR}${progressLine(label, value, rate)}`);
      }
      // Signals are only seen when nothing else is done.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (stop) answer = "stop";
    }
  } finally {
    if (io.errIsTerminal) io.err(CLEAR);
    if (listens) Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}

/** @returns false where signals cannot be listened to */
function listen(onInterrupt: () => void): boolean {
  try {
    Deno.addSignalListener("SIGINT", onInterrupt);
    return true;
  } catch {
    return false;
  }
}

/** Where it is, in one line. What is left is estimated by the frontier, which grows before it shrinks. */
export function progressLine(
  label: string,
  { states, frontier, depth, bytes }: Progress,
  rate: number,
): string {
  const parts = [
    label,
    `${short(states)} states`,
    `${short(rate)}/s`,
    `frontier ${short(frontier)}`,
    `depth ${depth}`,
    bytesText(bytes),
  ];
  const seconds = rate > 0 ? frontier / rate : 0;
  if (frontier > 0 && seconds > 1) {
    parts.push(`at least ${Math.ceil(seconds)} s`);
  }
  return parts.join(" · ");
}
