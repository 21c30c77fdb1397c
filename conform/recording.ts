/**
 * Recordings of real kernels, as text: a header line, then a line a step, each a JSON object.
 *
 * @module
 */

import { type Architecture, VCPUS_MAX } from "../engine/mod.ts";

/** A JSON object of a recording. Numbers that matter are 0x-hex strings. */
export type Step = Readonly<Record<string, unknown>>;

/** A recording, parsed. */
export interface Recording {
  readonly header: Step;
  /** The steps with the number of their line, from 1. */
  readonly steps: readonly { readonly line: number; readonly step: Step }[];
}

/** What a recording has that is not as it should be, or that the model cannot express. */
export class RecordingError extends Error {
  /**
   * Blames a line.
   *
   * @param line from 1
   */
  constructor(readonly line: number, message: string) {
    super(message);
  }
}

/**
 * Parses a recording.
 *
 * @throws {RecordingError} at the first line that is not a JSON object, and if there is no header
 */
export function parseRecording(text: string): Recording {
  const objects: { line: number; step: Step }[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    if (content.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      throw new RecordingError(
        index + 1,
        `not JSON: ${error instanceof Error ? error.message : error}`,
      );
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new RecordingError(index + 1, "not a JSON object");
    }
    objects.push({ line: index + 1, step: value as Step });
  });
  const [first, ...steps] = objects;
  if (first === undefined || typeof first.step.arch !== "string") {
    throw new RecordingError(
      1,
      'no header: expected "case", "arch", "kernel", "cpu" …',
    );
  }
  return { header: first.step, steps };
}

/** Reads the fields of one step, with errors that name it. */
export class StepReader {
  /**
   * @param step the object
   * @param line its line, from 1
   */
  constructor(readonly step: Step, readonly line: number) {}

  /** Stops: the step is not as it should be, or the model cannot express it. */
  fail(message: string): never {
    throw new RecordingError(this.line, message);
  }

  /** True if the field is there. */
  has(name: string): boolean {
    return this.step[name] !== undefined;
  }

  /** A text. */
  text(name: string): string {
    const value = this.step[name];
    if (typeof value !== "string") this.fail(`${name} is not a text`);
    return value;
  }

  /** A plain number: an index, a count, a result. */
  number(name: string, initial?: number): number {
    const value = this.step[name] ?? initial;
    if (typeof value !== "number" || !Number.isInteger(value)) {
      this.fail(`${name} is not a whole number`);
    }
    return value;
  }

  /** A value: 0x-hex text, or a plain number. */
  value(name: string): bigint {
    const value = this.step[name];
    if (typeof value === "number" && Number.isInteger(value)) {
      return BigInt(value);
    }
    if (typeof value !== "string" || !/^(0x[0-9a-f]+|\d+)$/i.test(value)) {
      this.fail(`${name} is not a number in hex: ${JSON.stringify(value)}`);
    }
    const number = BigInt(value);
    if (number !== BigInt.asUintN(64, number)) {
      this.fail(`${name} has more than 64 bits: ${value}`);
    }
    return number;
  }

  /** An index: a whole number from 0 to below a count. */
  index(name: string, count: number, initial?: number): number {
    const index = this.number(name, initial);
    if (index < 0 || index >= count) {
      this.fail(`there is no ${name} ${index}, only ${count}`);
    }
    return index;
  }

  /** A value, or undefined where the field is absent. */
  optional(name: string): bigint | undefined {
    return this.has(name) ? this.value(name) : undefined;
  }

  /** A list of objects; empty where the field is absent. */
  list(name: string): readonly StepReader[] {
    const value = this.step[name] ?? [];
    if (!Array.isArray(value)) this.fail(`${name} is not a list`);
    return value.map((item) => {
      if (typeof item !== "object" || item === null) {
        this.fail(`${name} has something that is no object`);
      }
      return new StepReader(item as Step, this.line);
    });
  }

  /** An object's or a list's values by their names; empty where the field is absent. */
  values(name: string): readonly (readonly [string, bigint])[] {
    const item = new StepReader(
      Object.fromEntries(this.entries(name)),
      this.line,
    );
    return Object.keys(item.step).map((key) => [key, item.value(key)]);
  }

  /** An object as entries; empty where the field is absent. */
  entries(name: string): readonly (readonly [string, unknown])[] {
    const value = this.step[name] ?? {};
    if (typeof value !== "object" || value === null) {
      this.fail(`${name} is not an object`);
    }
    return Object.entries(value);
  }
}

/**
 * The profile of a recorded kernel: the one named by the first two numbers of its version.
 *
 * @param chosen another profile to replay on
 */
export function profileOf(
  header: StepReader,
  arch: Architecture,
  chosen: string | undefined,
): string {
  const version = /^\d+\.\d+/.exec(header.text("kernel"))?.[0];
  const profile = chosen ?? `linux-${version}`;
  if (!arch.profiles.some(({ name }) => name === profile)) {
    header.fail(`there is no ${arch.name} profile ${profile}`);
  }
  return profile;
}

/**
 * The counts of the machine that the recording was made on, as the model can have them.
 *
 * @param counts by their names; what is not named has its initial value
 */
export function hostCounts(
  header: StepReader,
  arch: Architecture,
  counts: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const complete: Record<string, number> = {};
  for (const { name, min, max, initial } of arch.hostCounts) {
    const count = counts[name] ?? initial ?? min;
    if (count < min || count > max) {
      header.fail(`${name} is ${count}: the model has ${min} to ${max}`);
    }
    complete[name] = count;
  }
  const wrong = arch.checkHost(complete);
  return wrong === undefined ? complete : header.fail(wrong);
}

/** How many vCPUs the recording has. */
export function vcpuCount(header: StepReader): number {
  const count = header.number("vcpus", 1);
  if (count >= 1 && count <= VCPUS_MAX) return count;
  return header.fail(`vcpus is ${count}: the model has 1 to ${VCPUS_MAX}`);
}
