/**
 * The registers that a block's guests and their userspace write, for warnings about its search.
 *
 * @module
 */
import { join64 } from "../../engine/mod.ts";
import { TRIED, writtenBy } from "../../engine/explore/mod.ts";
import { type CoveredPlace, inOrder, placeIn } from "./coverage.ts";
import type { Searched } from "./coverage_warning.ts";

/** A write of a vCPU's program, or of its userspace. */
export interface Write {
  /** Where it stands. */
  readonly place: CoveredPlace;
  readonly register: number;
  readonly value: bigint;
  /** Low word of the bits that are written. */
  readonly maskLo: number;
  /** It was carried out. */
  readonly isDone: boolean;
  readonly nearness: number;
}

/** The writes of a vCPU's program and userspace, in the order of the text. */
export function writesOf(
  { instance: { origins }, tried }: Searched,
  vcpu: number,
): readonly Write[] {
  const found: Write[] = [];
  for (const { actor, index, action, numbers } of tried.actions) {
    const line = origins.lines.get(action);
    if (index !== vcpu || actor === "host" || line === undefined) continue;
    const written = writtenBy(action);
    if (written === undefined) continue;
    const { register, lo, hi, maskLo, maskHi } = written;
    found.push({
      place: placeIn(line.span),
      register,
      value: join64(lo & maskLo, hi & maskHi),
      maskLo,
      isDone: numbers[TRIED.done] > 0,
      nearness: numbers[TRIED.nearness],
    });
  }
  return found.sort((a, b) => inOrder(a.place, b.place));
}
