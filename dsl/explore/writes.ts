/**
 * The registers that a block's guests and their userspace write, for warnings about its search.
 *
 * @module
 */
import { join64, writesRegister } from "../../engine/mod.ts";
import { TRIED } from "../../engine/explore/mod.ts";
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

/** Low word of a value, as the engine has words. */
export function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
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
    const written = "op" in action
      ? writesRegister(action)
        ? {
          register: action.register,
          value: join64(action.lo & action.maskLo, action.hi & action.maskHi),
          maskLo: action.maskLo,
        }
        : undefined
      : "kind" in action && action.kind === "set"
      ? { register: action.register, value: action.value, maskLo: -1 }
      : undefined;
    if (written === undefined) continue;
    found.push({
      place: placeIn(line.span),
      ...written,
      isDone: numbers[TRIED.done] > 0,
      nearness: numbers[TRIED.nearness],
    });
  }
  return found.sort((a, b) => inOrder(a.place, b.place));
}
