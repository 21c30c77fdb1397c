/**
 * The page's side of a worker: requests with their answers, a limit of time, and a new worker where one was stopped.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Answers, Reply, Request } from "./messages.ts";

/** A request that was stopped, by the user or by its limit. */
export class Stopped extends Error {
  override name = "Stopped";
}

/** What is wrong with what was asked, in the worker's words. */
export class Refused extends Error {
  override name = "Refused";
}

interface Waiting {
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: Error) => void;
  readonly tell: ((progress: string) => void) | undefined;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** A worker that is started when it is first asked. */
export class WorkerClient {
  readonly #url: string;
  #worker: Worker | undefined;
  #next = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** @param url of its program */
  constructor(url: string) {
    this.#url = url;
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#url);
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Refused(event.message));
    };
    return this.#worker = worker;
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    if ("progress" in reply) {
      waiting.tell?.(reply.progress);
      return;
    }
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if ("answer" in reply) waiting.resolve(reply.answer);
    else waiting.reject(new Refused(reply.problem));
  }

  /** Ends the worker, and all that it was asked. */
  #end(error: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of all) {
      clearTimeout(timer);
      reject(error);
    }
  }

  /** Stops what it does, if it does anything. */
  stop(): void {
    if (this.#waiting.size > 0) this.#end(new Stopped("stopped"));
  }

  /**
   * Asks.
   *
   * @param limitMs after that long it is stopped; no limit if left out
   * @param tell takes a line on where it is
   * @throws {Stopped} the user or the limit stopped it
   * @throws {Refused} something is wrong with what was asked
   */
  ask<K extends keyof Answers>(
    request: Extract<Request, { readonly kind: K }>,
    { limitMs, tell }: {
      readonly limitMs?: number;
      readonly tell?: (progress: string) => void;
    } = {},
  ): Promise<Answers[K]> {
    const worker = this.#started();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = limitMs === undefined ? undefined : setTimeout(
        () =>
          this.#end(
            new Stopped(`stopped after ${limitMs / 1000} seconds`),
          ),
        limitMs,
      );
      this.#waiting.set(id, {
        resolve: resolve as Waiting["resolve"],
        reject,
        tell,
        timer,
      });
      worker.postMessage({ id, ...request });
    });
  }
}
