/**
 * Where a search is, on a terminal's last line; and its jobs for several threads.
 *
 * @module
 */
import { counted } from "../../dsl/counted.ts";
import { type Job, type Progress } from "../../engine/mod.ts";
import { jobStatus, stopJob } from "../../engine/explore/mod.ts";
import type { Answer } from "../../engine/mod.ts";
import type { Io } from "../io.ts";
import { bytesText } from "./text.ts";

/** Time between two lines, and between two looks at signals. */
const EVERY_MS = 200;

/** Clears the last line of a terminal. */
export const CLEAR = "\r\x1b[K";

/** Those who do jobs. */
export interface Crew {
  /** Makes ready. @returns false if no thread can do jobs */
  start(): Promise<boolean>;
  /** Has a job done. */
  run(job: Job): Promise<void>;
}

/** Numbers of states in few columns. */
function short(value: number): string {
  if (value < 10_000) return `${Math.round(value)}`;
  if (value < 1e6) return `${(value / 1e3).toFixed(0)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** The last line of a terminal, while a search goes on. */
class Line {
  readonly #label: string;
  readonly #io: Io;
  #last = { at: performance.now(), states: 0 };

  constructor(label: string, io: Io) {
    this.#label = label;
    this.#io = io;
  }

  show(progress: Progress): void {
    if (!this.#io.errIsTerminal) return;
    const { at, states } = this.#last;
    const now = performance.now();
    const rate = (progress.states - states) / (now - at) * 1000;
    this.#last = { at: now, states: progress.states };
    const text = progressLine(this.#label, progress, rate, this.#io.columns);
    this.#io.err(`${CLEAR}${text}`);
  }

  clear(): void {
    if (this.#io.errIsTerminal) this.#io.err(CLEAR);
  }
}

/**
 * Drives a search to its end, telling where it is, and stops it when the user interrupts.
 *
 * @param crew who does the jobs that the search offers; without one it goes on alone
 */
export async function driven<T>(
  searching: Generator<Progress, T, Answer>,
  label: string,
  io: Io,
  crew?: Crew,
): Promise<T> {
  let stop = false;
  let current: Job | undefined;
  const onInterrupt = () => {
    stop = true;
    if (current) stopJob(current);
  };
  const listens = listen(onInterrupt);
  const line = new Line(label, io);
  let shown = performance.now();
  let answer: Answer;
  try {
    for (;;) {
      const { done, value } = searching.next(answer);
      answer = undefined;
      if (done) return value;
      if (value.job && crew && await crew.start()) {
        const job = value.job();
        // An interrupt while workers were started is handled by the job.
        current = job;
        if (stop) stopJob(job);
        const timer = setInterval(() => line.show(jobStatus(job)), EVERY_MS);
        try {
          await crew.run(job);
        } finally {
          clearInterval(timer);
          current = undefined;
        }
        answer = "worked";
        continue;
      }
      const now = performance.now();
      if (now - shown < EVERY_MS) continue;
      shown = now;
      line.show(value);
      // Signals are only seen when nothing else is done.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (stop) answer = "stop";
    }
  } finally {
    line.clear();
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

/**
 * Where it is, in one line. What is left is estimated by the frontier, which grows before it shrinks.
 *
 * @param columns of the terminal: a line that fills them could not be cleared
 */
export function progressLine(
  label: string,
  { states, frontier, depth, bytes }: Progress,
  rate: number,
  columns: number,
): string {
  const seconds = rate > 0 ? frontier / rate : 0;
  const estimate = frontier > 0 && seconds > 1
    ? [`at least ${Math.ceil(seconds)} s`]
    : [];
  const size = [
    counted(states, "state", short(states)),
    `${short(rate)}/s`,
    `frontier ${short(frontier)}`,
  ];
  const memory = bytesText(bytes);
  const texts = [
    [label, ...size, `depth ${depth}`, memory, ...estimate],
    [...size, `depth ${depth}`, memory, ...estimate],
    [...size, memory, ...estimate],
    size,
  ].map((parts) => parts.join(" · "));
  return texts.find((text) => text.length < columns) ??
    texts.at(-1)!.slice(0, columns - 1);
}
