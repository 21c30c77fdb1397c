/**
 * Vendors that a text names, after a kernel or alone.
 *
 * @module
 */
import { fail } from "../problem.ts";
import type { ChoiceNode, Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { changeNamed } from "./kernel_names.ts";
import { vendorsOf } from "../vendors.ts";
import { failIfOther, failUnknown } from "./words.ts";

/**
 * A vendor in a text, in any case.
 *
 * @param of what has the vendors, for a message: a kernel or an architecture
 * @param vendors the words that it can be
 * @throws {Problem} if it is not one of them
 */
export function vendorNamed(
  { arch }: Context,
  name: Name,
  of = arch.name as string,
  vendors = vendorsOf(arch),
): string {
  const word = name.text.toLowerCase();
  if (vendors.includes(word)) return word;
  failIfOther(name, "a vendor", {
    arch,
    holds: (other) => vendorsOf(other).includes(word),
  });
  failUnknown(name, {
    code: "unknown-word",
    message: vendors.length === 0
      ? `${of} has no vendors to choose from`
      : `\`${name.text}\` is not a vendor of ${of}`,
    words: vendors,
  });
}

/** Rejects changes that only the other vendor has. @throws {Problem} */
export function refuseOtherVendor(
  { arch }: Context,
  choices: readonly ChoiceNode[],
  vendor: string,
): void {
  for (const { row } of choices) {
    const name = changeNamed(arch, row);
    const { vendors } = arch.changes().find((one) => one.name === name)!;
    if (vendors.length === 0 || vendors.includes(vendor)) continue;
    fail({
      code: "not-possible",
      span: row.span,
      message: `\`${row.text}\` changes ${
        vendors.join(" and ")
      } only, not ${vendor}`,
    });
  }
}
