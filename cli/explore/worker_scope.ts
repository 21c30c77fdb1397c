/**
 * Whether the program runs as a worker of `dregs explore`.
 *
 * @module
 */

/** Name of the workers, by which the program knows that it is one. */
export const WORKER_NAME = "dregs-explore";

/** The program was started as a worker. */
export function isWorker(): boolean {
  return (globalThis as { readonly name?: unknown }).name === WORKER_NAME;
}
