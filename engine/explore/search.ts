/**
 * Breadth-first search of all interleavings: begins it, and begins again without a reduction that may not be used. The
 * loop over states, with its bounds, is in state_search.ts.
 *
 * @module
 */
import type { Found } from "./found.ts";
import type { Model } from "./model.ts";
import { type SearchOptions, UNBOUNDED } from "./options.ts";
import { Search, type Searching } from "./state_search.ts";
import { VmVaries } from "./step_results.ts";

/** Searches a model to the end. */
export function search(model: Model, options: SearchOptions): Found {
  const searching = searchSteps(model, options);
  for (;;) {
    const { done, value } = searching.next();
    if (done) return value;
  }
}

/** Searches a model, a slice at a time. */
export function* searchSteps(
  model: Model,
  options: SearchOptions,
): Searching {
  try {
    return yield* searchOnce(model, options, false);
  } catch (error) {
    if (!(error instanceof VmVaries)) throw error;
    // What all vCPUs share changes: a loaded vCPU is not on its own.
    const reductions = { ...options.reductions, transactions: false };
    return yield* searchOnce(model, { ...options, reductions }, true);
  }
}

function* searchOnce(
  model: Model,
  options: SearchOptions,
  vmVaries: boolean,
): Searching {
  const { pairs, transactions } = options.reductions;
  if (options.judge) {
    // Where it goes on depends on single steps.
    const order = transactions ? "owner" : "all";
    return yield* new Search(model, options, order, vmVaries).run();
  }
  if (pairs && !vmVaries) {
    const proof = new Search(model, options, "transactions", true);
    const found = yield* proof.prove();
    if (found !== undefined) return found;
  }
  if (transactions) {
    const quick = new Search(model, options, "transactions", vmVaries);
    const found = yield* quick.run();
    if (found.broken === undefined) return found;
    // The shortest way in steps, not in transactions, in which states and depth are bounded.
    const bounds = { ...UNBOUNDED, bytesMax: options.bounds.bytesMax };
    const single = { ...options, bounds };
    const shortest = yield* new Search(model, single, "owner", vmVaries).run();
    return shortest.broken ? shortest : { ...shortest, breaks: true };
  }
  return yield* new Search(model, options, "all", vmVaries).run();
}
