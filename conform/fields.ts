/**
 * Naming the fields in which two values of a register differ.
 *
 * @module
 */
import type { RegisterInfo } from "../engine/mod.ts";
import type { FieldDifference, RegisterFields } from "./difference.ts";

/** For a register: names the fields of a modelled and a recorded value that differ. */
export function differingFields(register: RegisterInfo): RegisterFields {
  const { layout, name } = register;
  return {
    register: name,
    differing: (modelled, recorded): FieldDifference[] =>
      layout.fields.map(({ name, widthBits }) => ({
        name,
        widthBits,
        recorded: layout.get(recorded, name),
        modelled: layout.get(modelled, name),
      })).filter((field) => field.recorded !== field.modelled),
  };
}
