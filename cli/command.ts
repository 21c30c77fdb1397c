/**
 * What a command is: its options, its help, and what it does.
 *
 * @module
 */
import type { Io } from "./io.ts";

/** Exit statuses. */
export const STATUS = {
  /** All held. */
  ok: 0,
  /**
   * What was asked is not so: an expectation failed, a search found a schedule that breaks something, a recording
   * differs, a file is not in the canonical form, no change makes the difference, a scenario could not be exported.
   */
  failed: 1,
  /**
   * It was not asked, or not to the end: a usage, syntax or file error, nothing to do, a search that was stopped or cut
   * off, or with `--strict` one that has warnings.
   */
  error: 2,
  /** Everything was skipped, or no block could be searched under the kernel: KSFT_SKIP. */
  skipped: 4,
} as const;

/** The user called the program wrongly. */
export class UsageError extends Error {
  override name = "UsageError";

  /**
   * @param message the wrong thing first
   * @param hint the nearest word, or what is valid
   */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/** An option, `--name`. */
export interface Option {
  /** Without the hyphens. */
  readonly name: string;
  /** One letter, if it has one. */
  readonly short?: string;
  /** What its value is called in help; without it the option takes none. */
  readonly value?: string;
  /** What its value may be, if that is one of a few words. */
  readonly choices?: readonly string[];
  /** Its value is a file that the command writes; it may be none that the command reads. */
  readonly isOutput?: boolean;
  /** May be given again. */
  readonly again?: boolean;
  readonly about: string;
}

/** An example in help, which a test runs. */
export interface Example {
  /** As typed in a shell, from the root of the repository. */
  readonly command: string;
  readonly about: string;
}

/** Help of a command. */
export interface Help {
  /** Further texts, by the word after `--help`. */
  readonly topics?: Readonly<Record<string, () => Promise<string>>>;
  readonly name: string;
  /** One sentence, without a period. */
  readonly about: string;
  /** What follows the name: `FILE|FOLDER… [OPTION…]`. */
  readonly usage: string;
  /** What its operands may be, if that is one of a few words. */
  readonly operands?: readonly string[];
  /** More to know, a paragraph each. */
  readonly notes?: readonly string[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
}

/** The arguments of a command, taken apart. */
export interface Arguments {
  /** What is no option, in order. */
  readonly operands: readonly string[];
  /** Values of an option, in order; empty if it was not given. */
  values(name: string): readonly string[];
  /** The value of an option that may be given once. */
  value(name: string): string | undefined;
  /** An option without a value was given. */
  has(name: string): boolean;
}

/** What of the file system a call needs. */
export type Access = "none" | "read" | "write";

/** A command. */
export interface Command {
  readonly help: Help;
  /**
   * What a call needs besides writing its outputs: the program gives the rest of its permissions back before it runs.
   */
  readonly access: Access | ((args: Arguments) => Access);
  /**
   * @param commands all commands, for those that list them
   * @returns the exit status
   */
  run(
    args: Arguments,
    io: Io,
    commands: readonly CommandEntry[],
  ): number | Promise<number>;
}

/** A command before it is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly about: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}
