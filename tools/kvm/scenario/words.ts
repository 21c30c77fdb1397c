/**
 * What a scenario of a recording needs of one architecture.
 *
 * @module
 */

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** An instruction as a statement, without `guest`. */
export interface InstructionWords {
  /** What it does. */
  readonly line: string;
  /** Where it is, after a blank. */
  readonly place: string;
  /** It reads a register: `as NAME` comes between. */
  readonly reads: boolean;
}

/** One architecture. */
export interface Words {
  /** Bits of KVM_SET_GUEST_DEBUG by the recordings' names. */
  readonly controlBits: Readonly<Record<string, number>>;
  /** The registers of KVM_SET_GUEST_DEBUG, each after a space. */
  debugRegisters(step: Fields): string;
  /** What userspace does before a new program. */
  start(step: Fields, isFirst: boolean): readonly string[];
  /** Whether KVM_SET_REGS of a new program loses something of that request. */
  isRepeated(request: string): boolean;
  /** KVM_RUN returned since the program was at its end. */
  hasEnded(step: Fields): boolean;
  /** An instruction; undefined if scenarios do not have it. */
  instruction(op: Fields): InstructionWords | undefined;
  /** The word of an exception. */
  exceptionKind(taken: Fields): string;
  /** The expectation of an exception; undefined if there is nothing more to say. */
  exception(taken: Fields): string | undefined;
  /** Expectations of how KVM_RUN returned. */
  exit(step: Fields): readonly string[];
  /** Any other operation, with the expectation of its result; undefined if scenarios do not have it. */
  operation(step: Fields, result: string): readonly string[] | undefined;
}

/** A value of JSON as text. */
export function text(value: unknown): string {
  return String(value);
}

/** A list of JSON; empty if it is none. */
export function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value : [];
}

/** The control word of names, and of others in hex. */
export function control(
  names: unknown,
  bits: Readonly<Record<string, number>>,
): string {
  const all = Array.isArray(names) ? names.map(String) : [];
  const word = all.reduce((sum, name) => sum | (bits[name] ?? Number(name)), 0);
  return `0x${(word >>> 0).toString(16)}`;
}
