/**
 * What a thread calls to do its part of a job.
 *
 * @module
 */
import { abandonJob, type AnyJob } from "./job.ts";
import type { Model } from "./model.ts";
import { workOnSearch } from "./parallel.ts";
import type { Job } from "./progress.ts";
import { workOnWalks } from "./simulate.ts";

export { abandonJob, jobStatus, stopJob } from "./job.ts";

/**
 * Does one thread's part, and returns when the job is done by all. What it throws makes the others give up.
 *
 * @param model the same that the search was begun with, built again
 * @param given what was made for all of them
 * @param thread its number, from 0
 */
export function work(model: Model, given: Job, thread: number): void {
  const job = given as AnyJob;
  try {
    if (job.kind === "search") workOnSearch(model, job, thread);
    else workOnWalks(model, job, thread);
  } catch (error) {
    abandonJob(job);
    throw error;
  }
}
