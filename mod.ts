/**
 * dregs: an executable model of how KVM virtualizes the CPU's debug registers.
 *
 * The engine alone, or the language over it. Run as main, it is the program.
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./engine/explore/mod.ts";
// The engine has their types alone, which would hide the values.
export {
  abandonJob,
  addProperty,
  ALL_REDUCTIONS,
  allProperties,
  asksBare,
  asksForStep,
  BUILT_IN_PROPERTIES,
  DEBUGGING,
  defaultProperties,
  emptyGraph,
  expectedOutcomes,
  GraphBuilder,
  GraphTooLarge,
  isMet,
  jobStatus,
  monitorOf,
  NO_REDUCTIONS,
  NODES_MAX,
  optionsOf,
  PROPERTIES_MAX,
  propertiesOf,
  PROPERTY,
  search,
  searchStart,
  searchSteps,
  simulate,
  STEP,
  stopJob,
  TRIED,
  UNBOUNDED,
  WHOLE,
  work,
  writtenBy,
} from "./engine/explore/mod.ts";
export * from "./dsl/mod.ts";
// Both have them: a block of braces, and the same names of views.
export type { Block, ViewName } from "./dsl/mod.ts";

if (import.meta.main) await import("./cli/program.ts");
