/**
 * What the checks need to know of the machines: words and ranges, as data. The engine has the real ones.
 *
 * @module
 */

/** A named part of a register. */
export interface FieldWord {
  readonly name: string;
  readonly widthBits: number;
  /** Names of values, if it has any. */
  readonly values?: Readonly<Record<string, bigint>>;
}

/** A register. */
export interface RegisterWord {
  /** Architectural spelling, `DBGBCR0_EL1`. */
  readonly name: string;
  /** Short spelling, `dbgbcr0`. */
  readonly short: string;
  /** Family of a numbered register, `dbgbcr`; the short spelling otherwise. */
  readonly family: string;
  /** Number within the family, -1 if there is none. */
  readonly number: number;
  readonly widthBits: number;
  readonly fields: readonly FieldWord[];
  /** Only the fields that a write names change; it has no value as a whole. */
  readonly fieldwise: boolean;
}

/** A number that `host` or `set` gives. */
export interface CountWord {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What it is if not named, if that is known. */
  readonly initial?: number;
}

/** A kernel. */
export interface ProfileWord {
  readonly name: string;
  /** Empty where there is no choice. */
  readonly vendors: readonly string[];
  readonly options: Readonly<Record<string, readonly string[]>>;
}

/** A name of KVM's own state. */
export interface KvmWord {
  readonly name: string;
  readonly fields: readonly FieldWord[];
}

/** One architecture. */
export interface ArchVocabulary {
  readonly name: "arm64" | "x86";
  readonly registers: readonly RegisterWord[];
  /** Registers that only `user get` and `user set` know, such as `debugregs`. */
  readonly userRegisters: readonly RegisterWord[];
  readonly profiles: readonly ProfileWord[];
  readonly hostCounts: readonly CountWord[];
  /** What `set` takes, `vcpus` included. */
  readonly guestCounts: readonly CountWord[];
  readonly models: readonly string[];
  readonly unpredictable: readonly string[];
  readonly kvmNames: readonly KvmWord[];
  readonly capabilities: readonly string[];
  /** Guest instructions that there are. */
  readonly instructions: readonly string[];
  readonly exceptions: readonly string[];
  readonly exceptionFields: readonly string[];
  readonly exitFields: readonly string[];
  /** What `user debug raw inject=` takes. */
  readonly injectable: readonly string[];
  /** Bytes that a watchpoint can cover. */
  readonly watchSizes: readonly number[];
  /** Instructions begin at multiples of this. */
  readonly codeAlignment: number;
  /** What is wrong with a physical machine as a whole, if anything is. */
  checkHost(counts: Readonly<Record<string, number>>): string | undefined;
}

/** All that the checks look up. */
export interface Vocabulary {
  readonly arches: readonly ArchVocabulary[];
  /** The architecture of a text that names none. */
  readonly defaultArch: "arm64" | "x86";
  readonly exits: readonly string[];
  readonly errnos: readonly string[];
  readonly costs: readonly string[];
}
