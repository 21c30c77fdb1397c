/**
 * What the checks need to know of the machines: words and ranges, as data. The engine has the real ones.
 *
 * @module
 */

/** A named part of a register. */
export interface FieldWord {
  /** Its name. */
  readonly name: string;
  /** Bits that it has. */
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
  /** Bits that it has. */
  readonly widthBits: number;
  /** Its named parts. */
  readonly fields: readonly FieldWord[];
  /** Only the fields that a write names change; it has no value as a whole. */
  readonly fieldwise: boolean;
}

/** A number that `host` or `set` gives. */
export interface CountWord {
  /** Its name. */
  readonly name: string;
  /** Lowest. */
  readonly min: number;
  /** Highest. */
  readonly max: number;
  /** What it is if not named, if that is known. */
  readonly initial?: number;
}

/** A kernel. */
export interface ProfileWord {
  /** Its name. */
  readonly name: string;
  /** Empty where there is no choice. */
  readonly vendors: readonly string[];
  /** Its options, each with its words. */
  readonly options: Readonly<Record<string, readonly string[]>>;
}

/** A name of KVM's own state. */
export interface KvmWord {
  /** Its name. */
  readonly name: string;
  /** Its named parts. */
  readonly fields: readonly FieldWord[];
}

/** One architecture. */
export interface ArchVocabulary {
  /** Its name. */
  readonly name: "arm64" | "x86";
  /** Registers, each with its number where it has one. */
  readonly registers: readonly RegisterWord[];
  /** Registers that only `user get` and `user set` know, such as `debugregs`. */
  readonly userRegisters: readonly RegisterWord[];
  /** Kernels. */
  readonly profiles: readonly ProfileWord[];
  /** What `host` counts. */
  readonly hostCounts: readonly CountWord[];
  /** What `set` takes, `vcpus` included. */
  readonly guestCounts: readonly CountWord[];
  /** Hardware models. */
  readonly models: readonly string[];
  /** Outcomes of `unpredictable=`. */
  readonly unpredictable: readonly string[];
  /** Names of the kvm view. */
  readonly kvmNames: readonly KvmWord[];
  /** Capabilities of `user check`. */
  readonly capabilities: readonly string[];
  /** Guest instructions that there are. */
  readonly instructions: readonly string[];
  /** Exceptions that a guest can take. */
  readonly exceptions: readonly string[];
  /** Fields of `expect exception`. */
  readonly exceptionFields: readonly string[];
  /** Fields of `expect exit`. */
  readonly exitFields: readonly string[];
  /** What `user debug raw inject=` takes. */
  readonly injectable: readonly string[];
  /** Bytes that a watchpoint can cover. */
  readonly watchSizes: readonly number[];
  /** Bytes that a watchpoint of the host kernel can cover. */
  readonly hostWatchSizes: readonly number[];
  /** Accesses that a debugger's watchpoint can be set for. */
  readonly watchAccesses: readonly string[];
  /** Instructions begin at multiples of this. */
  readonly codeAlignment: number;
  /** What is wrong with a physical machine as a whole, if anything is. */
  checkHost(counts: Readonly<Record<string, number>>): string | undefined;
}

/** All that the checks look up. */
export interface Vocabulary {
  /** Every architecture. */
  readonly arches: readonly ArchVocabulary[];
  /** The architecture of a text that names none. */
  readonly defaultArch: "arm64" | "x86";
  /** How a run can end. */
  readonly exits: readonly string[];
  /** Error numbers by name. */
  readonly errnos: readonly string[];
  /** Counters. */
  readonly costs: readonly string[];
  /** What `never` takes. */
  readonly properties: readonly string[];
}
