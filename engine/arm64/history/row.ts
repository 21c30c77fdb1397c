/**
 * What a row of arm64's history is, and a short form for its fields.
 *
 * @module
 */
import type { Change } from "../../history.ts";
import type { Arm64Kernel } from "../kvm/kernel.ts";

/** A row of arm64's history. */
export type Arm64Change = Change<Arm64Kernel>;

type Part = Partial<Arm64Kernel>;

/** Fields of the record: arm64 has one, whatever the CPU. */
export function fields(before: Part, after: Part): Arm64Change["fields"] {
  return { arm64: { before, after } };
}
