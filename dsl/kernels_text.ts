/**
 * Kernels after `on`, in words: `since linux-6.14`.
 *
 * @module
 */
import { kernelWithVendor } from "../engine/mod.ts";
import type { KernelTerm } from "./action_parts.ts";

/** `svm with ROW without ROW` */
export function changesText(
  { vendor, with: applied, without: reverted }: Extract<
    KernelTerm,
    { readonly kind: "changes" }
  >,
): string {
  return [
    ...(vendor === undefined ? [] : [vendor]),
    ...applied.map((row) => `with ${row}`),
    ...reverted.map((row) => `without ${row}`),
  ].join(" ");
}

function termText(term: KernelTerm): string {
  const { vendor } = term;
  const ofVendor = (text: string): string =>
    vendor === undefined ? text : `${text} ${vendor}`;
  switch (term.kind) {
    case "name":
      return kernelWithVendor(term.name, vendor);
    case "other":
      return ofVendor(`all but ${term.name}`);
    case "range":
      return ofVendor(`${term.from} to ${term.to}`);
    case "side":
      return ofVendor(`${SIDES[term.operator]} ${term.release}`);
    case "changes":
      return changesText(term);
    default:
      return term satisfies never;
  }
}

/** A side of a release in words. */
const SIDES: Readonly<
  Record<Extract<KernelTerm, { kind: "side" }>["operator"], string>
> = {
  "<": "before",
  "<=": "up to",
  ">": "after",
  ">=": "since",
};

/**
 * Kernels in words. A range of releases is one of mainline's; a kernel that is named after an author stands by name.
 *
 * ```ts
 * import { kernelsText } from "./kernels_text.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   kernelsText([
 *     { kind: "name", name: "watanabe-v7" },
 *     { kind: "side", operator: ">=", release: "linux-6.14" },
 *   ]),
 *   "watanabe-v7, since linux-6.14",
 * );
 * ```
 */
export function kernelsText(terms: readonly KernelTerm[]): string {
  return terms.map(termText).join(", ");
}
