/**
 * The list in which a stand-in CPU keeps its watchpoints: each write of a register takes its watchpoint out and
 * puts it at the end, without the flags of its last hit.
 *
 * The order is 16 numbers of 4 bits from bit 0 up, told apart from the order by number by an exclusive or, so
 * that a state in which nothing was written is all zero.
 *
 * @module
 */
import { CPU, PAIRS_MAX } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";

/** Places in one word of the order. */
const PER_WORD = 8;

/** Flags of a watchpoint's last hit, two bits each. */
export const HIT = { read: 1, write: 2, any: 3 } as const;

/** The watchpoint at a place of the list, 0 the first. */
export function listedWatchpoint(f: Arm64Frame, place: number): number {
  const word = f.w[f.cpu + CPU.watchpointOrder + (place >= PER_WORD ? 1 : 0)];
  return ((word >>> (4 * (place & (PER_WORD - 1)))) & 15) ^ place;
}

function putWatchpoint(f: Arm64Frame, place: number, number: number): void {
  const at = f.cpu + CPU.watchpointOrder + (place >= PER_WORD ? 1 : 0);
  const shift = 4 * (place & (PER_WORD - 1));
  f.w[at] = (f.w[at] & ~(15 << shift)) | ((number ^ place) << shift);
}

/** Takes a watchpoint out of the list and puts it at the end, its flags cleared. */
export function relistWatchpoint(f: Arm64Frame, number: number): void {
  let place = 0;
  while (listedWatchpoint(f, place) !== number) place++;
  for (; place < PAIRS_MAX - 1; place++) {
    putWatchpoint(f, place, listedWatchpoint(f, place + 1));
  }
  putWatchpoint(f, PAIRS_MAX - 1, number);
  clearHit(f, number);
}

/** Flags of a watchpoint's last hit. */
export function hitFlags(f: Arm64Frame, number: number): number {
  return (f.w[f.cpu + CPU.watchpointHits] >>> (2 * number)) & HIT.any;
}

/** Adds a flag. */
export function flagHit(f: Arm64Frame, number: number, flag: number): void {
  f.w[f.cpu + CPU.watchpointHits] |= flag << (2 * number);
}

/** Clears a watchpoint's flags. */
export function clearHit(f: Arm64Frame, number: number): void {
  f.w[f.cpu + CPU.watchpointHits] &= ~(HIT.any << (2 * number));
}

/** Clears all flags. */
export function clearHits(f: Arm64Frame): void {
  f.w[f.cpu + CPU.watchpointHits] = 0;
}
