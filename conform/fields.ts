/**
 * Naming the fields in which two values of a register differ.
 *
 * @module
 */
import type { RegisterInfo } from "../engine/mod.ts";

/** For a register: names the fields of a modelled and a recorded value that differ. */
export function differingFields(
  register: RegisterInfo,
): (modelled: bigint, recorded: bigint) => readonly string[] {
  const { layout } = register;
  return (modelled, recorded) =>
    layout.fields.filter(({ name }) =>
      layout.get(modelled, name) !== layout.get(recorded, name)
    ).map(({ name }) =>
      `${name}: recorded ${layout.get(recorded, name)}, modelled ${
        layout.get(modelled, name)
      }`
    );
}
