/**
 * The engine: machines with debug registers under one kernel's rules. No input, no output.
 *
 * @module
 */
export * from "./architecture.ts";
export * from "./architectures.ts";
export {
  allSeries,
  compareVersions,
  findRows,
  KNOWN_RANGE,
  parseRelease,
  type Release,
} from "./history_fold.ts";
export type {
  Change,
  FieldChange,
  HiddenChange,
  Relation,
  StableSeries,
  StableSource,
} from "./history.ts";
export { CHOICES, kernelWithVendor, splitKernel } from "./kernel_text.ts";
export type { KernelSpec } from "./history_kernels.ts";
export type { KernelWords, NoKernelWords } from "./kernel_text.ts";
export * from "./comparison.ts";
export type { Compared, FollowedStep, Past } from "./past.ts";
export type { TallyMark } from "./machine_tally.ts";
export * from "./sink.ts";
export type { BlockOffsets, FieldShape } from "./block.ts";
export { BARE } from "./bare/kernel.ts";
export {
  type AllowanceName,
  ALLOWANCES,
  type Lockstep,
  type OtherValue,
} from "./bare/lockstep.ts";
export * from "./cost.ts";
export * from "./errno.ts";
export * from "./events.ts";
export { MIGRATE, PREEMPT, RESTORES, SIGNALS } from "./explore/model.ts";
export { PROPERTY_NAMES } from "./explore/properties.ts";
export type * from "./explore/mod.ts";
export * from "./journal.ts";
export * from "./kernels.ts";
export * from "./layout.ts";
export * from "./machine.ts";
export type { ProgramMark } from "./vcpu_program.ts";
export type { MachineBlocks } from "./machine_words.ts";
export type { SavedVm } from "./machine_state.ts";
export type { MachineVm } from "./machine_vm.ts";
export type { Carried, SavedVcpu, Saving } from "./saving.ts";
export * from "./outcome.ts";
export * from "./program.ts";
export * from "./registers.ts";
export { calls } from "./kernel_names.ts";
export {
  type FunctionOf,
  functionOf,
  type KernelFunction,
} from "./rule_function.ts";
export type { Move, NamedPlace, Route } from "./moves.ts";
export { allRules, findRules, nearestRules, rule } from "./rule_book.ts";
export type {
  KernelRange,
  RuleCommit,
  RuleConfidence,
  RuleEntry,
  RuleSource,
} from "./rule_book.ts";
export type { RunOptions, RunResult } from "./run.ts";
export {
  BEGUN,
  CPU_BASE,
  CPU_HEADER,
  FAIL_POINTS,
  HANDLED,
  HANDLER,
  MODE,
  OUTCOME,
  VCPU_BASE,
  VCPU_HEADER,
} from "./rules.ts";
export type {
  BareMode,
  Commit,
  CountChange,
  DebuggerRequest,
  ExitName,
  FailPoint,
  Frame,
  GuestDebugRequest,
  Handled,
  HandlerName,
  HostDebugRequest,
  NumberMap,
  Outcome,
  Rules,
  ViewValue,
} from "./rules.ts";
export { halves, join64, lowWord, type Words } from "./word64.ts";
