/**
 * What a line that was not understood may have been meant to say, so that no other line is blamed for it.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import { STATEMENTS } from "../statements.ts";
import { nearest } from "../suggest.ts";
import type { BrokenLine } from "../syntax/lines.ts";
import { architectureOf, architectures } from "./vocabulary.ts";

/** Words that begin a line. */
const WORDS: readonly string[] = STATEMENTS.map(({ word }) => word);

/** What a line may have meant. */
export interface Meant {
  /** It may have defined any name. */
  readonly anyName: boolean;
  /** It may have named the architecture: perhaps this one. */
  readonly arch: { readonly perhaps: Architecture | undefined } | undefined;
  /** It may have changed counts. */
  readonly counts: boolean;
  /** It was a scenario's header. */
  readonly isScenario: boolean;
}

/** What a line may have meant. */
export function meantBy({ head, names }: BrokenLine): Meant {
  const meant = WORDS.includes(head) ? head : nearest(head, WORDS);
  const named = architectures().find(({ name }) => names.has(name));
  const mayNameArch = named !== undefined || meant === "arch" ||
    meant === "include";
  return {
    anyName: meant === "include",
    arch: mayNameArch ? { perhaps: named ?? archNear(names) } : undefined,
    counts: !meant || ["host", "set", "include"].includes(meant),
    isScenario: meant === "scenario",
  };
}

/** The architecture that a misspelt word is nearest to. */
function archNear(words: ReadonlySet<string>): Architecture | undefined {
  const names = architectures().map(({ name }) => name);
  for (const word of words) {
    const near = nearest(word, names);
    if (near) return architectureOf(near);
  }
  return undefined;
}
