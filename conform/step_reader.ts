/**
 * Reads the fields of one step of a recording.
 *
 * @module
 */
import { RecordingError, type Step } from "./recording.ts";

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

  /** True or false; false where the field is absent. */
  flag(name: string): boolean {
    const value = this.step[name] ?? false;
    if (typeof value !== "boolean") this.fail(`${name} is not true or false`);
    return value;
  }

  /** A value of 64 bits: 0x-hex text, or a plain number. */
  value(name: string): bigint {
    const value = this.step[name];
    if (value === undefined) {
      this.fail(`${name} is missing: expected a number in hex`);
    }
    const isNumber = typeof value === "number" && Number.isSafeInteger(value);
    const isText = typeof value === "string" &&
      /^(0x[0-9a-f]+|\d+)$/i.test(value);
    if (!isNumber && !isText) {
      this.fail(`${name} is not a number in hex: ${JSON.stringify(value)}`);
    }
    const number = BigInt(value);
    if (number < 0n) this.fail(`${name} is negative: ${value}`);
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

  /** The size of an access in bytes: one of those that an instruction can have. */
  size(sizes: readonly number[]): number {
    const size = this.number("size");
    if (!sizes.includes(size)) {
      this.fail(`size is ${size}: expected ${sizes.join(", ")}`);
    }
    return size;
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

  /** A list of texts; empty where the field is absent. */
  texts(name: string): readonly string[] {
    const value = this.step[name] ?? [];
    if (!Array.isArray(value)) this.fail(`${name} is not a list`);
    return value.map((item) => {
      if (typeof item === "string") return item;
      this.fail(
        `${name} has something that is no text: ${JSON.stringify(item)}`,
      );
    });
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

/** The entry of a table; undefined for a name that it does not have, which may be `constructor`. */
export function own<T>(
  table: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
