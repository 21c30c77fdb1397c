/**
 * Parts of lines as text.
 *
 * @module
 */
import {
  type Architecture,
  type DebuggerRequest,
  type HostDebugRequest,
  kernelWithVendor,
} from "../../engine/mod.ts";
import type { KernelTerm, Seen } from "../action_parts.ts";
import { changesText } from "../kernels_text.ts";
import { hex } from "../notation.ts";
import { registerSeen } from "../seen.ts";
import { statementOptions } from "../statements.ts";

/** `@v`; nothing for 0. */
export function at(index: number): string {
  return index === 0 ? "" : `@${index}`;
}

/** `name=value` of what is given. */
export function options(
  given: Readonly<Record<string, number | string | undefined>>,
): string[] {
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`]
  );
}

/** A word of a line that has the same name in its action. */
export type Given = Readonly<Record<string, number | string | undefined>>;

/** The options of a statement, in the order of its row. */
export function optionsIn(word: string, given: Given): string[] {
  return options(
    Object.fromEntries(
      statementOptions(word).map(({ name }) => [name, given[name]]),
    ),
  );
}

/** Words with a space between them; those that are empty are left out. */
export function spaced(
  ...words: readonly (string | readonly string[])[]
): string {
  return words.flat().filter((word) => word !== "").join(" ");
}

/** `break ADDR` or `watch ADDR size=n on=…`; undefined for another request. */
export function pointText(
  request: HostDebugRequest | DebuggerRequest,
): string | undefined {
  switch (request.action) {
    case "break":
      return `break ${hex(request.address)}`;
    case "watch": {
      const { address, sizeBytes, on } = request;
      return `watch ${hex(address)} size=${sizeBytes} on=${on}`;
    }
    default:
      return undefined;
  }
}

/** `VIEW@n R[.field]` */
export function seenText(arch: Architecture, seen: Seen): string {
  const { view, index, kvmName, field } = seen;
  const name = kvmName ?? registerSeen(arch, seen)!.short;
  const part = field === undefined ? "" : `.${field.toLowerCase()}`;
  return `${view}${at(index)} ${name}${part}`;
}

/** `on KERNEL, …`; nothing for every kernel. */
export function onText(terms: readonly KernelTerm[]): string {
  return terms.length === 0 ? "" : `on ${termsText(terms)}`;
}

/** Kernels as the language has them. */
export function termsText(terms: readonly KernelTerm[]): string {
  return terms.map((term) => {
    const { vendor } = term;
    const after = vendor === undefined ? "" : ` ${vendor}`;
    switch (term.kind) {
      case "name":
        return kernelWithVendor(term.name, vendor);
      case "other":
        return `!= ${term.name}${after}`;
      case "side":
        return `${term.operator} ${term.release}${after}`;
      case "range":
        return `${term.from}..${term.to}${after}`;
      case "changes":
        return changesText(term);
      default:
        return term satisfies never;
    }
  }).join(", ");
}
