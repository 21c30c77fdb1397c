/**
 * How values are written: one rule for tables, messages, `why` and notes.
 *
 * A register as a whole is hexadecimal. A field of up to three bits is a digit, which is the same in any base. A wider
 * one that numbers or counts something is decimal, as the names of registers are; any other is hexadecimal: masks,
 * addresses, encodings.
 *
 * @module
 */

/** A value as it is written in hexadecimal. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** Widest field that is a digit. */
const DIGIT_BITS = 3;

/** Fields of registers, exits and exceptions that number or count something. */
const NUMBERS: ReadonlySet<string> = new Set([
  // A breakpoint; address bits that a watchpoint ignores; a bank of them.
  "LBN",
  "MASK",
  "BANK",
  // Counts, each less one; event counters.
  "BRPs",
  "WRPs",
  "CTX_CMPs",
  "HPMN",
  // A vector of the IDT, and an exit's in kvm_run; an error number.
  "vector",
  "exception",
  "errno",
]);

/** True if a field numbers or counts something. */
export function isNumber(name: string): boolean {
  return NUMBERS.has(name);
}

/** A field's value as a number. */
export function fieldNumber(
  { name, widthBits }: { readonly name: string; readonly widthBits: number },
  value: bigint,
): string {
  return widthBits <= DIGIT_BITS || isNumber(name) ? `${value}` : hex(value);
}

/** The value of a field of an exit or an exception. */
export function namedNumber(name: string, value: bigint): string {
  return isNumber(name) ? `${value}` : hex(value);
}

/** What to say of a value that a field cannot hold: `16 does not fit DBGBCR0_EL1.LBN, 4 bits (0..15)`. */
export function tooWide(
  owner: string,
  field: { readonly name: string; readonly widthBits: number },
  value: bigint,
): string {
  const { name, widthBits } = field;
  const written = (number: bigint) => fieldNumber(field, number);
  const max = (1n << BigInt(widthBits)) - 1n;
  const bits = widthBits === 1 ? "1 bit" : `${widthBits} bits`;
  return `${written(value)} does not fit ${owner}.${name}, ${bits} (${
    written(0n)
  }..${written(max)})`;
}
