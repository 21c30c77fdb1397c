/**
 * `--limit`, which several commands take.
 *
 * @module
 */
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import type { Option } from "./command.ts";

/** How many statements and loop iterations a text may have. */
export const LIMIT_OPTION: Option & { readonly initial: string } = {
  name: "limit",
  value: "N",
  initial: `${LIMIT_DEFAULT}`,
  about:
    `statements and loop iterations that a text may have; ${LIMIT_DEFAULT} if not given`,
};
