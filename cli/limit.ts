/**
 * `--limit`, which several commands take.
 *
 * @module
 */
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { wholeNumber } from "./arguments.ts";
import type { Arguments, Option } from "./command.ts";

/** How many statements and loop iterations a text may have. */
export const LIMIT_OPTION: Option & { readonly initial: string } = {
  name: "limit",
  value: "N",
  initial: `${LIMIT_DEFAULT}`,
  about:
    `statements and loop iterations that a text may have; ${LIMIT_DEFAULT} if not given`,
};

/** The value of `--limit`. @throws {UsageError} it is not a whole number above 0 */
export function limitOf(args: Arguments): number {
  const { name, initial } = LIMIT_OPTION;
  return wholeNumber(name, args.value(name) ?? initial);
}
