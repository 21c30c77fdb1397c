import type { Model } from "./model.ts";
import type { Steps } from "./steps.ts";

/** Placeholder of the shape; filled next. */
export class Symmetry {
  readonly count: number = 1;
  constructor(_model: Model, _steps: Steps, _vmVaries: boolean) {}
  canonical(_tuple: Int32Array, _at: number): void {}
}
