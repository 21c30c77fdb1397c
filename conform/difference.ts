/**
 * Where a recording and the model disagree.
 *
 * @module
 */
import type { ArchName, RuleId } from "../engine/mod.ts";

/** What is written for an observation that one side does not have. */
export const NOT_THERE = "not there";

/** A field of a register in which two values differ. */
export interface FieldDifference {
  /** As the layout names it. */
  readonly name: string;
  /** Bits that it has. */
  readonly widthBits: number;
  /** The field's value in what the kernel did. */
  readonly recorded: bigint;
  /** The field's value in what the model does. */
  readonly modelled: bigint;
}

/** How values of a register are compared field by field. */
export interface RegisterFields {
  /** The register's name. */
  readonly register: string;
  /** The fields in which two values differ. */
  differing(modelled: bigint, recorded: bigint): readonly FieldDifference[];
}

/** An observation of a step that differs. */
export interface Difference {
  /** Line of the step in the recording, from 1. */
  readonly line: number;
  /** What was done: `run`, `user_get DBGBCR0_EL1`. */
  readonly op: string;
  /** Which observation: `got[3] DBGBCR0_EL1`, `kvm_exits`. */
  readonly what: string;
  /** What the kernel did. */
  readonly recorded: string;
  /** What the model does. */
  readonly modelled: string;
  /** The register that was observed; undefined if it is none. */
  readonly register: string | undefined;
  /** Its fields that differ. */
  readonly fields: readonly FieldDifference[];
  /** The rule by which the model does what it does; undefined if no event of the model says. */
  readonly rule: RuleId | undefined;
}

/** How the replay of one recording went. */
export interface Replay {
  /** The recording's own name of the case. */
  readonly case: string;
  /** Its architecture. */
  readonly arch: ArchName;
  /** The profile that it was replayed on. */
  readonly profile: string;
  /** The vendor that it was replayed for, on x86. */
  readonly vendor: string | undefined;
  /** The hardware model that it was replayed on. */
  readonly model: string;
  /** What is not certain of the kernel: sentences without their full stop. */
  readonly notes: readonly string[];
  /** Steps of the recording. */
  readonly steps: number;
  /** Observations that were compared. */
  readonly observations: number;
  /** All observations that differ, step by step; within a step the earliest in the guest's program first. */
  readonly differences: readonly Difference[];
}

/** What is known about an observation. */
export interface Observed {
  /** Index of the guest instruction at which it was made. */
  readonly at?: number;
  /** The rule by which the model does what it does. */
  readonly rule?: RuleId;
}

/** What is known about an observed value. */
export interface ObservedValue extends Observed {
  /** The register that it is a value of. */
  readonly of?: RegisterFields;
}

/** Compares the observations of one step. */
export class Comparison {
  /** Observations that were compared. */
  observations = 0;
  readonly #found: { at: number; difference: Difference }[] = [];

  /**
   * @param line line of the step
   * @param op what was done
   */
  constructor(readonly line: number, readonly op: string) {}

  /**
   * The observations that differ, ordered by the guest instruction at which each was made, since an earlier
   * difference explains later ones. Those of one instruction are in the order in which they were compared, and
   * those of no instruction come last.
   */
  get differences(): readonly Difference[] {
    return this.#found.toSorted((a, b) => a.at === b.at ? 0 : a.at - b.at)
      .map(({ difference }) => difference);
  }

  /**
   * Compares two texts.
   *
   * @returns true if they agree
   */
  text(
    what: string,
    recorded: string,
    modelled: string,
    { at, rule }: Observed = {},
  ): boolean {
    this.observations++;
    if (recorded === modelled) return true;
    this.#keep(at, {
      what,
      recorded,
      modelled,
      register: undefined,
      fields: [],
      rule,
    });
    return false;
  }

  /** Compares two values; undefined is "not there". */
  value(
    what: string,
    recorded: bigint | undefined,
    modelled: bigint | undefined,
    { of, at, rule }: ObservedValue = {},
  ): void {
    this.observations++;
    if (recorded === modelled) return;
    this.#keep(at, {
      what,
      recorded: textOf(recorded),
      modelled: textOf(modelled),
      register: of?.register,
      fields: recorded !== undefined && modelled !== undefined && of
        ? of.differing(modelled, recorded)
        : [],
      rule,
    });
  }

  #keep(
    at: number | undefined,
    found: Omit<Difference, "line" | "op">,
  ): void {
    this.#found.push({
      at: at ?? Infinity,
      difference: { line: this.line, op: this.op, ...found },
    });
  }
}

function textOf(value: bigint | undefined): string {
  return value === undefined ? NOT_THERE : `0x${value.toString(16)}`;
}
