/**
 * What a row of x86's history is, and short forms for its fields.
 *
 * @module
 */
import type { Change, FieldChange } from "../../history.ts";
import type { Vendor } from "../hardware/models.ts";
import type { X86Behaviour } from "../kvm/behaviour.ts";

/** A row of x86's history. */
export type X86Change = Change<X86Behaviour>;

type Fields = X86Change["fields"];
type Part = Partial<X86Behaviour>;

/** The same fields for both vendors. */
export function both(before: Part, after: Part): Fields {
  const change: FieldChange<X86Behaviour> = { before, after };
  return { vmx: change, svm: change };
}

/** Fields of one vendor. */
export function only(vendor: Vendor, before: Part, after: Part): Fields {
  return { [vendor]: { before, after } };
}
