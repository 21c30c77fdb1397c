/**
 * Where a recording and the model disagree.
 *
 * @module
 */

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

/** The first disagreement of a step. */
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
}

/** How the replay of one recording went. */
export interface Replay {
  /** The recording's own name of the case. */
  readonly case: string;
  /** Its architecture. */
  readonly arch: string;
  /** The profile that it was replayed on. */
  readonly profile: string;
  /** The vendor that it was replayed for, on x86. */
  readonly vendor: string | undefined;
  /** The hardware model that it was replayed on. */
  readonly model: string;
  /** Steps of the recording. */
  readonly steps: number;
  /** Observations that were compared. */
  readonly observations: number;
  /** Where they disagree, one a step at most. */
  readonly differences: readonly Difference[];
}

/** Collects what is compared in one step, and keeps its first difference. */
export class Comparison {
  /** Observations that were compared. */
  observations = 0;
  #first: Difference | undefined;

  /**
   * @param line line of the step
   * @param op what was done
   */
  constructor(readonly line: number, readonly op: string) {}

  /** The first difference, if there is one. */
  get difference(): Difference | undefined {
    return this.#first;
  }

  /** Compares two texts. */
  text(what: string, recorded: string, modelled: string): void {
    this.observations++;
    if (recorded === modelled) return;
    this.#keep({ what, recorded, modelled, register: undefined, fields: [] });
  }

  /**
   * Compares two values; undefined is "not there".
   *
   * @param of the register whose values they are, if they are one's
   */
  value(
    what: string,
    recorded: bigint | undefined,
    modelled: bigint | undefined,
    of?: RegisterFields,
  ): void {
    this.observations++;
    if (recorded === modelled) return;
    this.#keep({
      what,
      recorded: textOf(recorded),
      modelled: textOf(modelled),
      register: of?.register,
      fields: recorded !== undefined && modelled !== undefined && of
        ? of.differing(modelled, recorded)
        : [],
    });
  }

  #keep(found: Omit<Difference, "line" | "op">): void {
    this.#first ??= { line: this.line, op: this.op, ...found };
  }
}

function textOf(value: bigint | undefined): string {
  return value === undefined ? "not there" : `0x${value.toString(16)}`;
}
