/**
 * What random models ask: properties, and expectations of views.
 *
 * @module
 */
import type { Requirement } from "../../engine/explore/model.ts";
import {
  defaultProperties,
  PROPERTY,
} from "../../engine/explore/properties.ts";
import type { Rules, ViewValue } from "../../engine/rules.ts";
import * as fc from "fast-check";

/** Bits of the properties that a block has which names none. */
export const ALL_PROPERTIES = defaultProperties();

/** Bits of what must not happen. */
export const NEVER: readonly number[] = [
  ALL_PROPERTIES,
  ALL_PROPERTIES,
  ALL_PROPERTIES,
  PROPERTY.missed,
  PROPERTY.stray,
  PROPERTY.leak,
  PROPERTY.stale,
  PROPERTY["host-lost"],
  PROPERTY["host-lost"],
  PROPERTY.warn,
  PROPERTY.missed | PROPERTY.stray,
  PROPERTY.noticed,
  PROPERTY.noticed | PROPERTY.debugged | PROPERTY["step-flag"],
  0,
];

/** A question, before the rules are there that answer it. */
interface Question {
  readonly of: Requirement["of"];
  readonly index: number;
  readonly register: number;
  readonly value: bigint;
  readonly isEqual: boolean;
}

/** The same, the register by what it is for. */
export type Asked = Omit<Question, "register"> & { readonly pick: number };

export const question: fc.Arbitrary<Asked> = fc.record({
  of: fc.constantFrom<Requirement["of"]>("vcpu", "vcpu", "cpu"),
  index: fc.integer({ min: 0, max: 1 }),
  pick: fc.integer({ min: 0, max: 2 }),
  value: fc.constantFrom(0n, 0x1000n, 0x2000n, 0x11000n, 0x400n),
  isEqual: fc.boolean(),
});

export function requirement(
  { of, index, register, value, isEqual }: Question,
  rules: Rules,
): Requirement {
  return {
    of,
    index,
    isThere: () => true,
    holds(f) {
      const seen: ViewValue = of === "vcpu"
        ? rules.peek(f, register)
        : rules.cpuView(f, register);
      return seen.kind !== "value" || (seen.value === value) === isEqual;
    },
  };
}
