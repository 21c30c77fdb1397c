/**
 * The workers of a search: started when the search is large enough, given its jobs, and ended with it.
 *
 * @module
 */
import { type Job } from "../../engine/mod.ts";
import { abandonJob } from "../../engine/explore/mod.ts";
import type { Answer, Order } from "./serve.ts";
import { WORKER_NAME } from "./worker_scope.ts";

/** A worker has failed, and the search with it. */
export class WorkerFailed extends Error {
  override name = "WorkerFailed";
}

/** Whether there can be workers that share memory. */
function canShare(): boolean {
  return typeof Worker === "function" &&
    typeof SharedArrayBuffer === "function" &&
    typeof SharedArrayBuffer.prototype.grow === "function";
}

/** Workers, none of them started yet. */
export class Threads<R> {
  readonly count: number;
  /** Why there are none, once that is known. */
  problem: string | undefined;
  readonly #url: string;
  readonly #recipe: R;
  #workers: Worker[] | undefined;

  /**
   * @param url the worker's program, which calls `serve`
   * @param recipe what it makes the model of
   */
  constructor(count: number, url: string, recipe: R) {
    this.count = count;
    this.#url = url;
    this.#recipe = recipe;
  }

  /**
   * Starts the workers, if that was not done.
   *
   * @returns false if there are none; `problem` says why
   */
  async start(): Promise<boolean> {
    if (this.#workers) return true;
    if (this.problem !== undefined) return false;
    if (!canShare()) {
      this.problem = "this runtime has no workers that share memory";
      return false;
    }
    const workers: Worker[] = [];
    try {
      for (let n = 0; n < this.count; n++) {
        workers.push(
          new Worker(this.#url, { type: "module", name: WORKER_NAME }),
        );
      }
      await Promise.all(workers.map((worker) => answerOf(worker)));
    } catch (error) {
      for (const worker of workers) worker.terminate();
      this.problem = error instanceof Error ? error.message : String(error);
      return false;
    }
    const order: Order<R> = { kind: "model", recipe: this.#recipe };
    for (const worker of workers) worker.postMessage(order);
    this.#workers = workers;
    return true;
  }

  /**
   * Has a job done.
   *
   * @throws {WorkerFailed}
   */
  async run(job: Job): Promise<void> {
    const workers = this.#workers!;
    try {
      await Promise.all(workers.map((worker, thread) => {
        const done = answerOf(worker);
        const order: Order<R> = { kind: "job", job, thread };
        worker.postMessage(order);
        return done;
      }));
    } catch (error) {
      abandonJob(job);
      this.close();
      throw error;
    }
  }

  /** Ends the workers. */
  close(): void {
    for (const worker of this.#workers ?? []) worker.terminate();
    this.#workers = undefined;
  }
}

/** The next answer of a worker. @throws {WorkerFailed} if it cannot go on */
function answerOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.kind === "failed") {
        reject(new WorkerFailed(`a worker failed: ${data.why}`));
      } else resolve();
    };
    worker.onerror = (event) => {
      // Else it would end the program.
      event.preventDefault();
      reject(new WorkerFailed(`a worker failed: ${event.message}`));
    };
    worker.onmessageerror = () => {
      reject(new WorkerFailed("a message could not be read"));
    };
  });
}
