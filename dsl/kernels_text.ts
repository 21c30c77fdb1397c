/**
 * Kernels after `on`, in words: `since linux-6.14`.
 *
 * @module
 */
import type { KernelTerm } from "./action_parts.ts";

function termText(term: KernelTerm): string {
  switch (term.kind) {
    case "name":
      return term.name;
    case "range":
      return `${term.from} to ${term.to}`;
    case "side":
      return `${SIDES[term.operator]} ${term.release}`;
    case "changes":
      return [
        ...term.with.map((change) => `with ${change}`),
        ...term.without.map((change) => `without ${change}`),
      ].join(" ");
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
