/**
 * A worker's side of a search in several threads: builds the model that it is sent, and does its part of jobs.
 *
 * @module
 */
import { type Job, type Model } from "../../engine/mod.ts";
import { work } from "../../engine/explore/mod.ts";

/** What a worker is sent. */
export type Order<R> =
  | { readonly kind: "model"; readonly recipe: R }
  | { readonly kind: "job"; readonly job: Job; readonly thread: number };

/** What a worker answers: it listens, has done its part, or could not. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly why: string };

/** What a worker's global scope has. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}

/** Waits for orders. @param build makes a model by its recipe */
export function serve<R>(build: (recipe: R) => Model): void {
  const scope = globalThis as unknown as WorkerScope;
  const answer = (message: Answer): void => scope.postMessage(message);
  let model: Model | undefined;
  scope.onmessage = ({ data }) => {
    const order = data as Order<R>;
    try {
      if (order.kind === "model") model = build(order.recipe);
      else {
        work(model!, order.job, order.thread);
        answer({ kind: "done" });
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      answer({ kind: "failed", why });
    }
  };
  answer({ kind: "ready" });
}
