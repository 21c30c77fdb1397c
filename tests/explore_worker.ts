/**
 * A worker that searches the models of `engine/explore/testing.ts`, or fails as it is told.
 *
 * @module
 */
import { serve } from "../cli/explore/serve.ts";
import { modelOf, type Setup } from "../engine/explore/testing.ts";

/** What the worker makes its model of. */
export interface TestRecipe {
  readonly setup: Setup;
  /** Where it fails: when it builds the model, or in a rule of the search. */
  readonly fails?: "model" | "rule";
}

serve(({ setup, fails }: TestRecipe) => {
  if (fails === "model") throw new Error("there is no such model");
  const model = modelOf(setup);
  if (fails !== "rule") return model;
  let runs = 0;
  const { rules } = model;
  const failing = Object.create(rules, {
    enter: {
      value: (...args: Parameters<typeof rules.enter>) => {
        if (++runs > 3) throw new Error("a rule failed");
        rules.enter(...args);
      },
    },
  });
  return { ...model, rules: failing };
});
