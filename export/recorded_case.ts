/**
 * A scenario as a case: what a recorder does, what must then have been observed, and what could not be expressed.
 *
 * @module
 */
import type { Comparison } from "../dsl/mod.ts";

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** What must have been observed once a step was done. */
export interface Check {
  /** Line of the scenario, from 1. */
  readonly line: number;
  /** The statement. */
  readonly text: string;
  /** Index of the step in the case. */
  readonly step: number;
  /** By the names that `Recording` of `observation.ts` and the recorder's `ktap.c` share. */
  readonly field: string;
  /** Of a read, an exception or a register; 0 for what there is one of. */
  readonly index: number;
  /** Bits that are compared. */
  readonly mask: bigint;
  /** How far they are shifted down first. */
  readonly shift: number;
  /** How the value is compared. */
  readonly operator: Comparison;
  /** What it is compared with. */
  readonly value: bigint;
  /** Name of an exit; undefined for a value. */
  readonly word: string | undefined;
  /** The scenario's expectation holds under its kernel; that of a counterexample does not. */
  readonly isMet: boolean;
}

/** A statement that the case does not express. */
export interface Left {
  /** Line of the scenario, from 1. */
  readonly line: number;
  /** The statement. */
  readonly text: string;
  /** Why, in a few words. */
  readonly why: string;
  /** It is an expectation. */
  readonly isExpectation: boolean;
}

/** A scenario as a case. */
export interface RecordedCase {
  /** Name of the scenario. */
  readonly name: string;
  /** File that it is in, as it was given. */
  readonly source: string;
  /** Architecture. */
  readonly arch: "arm64" | "x86";
  /** How many vCPUs. */
  readonly vcpus: number;
  /** Counts that the physical machine must have; those that the scenario does not name are left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** Hardware model that the scenario names. */
  readonly model: string | undefined;
  /** Kernel that the scenario was carried out under. */
  readonly profile: string;
  /** Its vendor, where it has a choice. */
  readonly vendor: string | undefined;
  /** Steps, as recordings have them. */
  readonly steps: readonly Fields[];
  /** What must be observed. */
  readonly checks: readonly Check[];
  /** What the case does not express. */
  readonly left: readonly Left[];
}

/** `; 3 expectations are left out`, or nothing. */
export function leftText(left: readonly Left[]): string {
  const count = left.filter(({ isExpectation }) => isExpectation).length;
  if (count === 0) return "";
  return count === 1
    ? "; 1 expectation is left out"
    : `; ${count} expectations are left out`;
}

/** Why a statement is left, with its line. */
function reasonText({ line, text, why }: Left): string {
  return `line ${line}: \`${text}\`: ${why}`;
}

/** What is said of a scenario without a step. */
export const NOTHING_DONE =
  "neither the guest nor userspace does anything in it";

/**
 * Why there is nothing that a recorder could do, or for a program nothing that it could check; undefined if there is.
 *
 * @param needsChecks whether what is done without a check is nothing, too
 */
export function whyNothing(
  { steps, checks, left }: RecordedCase,
  needsChecks: boolean,
): string | undefined {
  if (steps.length === 0) {
    // The first thing that is not done is the reason of what follows.
    const first = left.find(({ isExpectation }) => !isExpectation) ?? left[0];
    return first === undefined ? NOTHING_DONE : reasonText(first);
  }
  if (!needsChecks || checks.length > 0) return undefined;
  const first = left.find(({ isExpectation }) => isExpectation);
  return first === undefined
    ? "it expects nothing"
    : `no expectation can be checked; ${reasonText(first)}`;
}

/** The case as JSON lines. */
export function caseText(
  { name, source, arch, vcpus, steps, left }: RecordedCase,
): string {
  const header = { case: name, arch, vcpus, about: source + leftText(left) };
  return [header, ...steps].map((line) => `${JSON.stringify(line)}\n`).join("");
}
