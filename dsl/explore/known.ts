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

/** The value of an exception's frame that differs, and the bits that it may have more or less than the bare machine's. */
export interface WrongValue {
  /** As scenarios name it: `rflags`, `dr6`. */
  readonly name: string;
  /** Bits of which the guest alone may have some. */
  readonly more?: bigint;
  /** Bits of which the bare machine alone may have some. */
  readonly less?: bigint;
}

/** A failure that does not end a search. */
export interface KnownFailure
  extends Pick<DescribedFailure, "name" | "kinds" | "rules"> {
  /** Rules of which none is in its explanation: another failure has them too, with these besides. */
  readonly without?: readonly RuleId[];
  /** Of a `frame`: what differs, if not any value. */
  readonly value?: WrongValue;
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

/** True if what differs is what a known failure has. */
function isOfValue(
  { schedule }: Found,
  { value }: KnownFailure,
): boolean {
  if (value === undefined) return true;
  const { name, seen = 0n, own = 0n } = schedule.at(-1)?.noticed ?? {};
  const { more = 0n, less = 0n } = value;
  return name === value.name && (seen & ~own & ~more) === 0n &&
    (own & ~seen & ~less) === 0n;
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
    if (one.value !== undefined && !isOfValue(found(), one)) return false;
    if (one.rules.length === 0) return true;
    rules ??= rulesOf(instance, found());
    return one.rules.every((id) => rules!.has(id)) &&
      !one.without?.some((id) => rules!.has(id));
  });
}
