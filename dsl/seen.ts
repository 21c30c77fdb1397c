/**
 * What `VIEW R[.field]` names, as the engine has it.
 *
 * @module
 */
import type {
  Architecture,
  Field,
  Layout,
  RegisterInfo,
} from "../engine/mod.ts";
import type { Seen } from "./action_parts.ts";
import { kvmRegister } from "./kvm_names.ts";

/** The register that is looked at; in the kvm view the one whose layout the value has, if it has one. */
export function registerSeen(
  arch: Architecture,
  { register, kvmName }: Seen,
): RegisterInfo | undefined {
  if (kvmName !== undefined) return kvmRegister(arch, kvmName);
  return arch.registers.byId(register!);
}

/** The field that is looked at, with the layout that has it; undefined if the whole value is. */
export function fieldSeen(
  arch: Architecture,
  seen: Seen,
): { readonly layout: Layout; readonly field: Field } | undefined {
  if (seen.field === undefined) return undefined;
  const { layout } = registerSeen(arch, seen)!;
  for (const one of [layout, ...layout.forms]) {
    const field = one.fields.find(({ name }) => name === seen.field);
    if (field) return { layout: one, field };
  }
  throw new RangeError(`${layout.name} has no field ${seen.field}`);
}

/** What is looked at, as messages name it: `hw@0 DBGBCR0_EL1`. */
export function subjectOf(arch: Architecture, seen: Seen): string {
  const name = seen.kvmName ?? registerSeen(arch, seen)!.name;
  return `${seen.view}@${seen.index} ${name}`;
}
