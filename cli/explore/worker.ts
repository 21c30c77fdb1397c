/**
 * The worker of `dregs explore`.
 *
 * @module
 */
import type { Exploration } from "../../dsl/explore/exploration.ts";
import { compileChoice } from "../../dsl/explore/model.ts";
import { serve } from "./serve.ts";
import { isWorker } from "./worker_scope.ts";

/** What a worker makes its model of; it can be cloned. */
export interface Recipe {
  readonly exploration: Exploration;
  readonly profile: string | undefined;
  readonly vendor: string | undefined;
  readonly limit: number;
  readonly choices: ReadonlyMap<string, bigint>;
}

/** Where the worker's program is: this file, or the bundle that has it, which starts as a worker does. */
export const WORKER_URL = import.meta.url;

if (isWorker()) {
  serve(({ exploration, choices, ...options }: Recipe) =>
    compileChoice(exploration, options, choices).model
  );
}
