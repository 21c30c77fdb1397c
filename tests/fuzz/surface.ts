/**
 * What a surface of the program is to the fuzzer: inputs, and what must hold whatever the input.
 *
 * @module
 */
import type * as fc from "fast-check";

/** An input, as JSON has it: it is printed, kept in a file, and given again. */
export type Input =
  | string
  | number
  | boolean
  | null
  | readonly Input[]
  | { readonly [name: string]: Input };

/** A place where inputs come into the program. */
export interface Surface {
  readonly name: string;
  /** What an input is, for help. */
  readonly about: string;
  /** Hostile inputs: good ones of the project's own files, spoilt, and others. */
  readonly inputs: fc.Arbitrary<Input>;
  /**
   * Gives one input to the program.
   *
   * @throws {Error} the program failed: an exception that is not an answer, an output that shows a fault
   */
  readonly give: (input: Input) => Promise<void>;
  /** Frees what `give` keeps between inputs. */
  readonly close?: () => Promise<void>;
  /** Why the surface cannot be tried on this machine; undefined if it can. */
  readonly missing?: () => Promise<string | undefined>;
}
