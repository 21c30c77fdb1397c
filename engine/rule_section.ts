/**
 * What a rule book is written as: sections with their rules.
 *
 * @module
 */

/**
 * How a rule is known.
 *
 * - `source`: read in a kernel's, emulator's or test's source, or in the mail that brought it
 * - `architecture`: from the manuals of the architecture
 * - `derived`: follows from code that was read; nobody reported it
 * - `recorded`: seen on a real kernel
 * - `memory`: remembered, not read again
 */
export type RuleConfidence =
  | "source"
  | "architecture"
  | "derived"
  | "recorded"
  | "memory";

/** Linux releases that have a rule, as far as they are known. */
export interface KernelRange {
  /** The first release known to have it. */
  readonly since?: string;
  /** The first later release known not to have it. */
  readonly until?: string;
}

/** A rule in its section's table: a sentence alone is known as the section is, in the same kernels. */
export type RuleRow =
  | string
  | {
    readonly title?: string;
    readonly sentence: string;
    readonly confidence?: RuleConfidence;
    /** `{}` where the section's releases do not hold, and none are known. */
    readonly kernels?: KernelRange;
  };

/** A section of a book, itself a rule; ids are without their architecture. */
export interface RuleSection {
  readonly id: string;
  readonly title: string;
  readonly sentence: string;
  readonly confidence: RuleConfidence;
  readonly kernels?: KernelRange;
  readonly rules: Readonly<Record<string, RuleRow>>;
}
