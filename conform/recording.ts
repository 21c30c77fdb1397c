/**
 * Recordings of real kernels, as text: a header line, then a line a step, each a JSON object.
 *
 * @module
 */

import type { Architecture } from "../engine/mod.ts";

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
  /** @param line from 1 */
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
    return BigInt(value);
  }

  /** A value, or undefined where the field is absent. */
  optional(name: string): bigint | undefined {
    return this.has(name) ? this.value(name) : undefined;
  }

  /** A list of objects; empty where the field is absent. */
  list(name: string): readonly StepReader[] {
    const value = this.step[name] ?? [];
    if (!Array.isArray(value)) this.fail(`${name} is not a list`);
    return value.map((item) => new StepReader(item as Step, this.line));
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
