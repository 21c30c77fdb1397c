/**
 * `--limit`, which several commands take.
 *
 * @module
 */
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import type { Option } from "./command.ts";

/** How many statements and turns of loops a text may ask for. */
export const LIMIT_OPTION: Option & { readonly initial: string } = {
  name: "limit",
  value: "N",
  initial: `${LIMIT_DEFAULT}`,
  about:
    `statements and turns of loops that a text may have; ${LIMIT_DEFAULT} if not given`,
};
