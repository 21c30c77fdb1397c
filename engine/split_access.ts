/**
 * Which bytes QEMU's emulated CPUs compare with watchpoints for an access that is not aligned. The same for every
 * architecture.
 *
 * @module
 */
import { carryOf } from "./word64.ts";

/** Bytes in memory: where they begin, and how many. */
export interface Span {
  /** Address, low word. */
  readonly lo: number;
  /** Address, high word. */
  readonly hi: number;
  readonly sizeBytes: number;
}

/** Bits of an address below the page. */
const PAGE_OFFSET = 0xfff;

/** True if an access of 1, 2, 4, 8 … bytes is at a multiple of its size. */
export function isAligned({ lo, sizeBytes }: Span): boolean {
  return (lo & (sizeBytes - 1)) === 0;
}

/**
 * The spans that are compared for an access that is not aligned, in order; the first that matches decides.
 *
 * A load is done as the two aligned loads that its bytes lie in. A store within a page is compared from the start of
 * the page on, and one across two pages by the part in each.
 *
 * accel/tcg/cputlb.c: load_helper(), store_helper_unaligned(), QEMU 7.2, from memory; the recordings
 * `minimal/…/a4-ustore`, `b5-uload`, `m10-ustore` and `m11-uload`.
 */
export function comparedSpans(
  access: Span,
  direction: "load" | "store",
): readonly Span[] {
  const { lo, hi, sizeBytes } = access;
  const at = (offset: number, length: number): Span => {
    const low = lo + offset | 0;
    return { lo: low, hi: hi + carryOf(lo, low) | 0, sizeBytes: length };
  };
  if (direction === "load") {
    const start = lo & ~(sizeBytes - 1);
    return [
      { lo: start, hi, sizeBytes },
      at(start + sizeBytes - lo, sizeBytes),
    ];
  }
  const inPage = lo & PAGE_OFFSET;
  const left = PAGE_OFFSET + 1 - inPage;
  if (left < sizeBytes) return [at(0, left), at(left, sizeBytes - left)];
  return left === sizeBytes
    ? [access]
    : [{ lo: lo & ~PAGE_OFFSET, hi, sizeBytes: inPage + sizeBytes }];
}
