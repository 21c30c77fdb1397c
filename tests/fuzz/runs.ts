/**
 * Runs the fuzzer on a surface: batches of inputs on another thread, which is stopped where an input has no end.
 *
 * @module
 */
import * as fc from "fast-check";
import type { Input } from "./surface.ts";
import { SURFACES } from "./surfaces.ts";

/** What is asked of the thread. */
export type Asked =
  | { readonly kind: "surface"; readonly name: string }
  | {
    readonly kind: "batch";
    readonly seed: number;
    readonly count: number;
    /** Where the thread writes how many inputs of the batch it has begun: 4 bytes. */
    readonly shared: SharedArrayBuffer;
  }
  | { readonly kind: "kept"; readonly inputs: readonly Input[] }
  | { readonly kind: "end" };

/** An input that the program did not survive. */
export interface Failure {
  /** The smallest that was found. */
  readonly input: Input;
  readonly why: string;
}

/** What the thread answers. */
export type Answer =
  | { readonly kind: "surface"; readonly missing: string | undefined }
  | {
    readonly kind: "batch";
    readonly given: number;
    readonly failure: Failure | undefined;
    /** Longest time for one input, in milliseconds, and the input. */
    readonly slowest: number;
    readonly slow: Input;
    /** Bytes that the process has. */
    readonly memory: number;
  }
  | { readonly kind: "kept"; readonly failure: Failure | undefined }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly why: string };

/** What came of a surface. */
export interface Outcome {
  readonly surface: string;
  /** Why it could not be tried. */
  readonly missing: string | undefined;
  readonly given: number;
  readonly failures: readonly Failure[];
  /** Longest time for one input, in milliseconds, and the input. */
  readonly slowest: number;
  readonly slow: Input;
  /** Most bytes that the process had after a batch. */
  readonly memory: number;
}

/** What to do. */
export interface RunOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Milliseconds that one input may take before the thread is stopped: it has no end. */
  readonly patience: number;
  /** Bytes that the process may have. */
  readonly memory: number;
  /** Inputs that are given before all others: those that failed once. */
  readonly corpus: readonly Input[];
  /** Called after each batch with the number of inputs so far. */
  readonly onProgress?: (given: number) => void;
  /** Whether to end after the batch that is going on. */
  readonly isStopped?: () => boolean;
}

/** Inputs of one batch: after it the seed is the next, so that a failure is found again in seconds. */
const BATCH = 250;

/** An input did not end. */
class Endless extends Error {
  constructor(readonly index: number) {
    super(`input ${index} does not end`);
  }
}

/** The other thread. */
class Thread {
  readonly #worker = new Worker(new URL("worker.ts", import.meta.url), {
    type: "module",
  });
  readonly shared = new SharedArrayBuffer(4);

  /** Asks something, and waits for the answer as long as inputs go on. */
  async ask<K extends Asked["kind"]>(
    asked: Asked & { readonly kind: K },
    patience = Infinity,
  ): Promise<Answer & { readonly kind: K }> {
    const answered = Promise.withResolvers<Answer>();
    this.#worker.onmessage = ({ data }) => answered.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      answered.reject(new Error(event.message));
    };
    const place = new Int32Array(this.shared);
    Atomics.store(place, 0, 0);
    let seen = 0;
    let since = Date.now();
    const timer = setInterval(() => {
      const now = Atomics.load(place, 0);
      if (now !== seen) [seen, since] = [now, Date.now()];
      else if (Date.now() - since > patience) {
        answered.reject(new Endless(now - 1));
      }
    }, 100);
    try {
      this.#worker.postMessage(asked);
      const answer = await answered.promise;
      if (answer.kind === "error") throw new Error(answer.why);
      return answer as Answer & { readonly kind: K };
    } finally {
      clearInterval(timer);
    }
  }

  end(): void {
    this.#worker.terminate();
  }
}

async function begun(name: string): Promise<[Thread, string | undefined]> {
  const thread = new Thread();
  const { missing } = await thread.ask({ kind: "surface", name });
  return [thread, missing];
}

/** Gives inputs to a surface until there are so many, whatever fails on the way. */
export async function fuzz(
  name: string,
  options: RunOptions,
): Promise<Outcome> {
  const failures: Failure[] = [];
  let given = 0;
  let slowest = 0;
  let slow: Input = null;
  let memory = 0;
  let [thread, missing] = await begun(name);
  const outcome = (): Outcome => ({
    surface: name,
    missing,
    given,
    failures,
    slowest,
    slow,
    memory,
  });
  if (missing !== undefined) {
    thread.end();
    return outcome();
  }
  const { failure } = await thread.ask(
    { kind: "kept", inputs: options.corpus },
    options.patience * Math.max(options.corpus.length, 1),
  );
  if (failure) failures.push(failure);
  for (let seed = options.seed; given < options.inputs; seed++) {
    if (options.isStopped?.()) break;
    const count = Math.min(BATCH, options.inputs - given);
    const { shared } = thread;
    try {
      const batch = await thread.ask(
        { kind: "batch", seed, count, shared },
        options.patience,
      );
      given += batch.given;
      if (batch.failure) failures.push(batch.failure);
      if (batch.slowest > slowest) {
        [slowest, slow] = [batch.slowest, batch.slow];
      }
      memory = Math.max(memory, batch.memory);
    } catch (error) {
      if (!(error instanceof Endless)) throw error;
      thread.end();
      given += error.index + 1;
      const { inputs } = await SURFACES[name]();
      const sample = fc.sample(inputs, { seed, numRuns: error.index + 1 });
      failures.push({
        input: sample[error.index],
        why: `no end after ${options.patience} ms`,
      });
      [thread, missing] = await begun(name);
    }
    options.onProgress?.(given);
    if (memory > options.memory) {
      failures.push({ input: slow, why: `the process has ${memory} bytes` });
      break;
    }
  }
  await thread.ask({ kind: "end" });
  thread.end();
  return outcome();
}
