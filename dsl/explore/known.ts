/**
 * Known failures: which of them a failure is.
 *
 * @module
 */
import {
  type Found,
  type RuleId,
  type SearchFailure,
} from "../../engine/mod.ts";
import { propertiesOf } from "../../engine/explore/mod.ts";
import type { DescribedFailure } from "../resolve/known_failure.ts";
import { rulesOf } from "./explain/mod.ts";
import type { Instance } from "./model.ts";

/** A failure that does not end a search. */
export interface KnownFailure
  extends Pick<DescribedFailure, "name" | "kinds" | "rules"> {
  /** Rules of which none is in its explanation: another failure has them too, with these besides. */
  readonly without?: readonly RuleId[];
}

/** What a failure breaks, by the names that `known` has: of `noticed`, the kind. */
export function kindsOf({ broken, noticed }: SearchFailure): string[] {
  return propertiesOf(broken.properties).map(({ name }) =>
    name === "noticed" && noticed !== undefined ? noticed : name
  );
}

/** True if all that a failure breaks is of a known one's kinds. */
function isOfKinds(failure: SearchFailure, { kinds }: KnownFailure): boolean {
  return failure.broken.expectation === undefined &&
    kindsOf(failure).every((kind) =>
      kinds.includes(kind) ||
      kinds.includes("noticed") && kind === failure.noticed
    );
}

/**
 * The known failures that a failure is.
 *
 * @param found its shortest schedule, which is explained if rules are asked for
 */
export function knownAs(
  instance: Instance,
  all: readonly KnownFailure[],
  failure: SearchFailure,
  found: () => Found,
): readonly KnownFailure[] {
  let rules: ReadonlySet<RuleId> | undefined;
  return all.filter((one) => {
    if (!isOfKinds(failure, one)) return false;
    if (one.rules.length === 0) return true;
    rules ??= rulesOf(instance, found());
    return one.rules.every((id) => rules!.has(id)) &&
      !one.without?.some((id) => rules!.has(id));
  });
}
